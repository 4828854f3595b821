"""The runtime as programs ask for it: what represents it, what is said where it is missing, and its figures."""

import asyncio
import importlib
import json
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest

import remotemedia
from remotemedia import ConfigurationError, Node, NodeError, Pipeline, PipelineError, _running, errors, runtime
from remotemedia.nodes import AddNode, AudioResampleNode, BufferNode, MultiplyNode, PassThroughNode


@pytest.fixture
def no_runtime(monkeypatch):
    """A machine without Node.js."""
    monkeypatch.setenv("REMOTEMEDIA_NODE", "/nowhere/node")
    monkeypatch.setattr(_running, "running_engine", lambda: None)
    monkeypatch.setattr(_running, "_was_warned", False)
    monkeypatch.delitem(sys.modules, "remotemedia_runtime", raising=False)
    remotemedia.runtime._version_of.cache_clear()
    yield
    remotemedia.runtime._version_of.cache_clear()


def test_what_represents_the_runtime():
    import remotemedia_runtime

    assert remotemedia.try_load_rust_runtime() == (True, remotemedia_runtime, None)
    assert remotemedia.get_rust_runtime() is remotemedia._rust_runtime is remotemedia_runtime
    assert remotemedia._rust_runtime_available is True and remotemedia_runtime.is_available() is True
    assert remotemedia_runtime.__version__ == remotemedia_runtime.get_runtime_version() == remotemedia.__version__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert remotemedia.is_rust_runtime_available() is True


def test_a_package_that_was_installed_before_it_was_built_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(remotemedia.runtime, "_RUNTIME", str(tmp_path / "remotemedia.js"))
    monkeypatch.setattr(remotemedia.runtime.shutil, "which", {"node": shutil.which("node")}.get)
    with pytest.raises(ConfigurationError, match="the runtime is not in this package. In its checkout: npm ci && npm run build, then pip install again$"):
        remotemedia.runtime.command()


def test_what_is_said_where_there_is_none(no_runtime):
    is_there, module, why = remotemedia.try_load_rust_runtime()
    assert (is_there, module) == (False, None) and why.startswith("REMOTEMEDIA_NODE names /nowhere/node, which is no Node.js that runs")
    assert remotemedia.get_rust_runtime() is None and remotemedia._rust_runtime is None and remotemedia._rust_runtime_available is False
    for _ in range(2):  # each time
        with pytest.warns(UserWarning, match="^Rust runtime unavailable, falling back to Python execution: REMOTEMEDIA_NODE names /nowhere/node"):
            assert remotemedia.is_rust_runtime_available() is False
    with pytest.raises(ImportError, match="Install Node.js 20 or newer"):
        importlib.import_module("remotemedia_runtime")


