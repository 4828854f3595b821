"""Pipelines as data: manifests, definitions, and back."""

import asyncio
import json
import sys
import types

import numpy as np
import pytest

from remotemedia import Node, Pipeline, PipelineError, SerializationError
from remotemedia.node import RuntimeNode
from remotemedia.nodes import AddNode, BufferNode, MultiplyNode, PassThroughNode, TextTransformNode


class Scale(Node):
    """Keeps its argument to itself, as nodes of the earlier SDK did."""

    def __init__(self, factor, offset=0):
        super().__init__()
        self.factor, self.offset = factor, offset

    def process(self, number):
        return number * self.factor + self.offset


def test_serialize():
    node = Scale(2)
    node.get_capabilities = lambda: {"memory_gb": 1}
    pipeline = Pipeline([node, MultiplyNode(3, name="a b", host="gpu:1")], name="p")
    found = json.loads(pipeline.serialize(description="why"))
    assert found["metadata"].pop("created_at").endswith("Z")
    assert found == {
        "version": "v1",
        "metadata": {"name": "p", "description": "why"},
        "nodes": [
            {"id": "Scale_0", "node_type": "Scale", "params": {"factor": 2, "offset": 0}, "capabilities": {"memory_gb": 1}},
            {"id": "a_b_1", "node_type": "MultiplyNode", "params": {"factor": 3}, "host": "gpu:1"},
        ],
        "connections": [{"from": "Scale_0", "to": "a_b_1"}],
    }
    assert "capabilities" not in json.loads(pipeline.serialize(include_capabilities=False))["nodes"][0]
    assert pipeline.serialize().startswith('{\n  "version"') and pipeline.remote_node_count == 1


def test_what_a_manifest_cannot_carry_is_told_with_its_place(tmp_path):
    assert json.loads(Pipeline([Scale(np.float32(0.5), tmp_path)]).serialize())["nodes"][0]["params"] == {"factor": 0.5, "offset": str(tmp_path)}
    for node, place in (
        (TextTransformNode(len), "nodes[TextTransformNode_0].params.transform_func"),
        (Scale({"a": [1, b"x"]}), "nodes[Scale_0].params.factor.a[1]"),
    ):
        with pytest.raises(SerializationError) as caught:
            Pipeline([node]).export(tmp_path / "never.json")
        assert str(caught.value).startswith(f"{place} is a ")
    assert not (tmp_path / "never.json").exists()


def test_export_definition():
    found = Pipeline([Scale(2), BufferNode(3, name="b")], name="p").export_definition()
    assert isinstance(found["metadata"].pop("exported_at"), float)
    common = {"is_remote": False, "remote_endpoint": None, "is_streaming": False, "is_source": False, "is_sink": False}
    assert found == {
        "name": "p",
        "nodes": [
            {"node_id": "Scale_0", "node_type": "Scale", "config": {"factor": 2, "offset": 0}, **common, "module": __name__, "class_name": "Scale"},
            {
                "node_id": "b_1",
                "node_type": "BufferNode",
                "config": {"buffer_size": 3, "name": "b"},
                **common,
                "module": BufferNode.__module__,
                "class_name": "BufferNode",
            },
        ],
        "connections": [{"from_node": "Scale_0", "to_node": "b_1", "output_port": "default", "input_port": "default"}],
        "metadata": {"node_count": "2", "remote_node_count": "0", "has_streaming_nodes": "False", "pipeline_type": "linear"},
        "dependencies": ["remotemedia"],
    }


def remade(definition, **how):
    return asyncio.run(Pipeline.from_definition(definition, **how))


def without_time(definition):
    return {**definition, "metadata": {**definition["metadata"], "exported_at": 0}}


def test_a_round_trip_gives_the_same_pipeline_and_values():
    pipeline = Pipeline([Scale(2, offset=1), AddNode(10, name="ten"), BufferNode(2)], name="p")
    again = remade(json.loads(json.dumps(pipeline.export_definition())))
    assert without_time(again.export_definition()) == without_time(pipeline.export_definition())
    manifest = json.loads(Pipeline([AddNode(10, name="ten"), BufferNode(2)], name="p").serialize())
    assert json.loads(remade(manifest).serialize())["nodes"] == manifest["nodes"]
    assert pipeline.run([1, 2, 3]) == again.run([1, 2, 3]) == [[13, 15], [17]]
    assert remade(manifest).run([1, 2, 3]) == [[11, 12], [13]]
    again.add_node(PassThroughNode())
    assert len(again) == 4 and again.name == "p"


