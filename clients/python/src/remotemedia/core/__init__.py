"""Where the earlier SDK kept its classes; the names are those of `remotemedia`."""
from __future__ import annotations

from ..errors import NodeError, PipelineError, RemoteExecutionError, RemoteMediaError, WebRTCError
from ..node import Node
from ..pipeline import Pipeline
from ..remote import RemoteExecutorConfig

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
