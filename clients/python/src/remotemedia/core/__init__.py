"""Where the earlier SDK kept its classes; the names are those of `remotemedia`."""
from __future__ import annotations

from .exceptions import NodeError, PipelineError, RemoteExecutionError, RemoteMediaError, WebRTCError
from .node import Node, RemoteExecutorConfig
from .pipeline import Pipeline

__all__ = [
    "Node",
    "NodeError",
    "Pipeline",
    "PipelineError",
    "RemoteExecutionError",
    "RemoteExecutorConfig",
    "RemoteMediaError",
    "WebRTCError",
]