def node(node_id, kind, **params):
    return {"id": node_id, "node_type": kind, "params": params}


def manifest_with(nodes, edges, **fields):
    return {
        "version": "v1",
        "metadata": {"name": "graph"},
        "nodes": nodes,
        "connections": [dict(zip(("from", "to"), edge)) for edge in edges],
        **fields,
    }


DIAMOND = manifest_with(
    [node("in", "PassThroughNode"), node("b", "MultiplyNode", factor=2), node("a", "AddNode", addend=7), node("out", "PassThroughNode")],
    [("in", "a"), ("in", "b"), ("a", "out"), ("b", "out")],
)


def test_branches_stay_branches():
    pipeline = remade(DIAMOND)
    assert pipeline.run(7) == [14, 14]
    assert pipeline.run(1) == [8, 2]  # in the order of the connections
    again = remade(json.loads(json.dumps(pipeline.export_definition())))
    assert (again.run(1), again.export_definition()["metadata"]["pipeline_type"]) == ([8, 2], "graph")
    assert json.loads(again.serialize())["connections"] == DIAMOND["connections"]
    with pytest.raises(PipelineError, match="Cannot add nodes to a pipeline with branches"):
        pipeline.add_node(PassThroughNode())


def test_branches_of_python_nodes():
    definition = Pipeline([Scale(1), Scale(2), Scale(3)], name="p").export_definition()
    for edge, (one, other) in zip(definition["connections"], [("Scale_0", "Scale_1"), ("Scale_0", "Scale_2")]):
        edge.update(from_node=one, to_node=other)
    assert sorted(remade(definition).run(5)) == [10, 15]


