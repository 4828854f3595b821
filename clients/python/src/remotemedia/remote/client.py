"""Asks another machine to do something."""
from __future__ import annotations

from typing import Any, AsyncIterator, Optional

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

    async def _call(self, *_args: Any, **_kwargs: Any) -> Any:
        """Done there, when there is a transport."""
        raise no_transport(self.config.endpoint)

    async def _stream(self, *_args: Any, **_kwargs: Any) -> AsyncIterator[Any]:
        """Done there item by item, when there is a transport."""
        raise no_transport(self.config.endpoint)
        yield

    execute_node = execute_object_method = execute_custom_task = get_status = list_available_nodes = _call
    register_pipeline = list_pipelines = _call
    stream_node = stream_object = _stream

    async def __aenter__(self) -> "RemoteExecutionClient":
        await self.connect()
        return self

    async def __aexit__(self, *_error: Optional[Any]) -> None:
        await self.disconnect()
