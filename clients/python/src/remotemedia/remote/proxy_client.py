"""Objects whose methods run on another machine."""
from __future__ import annotations

from typing import Any

from ..errors import no_transport
from .client import RemoteExecutionClient


class RemoteProxyClient(RemoteExecutionClient):
    """
    Makes proxies of objects. There is no transport for it yet: it raises a `RemoteExecutionError` that says so.

        async with RemoteProxyClient(RemoteExecutorConfig("gpu-box", 50052)) as client:
            counter = await client.create_proxy(Counter())
            await counter.increment()
    """

    async def create_proxy(self, obj: Any, serialization_format: str = "pickle") -> Any:
        """An object whose methods are awaited, and run there on a copy of `obj`."""
        raise no_transport(self.config.endpoint)


class StreamingRemoteProxyClient(RemoteProxyClient):
    """The same, with generators that are read item by item."""
