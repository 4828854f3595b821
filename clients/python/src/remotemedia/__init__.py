"""
Pipelines for audio, video and AI: written in Python, run by the RemoteMedia runtime.

    from remotemedia import Pipeline
    from remotemedia.nodes import MultiplyNode

    print(Pipeline([MultiplyNode(factor=2)]).run([1, 2, 3]))     # [2, 4, 6]
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from ._worker.frames import Frame
from .errors import (
    ConfigurationError,
    NodeError,
    PipelineError,
    RemoteExecutionError,
    RemoteMediaError,
    SerializationError,
    WebRTCError,
)
from .state import SessionState, StateManager

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .node import Node
    from .pipeline import Pipeline
    from .remote import RemoteExecutorConfig
    from .runtime import get_rust_runtime, is_rust_runtime_available, try_load_rust_runtime
    from .session import Session, TurnChange

# One name after the other: type checkers read no other list.
__all__ = [
    "__version__",
    "ConfigurationError",
    "Frame",
    "Node",
    "NodeError",
    "Pipeline",
    "PipelineError",
    "RemoteExecutionError",
    "RemoteExecutorConfig",
    "RemoteMediaError",
    "SerializationError",
    "Session",
    "SessionState",
    "StateManager",
    "TurnChange",
    "WebRTCError",
    "get_rust_runtime",
    "is_rust_runtime_available",
    "try_load_rust_runtime",
]

_lazy = {
    "Pipeline": "pipeline",
    "Node": "node",
    "RemoteExecutorConfig": "remote",
    "Session": "session",
    "TurnChange": "session",
    "is_rust_runtime_available": "runtime",
    "get_rust_runtime": "runtime",
    "try_load_rust_runtime": "runtime",
}
_packages = ("core", "nodes", "remote")


def __getattr__(name: str) -> Any:
    # A worker process imports this package for every node: what it does not need is loaded when it is asked for.
    if name in ("_rust_runtime", "_rust_runtime_available"):
        from .runtime import get_rust_runtime, is_available

        return get_rust_runtime() if name == "_rust_runtime" else is_available()
    import importlib

    if name in _packages:
        return importlib.import_module(f".{name}", __name__)
    # Nodes are names of this package too.
    home = importlib.import_module(f".{_lazy.get(name, 'nodes')}", __name__) if name[0] != "_" else None
    if name not in (_lazy if name in _lazy else getattr(home, "__all__", ())):
        raise AttributeError(f"module 'remotemedia' has no attribute {name!r}")
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> List[str]:
    # What a prompt completes, also before it is loaded.
    return [*__all__, *_packages]
