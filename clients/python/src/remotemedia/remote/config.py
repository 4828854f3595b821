"""Where work shall be done."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, Optional

from ..errors import ConfigurationError


@dataclass
class RemoteExecutorConfig:
    """
    A machine and how to speak to it. Called with a node, or the name of a node class of that machine, it gives a node that runs there:

        there = RemoteExecutorConfig(host="gpu-box", port=50052)
        pipeline = Pipeline([there("WhisperNode", node_config={"model": "base"}), there(MyNode())])

    `timeout` is in seconds, `pip_packages` are what the node needs there. Raises `ConfigurationError` for values that cannot be.
    """

    host: str
    port: int
    protocol: str = "grpc"
    auth_token: Optional[str] = field(default=None, repr=False)
    timeout: float = 30.0
    max_retries: int = 3
    ssl_enabled: bool = True
    pip_packages: Optional[List[str]] = None

    def __post_init__(self) -> None:
        if not isinstance(self.host, str) or not self.host or ":" in self.host:
            raise ConfigurationError(f"Invalid host: {self.host!r}. It is a name or an IPv4 address, without the port.")
        if self.protocol not in ("grpc", "http"):
            raise ConfigurationError(f"Unsupported protocol: {self.protocol}. It is 'grpc' or 'http'.")
        if not isinstance(self.port, int) or not 1 <= self.port <= 65535:
            raise ConfigurationError(f"Invalid port: {self.port!r}. It is a number from 1 to 65535.")
        if not isinstance(self.timeout, (int, float)) or not self.timeout > 0:
            raise ConfigurationError(f"Invalid timeout: {self.timeout!r}. It is a number of seconds above 0.")

    @property
    def endpoint(self) -> str:
        """`host:port`, as manifests have it."""
        return f"{self.host}:{self.port}"

    def __call__(self, target: Any, **kwargs: Any) -> Any:
        """The node `target` on this machine; see the class. Raises `TypeError` for what is neither a name nor a node."""
        from ..nodes.remote import RemoteExecutionNode, RemoteObjectExecutionNode

        if isinstance(target, str):
            return RemoteExecutionNode(target, self, **kwargs)
        if callable(getattr(target, "process", None)) and not isinstance(target, type):
            return RemoteObjectExecutionNode(target, self, **kwargs)
        raise TypeError(f"Target for remote execution must be a node class name (str) or a Node object, got {target!r}")
