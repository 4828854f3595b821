"""Names, defaults and texts of pipelines and nodes."""

import asyncio
import copy
import dataclasses
import inspect
import pickle
import re
import subprocess
import sys

import pytest

import remotemedia
import remotemedia.utils
from remotemedia import ConfigurationError, Node, NodeError, Pipeline, PipelineError
from remotemedia.errors import class_of
from remotemedia.nodes import AudioResampleNode, BidirectionalNode, DataSourceNode, MultiplyNode, PassThroughNode, VADNode


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


def test_one_import_is_enough():
    code = """
import remotemedia
print(remotemedia.MultiplyNode is remotemedia.nodes.MultiplyNode, remotemedia.nodes.Node is remotemedia.core.node.Node)
print(remotemedia.core.exceptions.NodeError is remotemedia.NodeError, remotemedia.remote.RemoteExecutorConfig is remotemedia.RemoteExecutorConfig)
from remotemedia import *
print(__version__, Pipeline, hasattr(remotemedia, "_nothing"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert done.stdout.splitlines() == ["True True", "True True", "0.1.0 <class 'remotemedia.pipeline.Pipeline'> False"], done.stderr


def test_what_programs_log_is_shown():
    code = """
import logging
from remotemedia.utils import setup_logging
for given in ({}, {"level": "debug", "include_timestamp": False}, {"format_string": "%(message)s!"}):
    setup_logging(**given)
    logging.getLogger("Shout").info("heard")
    logging.getLogger("Shout").debug("nearly")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)})
    with_time, *others = done.stdout.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d .* - Shout - INFO - heard", with_time)
    assert others == ["Shout - INFO - heard", "Shout - DEBUG - nearly", "heard!"] and done.stderr == ""
    with pytest.raises(ConfigurationError, match="Unknown level: 'LOUD'. It is DEBUG,"):
        remotemedia.utils.setup_logging("LOUD")


def test_an_error_from_elsewhere_keeps_its_traceback():
    error = remotemedia.RemoteExecutionError("gone", remote_traceback="Traceback …")
    assert (str(error), error.remote_traceback, remotemedia.RemoteExecutionError("x").remote_traceback) == ("gone", "Traceback …", None)


def test_importing_the_package_is_quick():
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


@pytest.mark.parametrize(
    "wrong, text",
    [
        ("x", "<class 'str'>. A node has a method process(self, data)"),
        (str.upper, "<class 'method_descriptor'>. A node has a method process(self, data)"),
        (MultiplyNode, f"{MultiplyNode}. Make one of the class: MultiplyNode()"),
    ],
)
def test_what_is_no_node_is_told(wrong, text):
    with pytest.raises(PipelineError) as caught:
        Pipeline([wrong])
    assert str(caught.value) == f"Expected Node instance, got {text}"


def test_a_node_in_place_of_a_row_is_told():
    with pytest.raises(PipelineError, match=r"^Expected a list of nodes, got a MultiplyNode: Pipeline\(\[MultiplyNode\(…\), …\]\)$"):
        Pipeline(MultiplyNode(2), PassThroughNode())


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


def test_a_constructor_may_forget_the_one_of_the_base_class():
    class Forgetful(Node):
        def __init__(self, size):
            self.size = size

        def process(self, data):
            return data * self.size

    @dataclasses.dataclass
    class Declared(Node):
        size: int = 3

        def process(self, data):
            return data * self.size

    for node in (Forgetful(3), Declared(), Declared(size=3)):
        assert Pipeline([node, MultiplyNode(2)]).run(2) == Pipeline([node]).run(2) * 2 == 12
        assert node.to_manifest() == {"id": type(node).__name__, "node_type": type(node).__name__, "params": {"size": 3}}
        assert node.get_session_state("a").get("x", 1) == 1
    with pytest.raises(TypeError, match="size"):
        Forgetful()


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
    assert str(caught.value) == "Pipeline initialization failed: b: KeyError: 'no model'"
    assert isinstance(caught.value.__cause__, KeyError)
    assert Logged.log == ["a initialize", "b initialize", "a cleanup", "b cleanup"]
    assert not pipeline.is_initialized
    assert "a: cleanup: OSError: stuck" in caplog.text


def test_a_block_that_raises_cleans_up():
    async def main():
        async with Pipeline([Logged("a")]).managed_execution() as pipeline:
            await pipeline.run(1)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(main())
    assert Logged.log == ["a initialize", "a cleanup"]


