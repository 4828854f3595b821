"""Names, defaults and texts of pipelines and nodes, and pipelines as data."""
import asyncio
import inspect
import json
import sys
import types

import numpy as np
import pytest

import remotemedia
from remotemedia import ConfigurationError, Node, NodeError, Pipeline, PipelineError, SerializationError
from remotemedia.node import RuntimeNode
from remotemedia.nodes import AddNode, BufferNode, MultiplyNode, PassThroughNode, TextTransformNode


class Scale(Node):
    """Keeps its argument to itself, as nodes of the earlier SDK did."""

    def __init__(self, factor, offset=0):
        super().__init__()
        self.factor, self.offset = factor, offset

    def process(self, number):
        return number * self.factor + self.offset


class Logged(Node):
    log: list = []

    def initialize(self):
        self.log.append(f"{self.name} initialize")
        return super().initialize()

    async def cleanup(self):
        self.log.append(f"{self.name} cleanup")
        await super().cleanup()
        if self.config.get("fails_at") == "cleanup":
            raise OSError("stuck")

    async def process(self, data):
        state = await self.get_session_state("one")
        state.set("count", state.get("count", 0) + 1)
        return (self.name, data, state.get("count"))


class Failing(Logged):
    async def initialize(self):
        self.log.append(f"{self.name} initialize")
        raise KeyError("no model")


@pytest.fixture(autouse=True)
def empty_log():
    Logged.log = []


# names