def test_branches_need_the_runtime(monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", "python")
    with pytest.raises(PipelineError, match="graph has branches, and a pipeline with branches needs the runtime: REMOTEMEDIA_RUNTIME=python"):
        remade(DIAMOND).run(1)


def test_a_row_is_found_in_any_order(monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", "python")
    pipeline = remade(manifest_with([node("b", "AddNode", addend=1), node("a", "MultiplyNode", factor=10)], [("a", "b")]))
    assert (pipeline.run(2), [one.name for one in pipeline]) == (21, ["a", "b"])


def test_what_a_manifest_says_of_a_node_stays():
    entry = {**node("level", "level"), "on_error": {"action": "skip"}, "capabilities": {"memory_gb": 2}, "runtime_hint": "js", "host": "gpu:1"}
    pipeline = remade({"version": "v1", "metadata": {"name": "p", "auto_negotiate": False}, "nodes": [entry], "connections": []})
    (again,) = json.loads(pipeline.serialize())["nodes"]
    assert again == {**entry, "id": "level_0"} and isinstance(pipeline.nodes[0], RuntimeNode)
    assert json.loads(pipeline.serialize())["metadata"]["auto_negotiate"] is False
    assert (pipeline.nodes[0].host, pipeline.remote_node_count) == ("gpu:1", 1)


def test_a_node_that_only_the_runtime_has(tmp_path):
    sound = (np.ones((1, 1600), np.float32), 16000)
    pipeline = remade(manifest_with([node("r", "resample", sample_rate=8000)], []))
    samples, rate = pipeline.run(sound)
    assert (samples.shape, rate) == ((1, 800), 8000)
    assert json.loads(Pipeline([RuntimeNode("resample", {"sample_rate": 8000})]).serialize())["nodes"] == [
        {"id": "resample_0", "node_type": "resample", "params": {"sample_rate": 8000}}
    ]
    with pytest.raises(PipelineError, match="resampel"):
        remade(manifest_with([node("r", "resampel")], [])).run(sound)


@pytest.mark.parametrize(
    "definition, text",
    [
        ("{}", "A definition is a dict, such as json.loads(pipeline.serialize()) gives, got <class 'str'>"),
        ({**DIAMOND, "version": "v2"}, "Unsupported manifest version: v2"),
        (manifest_with([], []), "Manifest must contain at least one node"),
        (manifest_with([node("a", "AddNode"), node("a", "AddNode")], []), "Duplicate node ID: a"),
        (manifest_with([node("a", "AddNode")], [("b", "a")]), "Connection references unknown source node: b"),
        (manifest_with([node("a", "AddNode")], [("a", "b.in")]), "Connection references unknown target node: b.in"),
        ({"nodes": ["a"]}, "The nodes of a definition are a list of dicts, got ['a']"),
        ({"nodes": {"a": 1}}, "The nodes of a definition are a list of dicts, got {'a': 1}"),
        ({**DIAMOND, "connections": [["in", "a"]]}, "The connections of a definition are a list of dicts, got [['in', 'a']]"),
        (manifest_with([{"id": "a", "node_type": "AddNode", "params": [1]}], []), "Failed to create node a: TypeError: "),
        ({"nodes": [{"node_id": "a"}]}, "Node 0 of the definition needs an id and a node_type, got ['node_id']"),
        (
            {"nodes": [{"node_id": "a", "module": "json", "class_name": "Nothing"}]},
            "Cannot import Nothing from json: module 'json' has no attribute 'Nothing'",
        ),
        ({"nodes": [{"node_id": "a", "module": "json", "class_name": "JSONDecoder"}]}, "json.JSONDecoder is no node: it has no process"),
        ({"nodes": [{"node_id": "a", "module": __name__, "class_name": "Scale"}]}, "Failed to create node a: TypeError: "),
        (
            {"nodes": [{"node_id": "a", "module": "antigravity", "class_name": "X"}]},
            "antigravity:X is Python code that this program has not imported. Pass trusted=True if you know who wrote the definition, or import the module",
        ),
        (manifest_with([node("a", "python", **{"class": "/tmp/x.py:X"})], []), "python runs Python code that the definition names. Pass trusted=True"),
        (manifest_with([node("a", "/tmp/x.py")], []), "/tmp/x.py is a file of Python code. Pass trusted=True if you know who wrote the definition."),
        (manifest_with([node("a", "/tmp/x.py:X")], []), "/tmp/x.py:X is a file of Python code. Pass trusted=True"),
    ],
)
def test_bad_definitions_are_told(definition, text):
    with pytest.raises(PipelineError) as caught:
        remade(definition)
    assert str(caught.value).startswith(text)
    assert "antigravity" not in sys.modules


def test_a_trusted_definition_may_import(tmp_path, monkeypatch):
    (tmp_path / "elsewhere.py").write_text("class Shout:\n    def process(self, text): return text.upper()\ndef loud(text, mark): return text + mark\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for kind in (f"{tmp_path}/elsewhere.py:Shout", "elsewhere:Shout"):
        assert remade(manifest_with([node("a", kind)], []), trusted=True).run("hey") == "HEY"
    assert remade(manifest_with([node("a", "elsewhere:loud", mark="!")], []), trusted=True).run("hey") == "hey!"
    assert remade({"nodes": [{"node_id": "a", "module": "elsewhere", "class_name": "Shout"}]}).run("hey") == "HEY"  # it has been imported by now


@pytest.mark.parametrize(
    "code, wanted",
    [
        ("def louder(text): return text", "has no class with process. Write a class with a method process(self, data), or name a function: {file}:name."),
        ("class A:\n    process = len\nclass B(A): pass", "has 2 classes with process, so one must be named. One of: {file}:A, {file}:B."),
    ],
)
def test_a_file_without_one_node_is_told_what_to_do(tmp_path, code, wanted):
    file = tmp_path / "some.py"
    file.write_text(code)
    with pytest.raises(PipelineError) as caught:
        remade(manifest_with([node("a", str(file))], []), trusted=True)
    assert str(caught.value) == f"Failed to create node a: {file} {wanted.format(file=file)}"


def test_code_in_a_definition_is_not_run(monkeypatch):
    class Runs(Node):
        _runs_code = True

        def process(self, data):
            return data

    module = types.ModuleType("runs_code")
    module.Runs = Runs
    monkeypatch.setitem(sys.modules, "runs_code", module)
    definition = {"nodes": [{"node_id": "a", "module": "runs_code", "class_name": "Runs"}]}
    for one in (definition, manifest_with([node("a", "runs_code:Runs")], [])):
        with pytest.raises(PipelineError, match="runs code that the definition brings"):
            remade(one)
    assert remade(definition, trusted=True).run(1) == 1
