"""Asks another machine to do something."""
from __future__ import annotations

from typing import Any, AsyncIterator, Dict, List, Optional

from ..errors import ConfigurationError, no_transport
from .config import RemoteExecutorConfig


class RemoteExecutionClient:
    """
    What the earlier SDK's client had. There is no transport for it yet: connecting, and every call, raises a `RemoteExecutionError` that says so.

        async with RemoteExecutionClient(RemoteExecutorConfig("gpu-box", 50052)) as client:
            await client.execute_node("WhisperNode", {}, sound)
    """

    def __init__(self, config: RemoteExecutorConfig):
        if not isinstance(config, RemoteExecutorConfig):
            raise ConfigurationError(f"Expected a RemoteExecutorConfig, got {type(config)}")
        self.config = config

    async def connect(self) -> None:
        """Opens the connection."""
        raise no_transport(self.config.endpoint)

    async def disconnect(self) -> None:
        """Closes it; nothing where there is none."""

    async def execute_node(self, node_type: str, config: Dict[str, Any], input_data: Any, serialization_format: str = "pickle") -> Any:
        """What a node class of that machine makes of one value."""
        raise no_transport(self.config.endpoint)

    async def stream_node(
        self, node_type: str, config: Dict[str, Any], input_stream: AsyncIterator[Any], serialization_format: str = "pickle"
    ) -> AsyncIterator[Any]:
        """What it makes of a stream."""
        raise no_transport(self.config.endpoint)
        yield

    async def stream_object(
        self,
        config: Dict[str, Any],
        input_stream: AsyncIterator[Any],
        serialization_format: str = "pickle",
        obj: Any = None,
        session_id: Optional[str] = None,
        dependencies: Optional[List[str]] = None,
    ) -> AsyncIterator[Any]:
        """What an object makes of a stream: one of this program, or that of a session there."""
        raise no_transport(self.config.endpoint)
        yield

    async def execute_object_method(
        self,
        obj: Any,
        method_name: str,
        method_args: List[Any],
        method_kwargs: Optional[Dict[str, Any]] = None,
        serialization_format: str = "pickle",
        session_id: Optional[str] = None,
        dependencies: Optional[List[str]] = None,
    ) -> Dict[str, Any]:
        """Calls a method of an object there: its `result`, and the `session_id` under which the object stays."""
        raise no_transport(self.config.endpoint)

    async def execute_custom_task(
        self,
        code_package: bytes,
        entry_point: str,
        input_data: Any,
        dependencies: Optional[List[str]] = None,
        serialization_format: str = "pickle",
    ) -> Any:
        """Runs packed code."""
        raise no_transport(self.config.endpoint)

    async def get_status(self) -> Dict[str, Any]:
        """How that machine is."""
        raise no_transport(self.config.endpoint)

    async def list_available_nodes(self, category: Optional[str] = None) -> List[Dict[str, Any]]:
        """The node classes that it has."""
        raise no_transport(self.config.endpoint)

    async def register_pipeline(
        self,
        pipeline_name: str,
        definition: Dict[str, Any],
        metadata: Optional[Dict[str, str]] = None,
        dependencies: Optional[List[str]] = None,
        auto_export: bool = False,
    ) -> str:
        """Leaves a pipeline there, for others to run; its id."""
        raise no_transport(self.config.endpoint)

    async def list_pipelines(self, category: Optional[str] = None, include_definitions: bool = False) -> List[Dict[str, Any]]:
        """The pipelines that were left there."""
        raise no_transport(self.config.endpoint)

    async def __aenter__(self) -> "RemoteExecutionClient":
        await self.connect()
        return self

    async def __aexit__(self, *_error: Optional[Any]) -> None:
        await self.disconnect()