@pytest.mark.parametrize("others", [[], [MultiplyNode()]])
def test_a_run_says_the_same(others):
    with pytest.raises(PipelineError) as caught:
        Pipeline([Failing("b"), *others]).run(1)
    assert str(caught.value) == "Pipeline initialization failed: b_0: KeyError: 'no model'"
    assert isinstance(caught.value, NodeError) and caught.value.code == "start-failed"
    assert isinstance(caught.value.__cause__, KeyError)
    assert Logged.log == ["b initialize", "b cleanup"]


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


def test_a_mistyped_parameter_is_told_and_ignored():
    with pytest.warns(UserWarning, match='AudioResampleNode has no parameter "target_sample_rat", which is ignored. Did you mean "target_sample_rate"?') as told:
        node = AudioResampleNode(target_sample_rat=8000)
    assert node.target_sample_rate == 16000
    assert told[0].filename == __file__


def test_a_class_in_place_of_a_node():
    with pytest.raises(PipelineError, match=r"Expected Node instance, got <class .*Scale.>. Make one of the class: Scale\(\)"):
        Pipeline([Scale])


def test_sound_without_its_rate_is_told():
    import numpy as np

    with pytest.raises(PipelineError, match=r"Sound is a tuple \(array, sample_rate\): an array of float32, int16 or int32, and a whole number\.$"):
        Pipeline([AudioResampleNode(8000)]).run(np.zeros((1, 800), np.float32))


def test_an_error_in_the_runtime_names_its_node_as_elsewhere():
    def fail(_):
        raise ValueError("x")

    other = Scale(1)
    other.process = fail
    with pytest.raises(NodeError, match=r"^Scale_1: ValueError: x$"):
        Pipeline([PassThroughNode(), other]).run(1)


# copies


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_pipelines_nodes_and_errors_can_be_copied(copied):
    pipeline = copied(Pipeline([Scale(3, offset=1), MultiplyNode(2)], name="p"))
    assert (pipeline.name, pipeline.run([1, 2]), pipeline.nodes[0].to_manifest()["params"]) == ("p", [8, 14], {"factor": 3, "offset": 1})
    for node in (VADNode(20), DataSourceNode(5), BidirectionalNode(None, 5)):
        assert copied(node).get_config() == node.get_config()
    for code in ("timeout", "node-failed", "params-invalid"):
        error = class_of(code)("what")
        error.node = "x_0"
        again = copied(error)
        assert (type(again), str(again), again.node) == (type(error), "what", "x_0")
    remote = copied(remotemedia.RemoteExecutionError("gone", "Traceback …"))
    assert (str(remote), remote.remote_traceback) == ("gone", "Traceback …")


def test_a_class_may_have_other_bases():
    class Loud:
        def __init__(self, *arguments, **others):
            super().__init__(*arguments, **others)
            self.mark = "!"

    class Shout(Loud, Node):
        def __init__(self, times=1, **kwargs):
            super().__init__(**kwargs)
            self.times = times

        def process(self, text):
            return text + self.mark * self.times

    node = Shout(3, name="loud")
    assert (node.name, Pipeline([node]).run("hey"), node.to_manifest()["params"]) == ("loud", "hey!!!", {"times": 3})


# names of one's own


class Ask(Node):
    """Has attributes that mean something else to the base class."""

    def __init__(self, config, host="localhost"):
        super().__init__()
        self.host, self.config, self.state = host, config, {"asked": 0}
        self.answers, self.remote_config, self._params, self._fields = ["none"], {"url": "x"}, None, ["x"]

    def process(self, frame):
        self.state["asked"] += 1
        return f"{self.host} {self.config} {frame}"


class Model:
    host = "localhost"

    def process(self, frame, context=None):
        return f"{self.host} {frame} {context}"


@pytest.mark.parametrize("others", [[], [PassThroughNode()]])
@pytest.mark.parametrize("node, wanted", [(Ask({"a": 1}), "localhost {'a': 1} 5"), (Ask("b", host="h"), "h b 5"), (Model(), "localhost 5 None")])
def test_attributes_and_parameters_have_any_name(node, wanted, others, caplog):
    pipeline = Pipeline([node, *others])
    assert (pipeline.run(5), pipeline.remote_node_count, caplog.text) == (wanted, 0, "")
    again = asyncio.run(Pipeline.from_definition(pipeline.export_definition()))
    assert again.run(5) == wanted


def test_what_a_node_calls_its_own_is_in_its_manifest_as_a_parameter():
    assert Ask({"a": 1}).to_manifest() == {"id": "Ask", "node_type": "Ask", "params": {"config": {"a": 1}, "host": "localhost"}}