@pytest.mark.parametrize(
    "hint, text",
    [
        ("auto", "^the runtime is not available, pipelines run in pure Python: "),
        ("rust", "^Rust runtime requested but not available, pipelines run in pure Python: "),
    ],
)
def test_without_the_runtime_one_warning_and_the_same_values(no_runtime, hint, text):
    pipeline = Pipeline([MultiplyNode(3, runtime_hint=hint)])
    pipeline.nodes[0].runtime_hint = hint
    with pytest.warns(UserWarning, match=text) as caught:
        assert pipeline.run([1, 2]) == [3, 6]
    assert [one.filename for one in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pipeline.run([1, 2]) == [3, 6]
        assert pipeline.run([1, 2], use_rust=False) == [3, 6]


def test_no_fallback_where_none_is_wanted(no_runtime, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_ENABLE_FALLBACK", "false")
    with pytest.raises(ConfigurationError, match="REMOTEMEDIA_NODE names /nowhere/node, which is no Node.js that runs"):
        Pipeline([MultiplyNode()]).run(1)


def manifest(*nodes):
    return Pipeline(list(nodes), name="p").serialize()


def test_manifests_run_by_the_functions_of_the_module():
    runtime = remotemedia.get_rust_runtime()

    async def main():
        assert await runtime.execute_pipeline_with_input(manifest(MultiplyNode(2), AddNode(10)), [5, 7, 3]) == [20, 24, 16]
        assert await runtime.execute_pipeline_with_input(manifest(MultiplyNode(2)), [5]) == 10
        assert await runtime.execute_pipeline_with_input(manifest(BufferNode(2)), [1, 2, 3]) == [[1, 2], [3]]
        assert await runtime.execute_pipeline_with_input(manifest(PassThroughNode()), []) == []
        found = await runtime.execute_pipeline_with_input(manifest(MultiplyNode(2), AddNode(1)), [1, 2], enable_metrics=True)
        assert found["outputs"] == [3, 5]
        assert [one["execution_count"] for one in json.loads(found["metrics"])["node_metrics"]] == [2, 2]
        source = {"id": "s", "node_type": "silence-source", "params": {}}
        tone = {
            "version": "v1",
            "metadata": {"name": "t"},
            "nodes": [{**source, "node_type": "tone", "params": {"duration_ms": 20}}],
            "connections": [],
        }
        sound, rate = await runtime.execute_pipeline(json.dumps(tone))
        assert isinstance(sound, np.ndarray) and rate >= 8000
        with pytest.raises(PipelineError, match="^Failed to parse manifest: "):
            await runtime.execute_pipeline("{")
        with pytest.raises(PipelineError, match="^Unsupported manifest version: v2$"):
            await runtime.execute_pipeline('{"version": "v2", "nodes": []}')

    asyncio.run(main())


def test_each_code_of_the_runtime_is_the_exception_that_is_written():
    page = (Path(__file__).parents[3] / "docs" / "errors.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| \d+ .*?\| `([A-Za-z.]+)` \| (?:yes|no) \|$", page, re.M)
    assert len(rows) > 20
    for code, name in rows:
        if code == "cancelled":
            continue  # it is raised where the caller was cancelled
        wanted = getattr(errors, name, None) or getattr(__builtins__, name, None) or __builtins__[name]
        assert issubclass(errors.class_of(code), (wanted,)) and issubclass(errors.class_of(code), errors.RemoteMediaError), code


class Raises(Node):
    def process(self, number):
        if number == 3:
            raise KeyError("three")
        return number


KEYS = {
    "pipeline_id": str,
    "total_executions": int,
    "total_duration_us": (int, float),
    "total_duration_ms": (int, float),
    "peak_memory_bytes": int,
    "peak_memory_mb": (int, float),
    "node_metrics": list,
    "metrics_overhead_us": (int, float),
}
NODE_KEYS = {
    "node_id": str,
    **dict.fromkeys(("execution_count", "success_count", "error_count"), int),
    **dict.fromkeys(("success_rate", "total_duration_us", "avg_duration_us", "min_duration_us", "max_duration_us"), (int, float)),
}


def checked(figures, ids, counts, errors=None):
    errors = errors or [0] * len(ids)
    for key, kind in KEYS.items():
        assert isinstance(figures[key], kind), key
    assert figures["pipeline_id"] == "p" and figures["peak_memory_bytes"] > 2**20
    assert figures["total_duration_ms"] == pytest.approx(figures["total_duration_us"] / 1000)
    assert figures["peak_memory_mb"] == pytest.approx(figures["peak_memory_bytes"] / 2**20)
    assert [one["node_id"] for one in figures["node_metrics"]] == ids
    for one, count, failed in zip(figures["node_metrics"], counts, errors):
        for key, kind in NODE_KEYS.items():
            assert isinstance(one[key], kind), key
        assert (one["execution_count"], one["success_count"], one["error_count"]) == (count, count - failed, failed)
        assert one["success_rate"] == pytest.approx((count - failed) / count)
        assert 0 <= one["min_duration_us"] <= one["avg_duration_us"] <= one["max_duration_us"] <= one["total_duration_us"] * 1.0001
    assert figures["total_executions"] >= sum(counts)


@pytest.fixture(params=["runtime", "mixed", "python"])
def nodes(request, monkeypatch):
    """Nodes of the runtime, of both, of Python."""
    if request.param == "python":
        monkeypatch.setenv("REMOTEMEDIA_RUNTIME", "python")
    second = Raises(name="r") if request.param == "mixed" else PassThroughNode(name="r")
    return [MultiplyNode(1, name="m"), second, AddNode(0, name="a")]


IDS = ["m_0", "r_1", "a_2"]


def test_figures_of_a_run(nodes):
    pipeline = Pipeline(nodes, "p", enable_metrics=True)
    assert pipeline.get_metrics() is None
    pipeline.run([1, 2])
    checked(pipeline.get_metrics(), IDS, [2, 2, 2])
    pipeline.run(1)
    checked(pipeline.get_metrics(), IDS, [1, 1, 1])


def test_figures_of_a_stream(nodes):
    pipeline = Pipeline(nodes, "p", enable_metrics=True)

    async def main():
        return [one async for one in pipeline.process(iter([1, 2, 4]))]

    assert asyncio.run(main()) == [1, 2, 4]
    checked(pipeline.get_metrics(), IDS, [3, 3, 3])


@pytest.mark.parametrize("first", ["MultiplyNode", "Raises"])
def test_figures_of_what_failed(first):
    """What was measured until then."""
    head = [MultiplyNode(1, name="m")] if first == "MultiplyNode" else []
    pipeline = Pipeline([*head, Raises(name="r")], "p", enable_metrics=True)
    with pytest.raises(NodeError, match="three"):
        pipeline.run([1, 2, 3, 4])
    *_, failed = pipeline.get_metrics()["node_metrics"]
    assert (failed["success_count"], failed["error_count"]) == (2, 1)
    assert failed["success_rate"] == pytest.approx(2 / 3)

    async def main():
        return [one async for one in pipeline.process(iter([3]))]

    with pytest.raises(NodeError, match="three"):
        asyncio.run(main())
    *_, failed = pipeline.get_metrics()["node_metrics"]
    assert (failed["success_count"], failed["error_count"]) == (0, 1)


def test_figures_of_a_stream_that_nobody_read_to_its_end(nodes):
    pipeline = Pipeline(nodes, "p", enable_metrics=True)

    async def main():
        found = pipeline.process(iter(range(1000, 2000)))
        assert [await found.__anext__(), await found.__anext__()] == [1000, 1001]
        await found.aclose()

    asyncio.run(main())
    figures = pipeline.get_metrics()
    assert [one["node_id"] for one in figures["node_metrics"]] == IDS
    assert all(2 <= one["success_count"] < 1000 for one in figures["node_metrics"])


def test_figures_of_a_graph_are_in_the_order_of_its_nodes():
    definition = Pipeline([MultiplyNode(1, name="m"), PassThroughNode(name="r"), AddNode(0, name="a")], "p").export_definition()
    definition["connections"][0].update(from_node="a_2", to_node="r_1")
    definition["connections"][1].update(from_node="m_0", to_node="r_1")
    pipeline = asyncio.run(Pipeline.from_definition(definition))
    pipeline.enable_metrics = True
    assert pipeline.run([1, 2]) == [1, 2, 1, 2]
    checked(pipeline.get_metrics(), IDS, [2, 4, 2])


def test_no_figures_unless_asked_for(nodes):
    pipeline = Pipeline(nodes)
    pipeline.run([1, 2])
    assert pipeline.get_metrics() is None


def test_a_long_path_of_the_temporary_folder_is_no_hindrance(tmp_path, monkeypatch):
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    host = runtime.Engine()
    try:
        monkeypatch.setattr(runtime, "_engine", host)
        assert Pipeline([MultiplyNode(2)]).run(2) == 4
    finally:
        host.close()
