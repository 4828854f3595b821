"""What this package raises."""
from __future__ import annotations

from typing import Optional


class RemoteMediaError(Exception):
    """Base of all. `code` is one of the runtime's closed set, where the runtime said it."""

    code: str = "internal"


class PipelineError(RemoteMediaError):
    """A pipeline cannot be built or run."""


class NodeError(RemoteMediaError):
    """A node failed; what it raised is the `__cause__`, with its own traceback."""

    code = "node-failed"


class RemoteExecutionError(RemoteMediaError):
    """Something failed on another machine."""

    def __init__(self, message: str, remote_traceback: Optional[str] = None):
        super().__init__(message)
        self.remote_traceback = remote_traceback


class WebRTCError(RemoteMediaError):
    """A call failed."""


class SerializationError(RemoteMediaError):
    """A value cannot leave this process."""


def refused(error: Exception) -> SerializationError:
    """What a value was refused for (a `WorkerError`), and what to do about it."""
    advice = getattr(error, "fix", None)
    found = SerializationError(f"{error}. {advice}" if advice else str(error))
    found.code = getattr(error, "code", found.code)
    return found


class ConfigurationError(RemoteMediaError):
    """A parameter, or this machine, is not what is needed."""
