"""Work on another machine: built, checked, written down; and one clear error where it would have to happen."""

import asyncio
import json

import pytest

from remotemedia import ConfigurationError, Node, Pipeline, PipelineError, RemoteExecutionError
from remotemedia.core.node import RemoteExecutorConfig
from remotemedia.nodes import MultiplyNode, PassThroughNode
from remotemedia.nodes.remote import RemoteExecutionNode, RemoteObjectExecutionNode
from remotemedia.packaging import CodePackager
from remotemedia.remote.client import RemoteExecutionClient
from remotemedia.remote.proxy_client import RemoteProxyClient, StreamingRemoteProxyClient

THERE = RemoteExecutorConfig("gpu-box", 50052)
TEXT = (
    "nothing can run on gpu-box:50052: this version has no transport for running nodes on another machine. "
    "Run them here: leave out host= and RemoteExecutorConfig."
)


def test_a_configuration_has_the_defaults_of_the_earlier_sdk():
    config = RemoteExecutorConfig(host="h", port=1, auth_token="secret", pip_packages=["scipy"])
    assert (config.protocol, config.timeout, config.max_retries, config.ssl_enabled) == ("grpc", 30.0, 3, True)
    assert (config.auth_token, config.pip_packages, config.endpoint) == ("secret", ["scipy"], "h:1")
    assert "secret" not in repr(config)
    assert RemoteExecutorConfig("h", 65535, "http", timeout=1).pip_packages is None


@pytest.mark.parametrize(
    "wrong, text",
    [
        ({"protocol": "ftp"}, "Unsupported protocol: ftp. It is 'grpc' or 'http'."),
        ({"port": 0}, "Invalid port: 0. It is a number from 1 to 65535."),
        ({"port": 65536}, "Invalid port: 65536. It is a number from 1 to 65535."),
        ({"port": "80"}, "Invalid port: '80'. It is a number from 1 to 65535."),
        ({"timeout": 0}, "Invalid timeout: 0. It is a number of seconds above 0."),
        ({"timeout": float("nan")}, "Invalid timeout: nan. It is a number of seconds above 0."),
        ({"timeout": None}, "Invalid timeout: None. It is a number of seconds above 0."),
        ({"host": ""}, "Invalid host: ''. It is a name or an IPv4 address, without the port."),
        ({"host": "h:80"}, "Invalid host: 'h:80'. It is a name or an IPv4 address, without the port."),
    ],
)
def test_a_configuration_is_checked(wrong, text):
    with pytest.raises(ConfigurationError) as caught:
        RemoteExecutorConfig(**{"host": "h", "port": 80, **wrong})
    assert str(caught.value) == text


class Whole(Node):
    is_streaming = True

    def __init__(self, size=3):
        super().__init__()

    async def process(self, stream):
        async for item in stream:
            yield item


def test_a_configuration_makes_nodes():
    named = THERE("WhisperNode", node_config={"model": "base"})
    assert isinstance(named, RemoteExecutionNode) and named.remote_config is THERE and named.serialization_format == "pickle"
    assert named.to_manifest() == {"id": "RemoteExecutionNode", "node_type": "WhisperNode", "params": {"model": "base"}, "host": "gpu-box:50052"}
    carried = THERE(Whole(5), name="whole")
    assert isinstance(carried, RemoteObjectExecutionNode)
    assert carried.to_manifest() == {"id": "whole", "node_type": "Whole", "params": {"size": 5}, "is_streaming": True, "host": "gpu-box:50052"}
    assert Pipeline([named, PassThroughNode(), carried]).remote_node_count == 2