def test_the_names_of_the_earlier_sdk_are_where_they_were():
    from remotemedia.core.exceptions import NodeError as again
    from remotemedia.core.node import Node as node, RemoteExecutorConfig as config, SessionState, StateManager
    from remotemedia.core.pipeline import Pipeline as pipeline

    assert (again, node, pipeline, config) == (NodeError, Node, Pipeline, remotemedia.RemoteExecutorConfig)
    assert (SessionState, StateManager) == (remotemedia.SessionState, remotemedia.StateManager)
    names = "RemoteMediaError PipelineError NodeError RemoteExecutionError WebRTCError SerializationError ConfigurationError".split()
    for name in names:
        one = getattr(remotemedia.core.exceptions, name)
        assert one is getattr(remotemedia, name) and issubclass(one, remotemedia.RemoteMediaError)
    for name in remotemedia.__all__:
        assert getattr(remotemedia, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Pipelin'"):
        remotemedia.Pipelin


def test_an_error_from_elsewhere_keeps_its_traceback():
    error = remotemedia.RemoteExecutionError("gone", remote_traceback="Traceback …")
    assert (str(error), error.remote_traceback, remotemedia.RemoteExecutionError("x").remote_traceback) == ("gone", "Traceback …", None)


def test_importing_the_package_is_quick():
    import subprocess

    code = "import sys, remotemedia; print('numpy' in sys.modules, 'remotemedia.pipeline' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert (done.stdout.strip(), done.stderr) == ("False False", "")


@pytest.mark.parametrize(
    "function, wanted",
    [
        (Pipeline, "(nodes=None, name=None, enable_metrics=False)"),
        (Pipeline.run, "(self, input_data=None, use_rust=True)"),
        (Pipeline.process, "(self, stream=None)"),
        (Pipeline.serialize, "(self, include_capabilities=True, description=None)"),
        (Node, "(name=None, enable_state=True, state_ttl=None, max_sessions=None, **kwargs)"),
        (Node.to_manifest, "(self, include_capabilities=True)"),
        (remotemedia.StateManager, "(default_ttl=None, max_sessions=None, enable_persistence=False)"),
    ],
)
def test_signatures(function, wanted):
    plain = inspect.signature(function)
    parameters = [one.replace(annotation=inspect.Parameter.empty) for one in plain.parameters.values()]
    assert str(plain.replace(parameters=parameters, return_annotation=inspect.Signature.empty)) == wanted


# building


def test_a_pipeline_is_a_row_of_nodes():
    one, two = PassThroughNode(), MultiplyNode(name="twice")
    pipeline = Pipeline([one], name="p").add_node(two)
    assert (list(pipeline), len(pipeline), pipeline.node_count, pipeline.remote_node_count) == ([one, two], 2, 2, 0)
    assert repr(pipeline) == "Pipeline(name='p', nodes=2, not initialized)"
    assert (pipeline.get_node("twice"), pipeline.get_node("thrice")) == (two, None)
    assert (pipeline.remove_node("twice"), pipeline.remove_node("twice"), list(pipeline)) == (True, False, [one])
    assert Pipeline("by name").name == "by name" and Pipeline().name.startswith("Pipeline_")
    assert repr(two) == "MultiplyNode(name='twice')"


@pytest.mark.parametrize("wrong, text", [("x", "<class 'str'>"), (1, "<class 'int'>"), (MultiplyNode, "<class 'remotemedia.nodes.flow.MultiplyNode'>")])
def test_what_is_no_node_is_told(wrong, text):
    with pytest.raises(PipelineError) as caught:
        Pipeline([wrong])
    assert str(caught.value) == f"Expected Node instance, got {text}"


def test_get_config():
    pipeline = Pipeline([Scale(3)], name="p")
    assert pipeline.get_config() == {
        "name": "p",
        "node_count": 1,
        "remote_node_count": 0,
        "is_initialized": False,
        "nodes": [{"name": "Scale", "class": "Scale", "config": {"factor": 3, "offset": 0}}],
    }


def test_arguments_that_nobody_knows_are_kept():
    node = PassThroughNode(name="x", CATEGORY="audio", threshold=3)
    assert (node.config, node.get_config()["config"]) == ({"CATEGORY": "audio", "threshold": 3}, {"name": "x", "CATEGORY": "audio", "threshold": 3})
    assert node.to_manifest() == {"id": "x", "node_type": "PassThroughNode", "params": {}}


@pytest.mark.parametrize("host", ["gpu-box", "gpu-box:", ":50052", "a:b:1", "gpu-box:http", 50052])
def test_a_host_is_a_name_and_a_port(host):
    with pytest.raises(ConfigurationError, match="Invalid host: .*It is name:port"):
        PassThroughNode(host=host)


# initialize, cleanup


def test_an_empty_pipeline_cannot_be_initialized():
    with pytest.raises(PipelineError, match="^Cannot initialize empty pipeline$"):
        asyncio.run(Pipeline().initialize())


def test_nodes_are_initialized_once_for_many_runs():
    async def main():
        pipeline = Pipeline([Logged("a"), Logged("b")])
        async with pipeline.managed_execution() as same:
            assert same is pipeline and pipeline.is_initialized
            assert repr(pipeline).endswith(", initialized)")
            await pipeline.initialize()
            with pytest.raises(PipelineError, match="^Cannot add nodes to an initialized pipeline$"):
                pipeline.add_node(PassThroughNode())
            first = await pipeline.run(1)
            second = [item async for item in pipeline.process(iter([2]))]
        assert not pipeline.is_initialized
        return first, second, await pipeline.run(3)

    first, second, third = asyncio.run(main())
    assert first == ("b", ("a", 1, 1), 1)
    assert second == [("b", ("a", 2, 2), 2)]
    assert third == ("b", ("a", 3, 1), 1)  # of its own, so it began anew
    one_run = ["a initialize", "b initialize", "a cleanup", "b cleanup"]
    assert Logged.log == one_run * 2


def test_state_stays_where_some_nodes_run_in_the_runtime():
    async def main():
        async with Pipeline([MultiplyNode(2), Logged("a")]).managed_execution() as pipeline:
            return [await pipeline.run(number) for number in (1, 2)]

    assert asyncio.run(main()) == [("a", 2, 1), ("a", 4, 2)]
    assert Logged.log == ["a initialize", "a cleanup"]


def test_a_failing_initialize_cleans_up(caplog):
    pipeline = Pipeline([Logged("a", fails_at="cleanup"), Failing("b"), Logged("c")])
    with pytest.raises(PipelineError) as caught:
        asyncio.run(pipeline.initialize())
    assert str(caught.value) == "Pipeline initialization failed: 'no model'"
    assert isinstance(caught.value.__cause__, KeyError)
    assert Logged.log == ["a initialize", "b initialize", "a cleanup", "b cleanup"]
    assert not pipeline.is_initialized
    assert "a: cleanup: OSError: stuck" in caplog.text


def test_the_hooks_of_the_base_class_may_be_awaited():
    async def main():
        node = PassThroughNode()
        await node.initialize()
        assert node.is_initialized
        await node.cleanup()
        node.initialize()
        assert node.is_initialized

    asyncio.run(main())


# data with metadata


@pytest.mark.parametrize(
    "data, session, parts",
    [
        ({"session_id": "a"}, "a", ({"session_id": "a"}, None)),
        (("x", {"session_id": "a"}), "a", ("x", {"session_id": "a"})),
        (("x", 16000, {"timestamp": 1}), None, (("x", 16000), {"timestamp": 1})),
        (("x", {"other": 1}), None, (("x", {"other": 1}), None)),
        (({"session_id": "a"},), None, (({"session_id": "a"},), None)),
        ("x", None, ("x", None)),
    ],
)
def test_metadata_stand_last(data, session, parts):
    node = PassThroughNode()
    assert node.extract_session_id(data) == session
    assert node.split_data_metadata(data) == parts
    if parts[1] is not None:
        assert node.merge_data_metadata(*parts) == data


# as data


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
    for node, place in ((TextTransformNode(len), "nodes[TextTransformNode_0].params.transform_func"), (Scale({"a": [1, b"x"]}), "nodes[Scale_0].params.factor.a[1]")):
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
            {"node_id": "b_1", "node_type": "BufferNode", "config": {"buffer_size": 3, "name": "b"}, **common, "module": "remotemedia.nodes.flow", "class_name": "BufferNode"},
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
    return {"version": "v1", "metadata": {"name": "graph"}, "nodes": nodes, "connections": [dict(zip(("from", "to"), edge)) for edge in edges], **fields}


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
    assert json.loads(Pipeline([RuntimeNode("resample", {"sample_rate": 8000})]).serialize())["nodes"] == [{"id": "resample_0", "node_type": "resample", "params": {"sample_rate": 8000}}]
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
        ({"nodes": [{"node_id": "a"}]}, "Node 0 of the definition needs an id and a node_type, got ['node_id']"),
        ({"nodes": [{"node_id": "a", "module": "json", "class_name": "Nothing"}]}, "Cannot import Nothing from json: module 'json' has no attribute 'Nothing'"),
        ({"nodes": [{"node_id": "a", "module": "json", "class_name": "JSONDecoder"}]}, "json.JSONDecoder is no node: it has no process"),
        ({"nodes": [{"node_id": "a", "module": __name__, "class_name": "Scale"}]}, "Failed to create node a: TypeError: "),
        ({"nodes": [{"node_id": "a", "module": "antigravity", "class_name": "X"}]}, "antigravity.X is Python code that this program has not imported. Pass trusted=True"),
        (manifest_with([node("a", "/tmp/x.py:X")], []), "/tmp/x.py:X is Python code that this program has not imported. Pass trusted=True"),
    ],
)
def test_bad_definitions_are_told(definition, text):
    with pytest.raises(PipelineError) as caught:
        remade(definition)
    assert str(caught.value).startswith(text)
    assert "antigravity" not in sys.modules


def test_a_trusted_definition_may_import(tmp_path, monkeypatch):
    (tmp_path / "elsewhere.py").write_text("class Shout:\n    def process(self, text): return text.upper()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for kind in (f"{tmp_path}/elsewhere.py:Shout", "elsewhere:Shout"):
        assert remade(manifest_with([node("a", kind)], []), trusted=True).run("hey") == "HEY"
    assert remade({"nodes": [{"node_id": "a", "module": "elsewhere", "class_name": "Shout"}]}).run("hey") == "HEY"  # it has been imported by now


def test_code_in_a_definition_is_not_run(monkeypatch):
    class Runs(Node):
        _runs_code = True

        def process(self, data):
            return data

    module = types.ModuleType("runs_code")
    module.Runs = Runs
    monkeypatch.setitem(sys.modules, "runs_code", module)
    definition = {"nodes": [{"node_id": "a", "module": "runs_code", "class_name": "Runs"}]}
    with pytest.raises(PipelineError, match="runs code that the definition brings"):
        remade(definition)
    assert remade(definition, trusted=True).run(1) == 1
