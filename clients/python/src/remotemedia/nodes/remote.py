"""Nodes that run on another machine."""
from __future__ import annotations

from typing import Any, Dict, Optional

from ..errors import ConfigurationError, no_transport
from ..node import Node
from ..remote.config import RemoteExecutorConfig


class _Elsewhere(Node):
    is_remote = True

    def __init__(self, remote_config: RemoteExecutorConfig, node_config: Optional[Dict[str, Any]], **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(remote_config, RemoteExecutorConfig):
            raise ConfigurationError(f"Expected a RemoteExecutorConfig, got {type(remote_config)}")
        self.remote_config = remote_config
        self.node_config: Dict[str, Any] = dict(node_config or {})

    def initialize(self) -> Any:
        raise no_transport(self.remote_config.endpoint)

    def process(self, data: Any) -> Any:
        raise no_transport(self.remote_config.endpoint)


class RemoteExecutionNode(_Elsewhere):
    """
    The node class `node_to_execute` of another machine, made there with `node_config`. It can be built, and written into a manifest; running it
    raises `RemoteExecutionError`, for there is no transport yet. Raises `ConfigurationError`.
    """

    def __init__(
        self,
        node_to_execute: str,
        remote_config: RemoteExecutorConfig,
        node_config: Optional[Dict[str, Any]] = None,
        serialization_format: str = "pickle",
        **kwargs: Any,
    ):
        super().__init__(remote_config, node_config, **kwargs)
        if serialization_format not in ("pickle", "json"):
            raise ConfigurationError(f"Unsupported serialization format: {serialization_format}. It is 'pickle' or 'json'.")
        self.node_to_execute = self._node_type = node_to_execute
        self.serialization_format = serialization_format

    def _extract_params(self) -> Dict[str, Any]:
        return dict(self.node_config)


class RemoteObjectExecutionNode(_Elsewhere):
    """
    An object of this program, run on another machine. It has `initialize`, `process` and `cleanup`. As `RemoteExecutionNode` otherwise.
    """

    def __init__(self, obj_to_execute: Any, remote_config: RemoteExecutorConfig, node_config: Optional[Dict[str, Any]] = None, **kwargs: Any):
        super().__init__(remote_config, node_config, **kwargs)
        missing = [name for name in ("initialize", "process", "cleanup") if not callable(getattr(obj_to_execute, name, None))]
        if missing:
            what = f"{type(obj_to_execute).__name__} has no {', '.join(missing)}"
            raise ConfigurationError(f"{what}: what runs elsewhere has initialize, process and cleanup")
        self.obj_to_execute = obj_to_execute
        self.is_streaming = bool(getattr(obj_to_execute, "is_streaming", False))
        self._node_type = type(obj_to_execute).__name__

    def _extract_params(self) -> Dict[str, Any]:
        inner = self.obj_to_execute
        return {**(inner._extract_params() if isinstance(inner, Node) else {}), **self.node_config}