@pytest.mark.parametrize("target", [1, None, Whole, object()])
def test_what_is_no_node_cannot_be_sent(target):
    with pytest.raises(TypeError, match=r"must be a node class name \(str\) or a Node object, got"):
        THERE(target)


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda: RemoteExecutionNode("X", "gpu-box:1"), "Expected a RemoteExecutorConfig, got <class 'str'>"),
        (lambda: RemoteExecutionClient({"host": "x"}), "Expected a RemoteExecutorConfig, got <class 'dict'>"),
        (lambda: RemoteExecutionNode("X", THERE, serialization_format="xml"), "Unsupported serialization format: xml. It is 'pickle' or 'json'."),
        (
            lambda: RemoteObjectExecutionNode(object(), THERE),
            "object has no initialize, process, cleanup: what runs elsewhere has initialize, process and cleanup",
        ),
    ],
)
def test_nodes_and_clients_are_checked(make, text):
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value) == text


async def first_of(stream):
    async for item in stream:
        return item


async def inside(client):
    async with client:
        raise AssertionError("connected")


@pytest.mark.parametrize(
    "work",
    [
        lambda: Pipeline([THERE("X")]).run(1),
        lambda: Pipeline([PassThroughNode(host="gpu-box:50052")]).run(1),
        lambda: asyncio.run(first_of(Pipeline([THERE(Whole())]).process(iter([1])))),
        lambda: THERE("X").process(1),
        lambda: asyncio.run(inside(RemoteExecutionClient(THERE))),
        lambda: asyncio.run(inside(RemoteProxyClient(THERE))),
        lambda: asyncio.run(StreamingRemoteProxyClient(THERE).create_proxy(object())),
        lambda: asyncio.run(RemoteExecutionClient(THERE).execute_node("X", {}, 1)),
        lambda: asyncio.run(RemoteExecutionClient(THERE).execute_object_method(Whole(), "process", [1], session_id="s", dependencies=["scipy"])),
        lambda: asyncio.run(RemoteExecutionClient(THERE).execute_custom_task(b"", "main", 1, dependencies=["scipy"])),
        lambda: asyncio.run(RemoteExecutionClient(THERE).get_status()),
        lambda: asyncio.run(RemoteExecutionClient(THERE).list_available_nodes(category="audio")),
        lambda: asyncio.run(RemoteExecutionClient(THERE).register_pipeline("p", {}, metadata={}, auto_export=True)),
        lambda: asyncio.run(RemoteExecutionClient(THERE).list_pipelines(include_definitions=True)),
        lambda: asyncio.run(first_of(RemoteExecutionClient(THERE).stream_node("X", {}, None))),
        lambda: asyncio.run(first_of(RemoteExecutionClient(THERE).stream_object({}, None, obj=Whole()))),
    ],
)
def test_the_error_is_the_same_everywhere(work):
    with pytest.raises(RemoteExecutionError) as caught:
        work()
    assert str(caught.value) == TEXT


def test_a_wrong_call_is_one_already():
    with pytest.raises(TypeError, match="input_data"):
        RemoteExecutionClient(THERE).execute_node("X", {})


def test_code_is_packed_for_nobody():
    with pytest.raises(RemoteExecutionError, match="^nothing can run on another machine: this version has no transport"):
        CodePackager().package_object(Whole())


def test_initialize_says_so_too():
    with pytest.raises(PipelineError) as caught:
        asyncio.run(Pipeline([THERE("X")]).initialize())
    assert str(caught.value) == f"Pipeline initialization failed: {TEXT}"
    assert isinstance(caught.value.__cause__, RemoteExecutionError)


def test_a_client_that_never_connected_can_be_closed():
    asyncio.run(RemoteExecutionClient(THERE).disconnect())


def test_remote_nodes_come_back_from_definitions():
    pipeline = Pipeline([THERE("WhisperNode", node_config={"model": "base"}), MultiplyNode(host="h:1")], name="p")
    definition = json.loads(json.dumps(pipeline.export_definition()))
    assert [one["remote_endpoint"] for one in definition["nodes"]] == ["gpu-box:50052", "h:1"]
    again = asyncio.run(Pipeline.from_definition(definition))
    assert [one.to_manifest() for one in again] == [one.to_manifest() for one in pipeline]
    from_manifest = asyncio.run(Pipeline.from_definition(json.loads(pipeline.serialize())))
    assert [one.to_manifest()["host"] for one in from_manifest] == ["gpu-box:50052", "h:1"]
