"""Nodes for values of any kind."""
from __future__ import annotations

from typing import Any, List, Optional

from ..node import Node
from ._params import check_size

__all__ = ["BufferNode", "PassThroughNode"]


class PassThroughNode(Node):
    """Gives what it gets."""

    _is_native = True

    def process(self, data: Any) -> Any:
        """The same."""
        return data


class BufferNode(Node):
    """
    Items in lists of `buffer_size`; the rest at the end. Raises `ConfigurationError` for a size that is not a whole number from 1 on.

        Pipeline([BufferNode(2)]).run([1, 2, 3])  # [[1, 2], [3]]
    """

    def __init__(self, buffer_size: int = 10, **kwargs: Any):
        super().__init__(**kwargs)
        self.buffer_size = buffer_size
        check_size(self, "buffer_size")
        self.buffer: List[Any] = []

    def initialize(self) -> Any:
        """Begins with an empty list."""
        self.buffer = []
        return super().initialize()

    def process(self, data: Any) -> Optional[List[Any]]:
        """A full list, or None."""
        self.buffer.append(data)
        return self.flush() if len(self.buffer) >= self.buffer_size else None

    def flush(self) -> Optional[List[Any]]:
        """What is left."""
        full, self.buffer = self.buffer, []
        return full or None
