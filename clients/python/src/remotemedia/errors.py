"""What this package raises."""
from __future__ import annotations

import asyncio
import os
import sys
import warnings
from typing import Dict, Optional, Tuple, Type

from ._worker.errors import WorkerError, told_of

# What stands between a user's line and ours: this package, and the loop that runs it.
_OURS = (os.path.dirname(os.path.abspath(__file__)), os.path.dirname(asyncio.__file__))


def warn(text: str) -> None:
    """A warning that points at the first line outside: that is what can be changed."""
    level, frame = 1, sys._getframe(0)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, UserWarning, stacklevel=level)


class RemoteMediaError(Exception):
    """Base of all. `code` is one of the runtime's closed set, where the runtime said it."""

    code: str = "internal"
    #: The node that failed, by its id in the manifest.
    node: Optional[str] = None
    #: How often it came, of errors that repeat in a live session.
    count: int = 1


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


#: The Python exceptions of the runtime's codes, as the page of error codes has them; what is missing is a `RemoteMediaError`.
_OF_CODES: Dict[str, Tuple[Type[Exception], ...]] = {
    **dict.fromkeys(("circuit-open", "fuel-exhausted", "node-failed", "trapped"), (NodeError,)),
    **dict.fromkeys(("cancelled", "cycle", "deadlock"), (PipelineError,)),
    **dict.fromkeys(("limit-exceeded", "media-incompatible", "overflow", "start-failed"), (NodeError, PipelineError)),
    **dict.fromkeys(("auth-failed", "grant-missing", "signature-invalid"), (ConfigurationError, PermissionError)),
    **dict.fromkeys(("manifest-invalid", "node-unknown", "package-invalid", "port-unknown"), (PipelineError, ConfigurationError)),
    "host-unsupported": (ConfigurationError, NotImplementedError),
    "io-failed": (NodeError, OSError),
    "media-invalid": (NodeError, ValueError),
    "memory-exhausted": (NodeError, MemoryError),
    "not-serializable": (SerializationError,),
    "params-invalid": (ConfigurationError, ValueError),
    "timeout": (NodeError, TimeoutError),
    "transport-failed": (RemoteExecutionError, ConnectionError),
    "usage": (PipelineError, TypeError),
}
_classes: Dict[str, Type[RemoteMediaError]] = {}


def class_of(code: str) -> Type[RemoteMediaError]:
    """The exception for a code of the runtime: one of those above, and Python's own where it has one, so that both can be caught."""
    if code not in _classes:
        bases = _OF_CODES.get(code, (RemoteMediaError,))
        name = "".join(part.capitalize() for part in code.split("-"))
        one = bases[0] if len(bases) == 1 else type(name, bases, {"__module__": __name__, "__doc__": f"The runtime's {code}."})
        _classes[code] = one  # type: ignore[assignment]
    return _classes[code]


def __getattr__(name: str) -> Type[RemoteMediaError]:
    # Who unpickles an error looks for its class by name.
    for code in _OF_CODES:
        if class_of(code).__name__ == name:
            return class_of(code)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def node_failed(node_id: str, error: BaseException) -> RemoteMediaError:
    """What is raised where a node raises, or gives what cannot be; the node's own error is to be its cause."""
    code = error.code if isinstance(error, WorkerError) else "node-failed"
    found = class_of(code)(f"{node_id}: {told_of(error)}")
    found.code, found.node = code, node_id
    return found


def start_failed(name: str, error: BaseException) -> RemoteMediaError:
    """What is raised where a node cannot be initialized; the node's own error is to be its cause."""
    what = str(error) if isinstance(error, RemoteMediaError) else f"{name}: {told_of(error)}"
    found = class_of("start-failed")(f"Pipeline initialization failed: {what}")
    found.code = "start-failed"
    found.node = name
    return found


def has_just_ended(error: OSError) -> PipelineError:
    """What is raised where the process of the runtime is gone, and nobody has noticed yet."""
    return PipelineError(f"the runtime has just ended: {error}. Run again, and another is started.")


def no_transport(endpoint: str) -> RemoteExecutionError:
    """What everything says that would need another machine."""
    return RemoteExecutionError(
        f"nothing can run on {endpoint}: this version has no transport for running nodes on another machine. "
        "Run them here: leave out host= and RemoteExecutorConfig."
    )
