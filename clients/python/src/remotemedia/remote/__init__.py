"""
Work on another machine. Configurations are checked and written into manifests; the transport that would carry the work is not there yet, and
everything that needs it says so with one `RemoteExecutionError`.
"""
from __future__ import annotations

from .client import RemoteExecutionClient
from .config import RemoteExecutorConfig
from .proxy_client import RemoteProxyClient, StreamingRemoteProxyClient

__all__ = ["RemoteExecutorConfig", "RemoteExecutionClient", "RemoteProxyClient", "StreamingRemoteProxyClient"]
