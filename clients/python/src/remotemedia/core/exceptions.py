"""`remotemedia.errors` by its earlier name."""
from __future__ import annotations

from ..errors import (
    ConfigurationError,
    NodeError,
    PipelineError,
    RemoteExecutionError,
    RemoteMediaError,
    SerializationError,
    WebRTCError,
)

__all__ = [
    "ConfigurationError",
    "NodeError",
    "PipelineError",
    "RemoteExecutionError",
    "RemoteMediaError",
    "SerializationError",
    "WebRTCError",
]
