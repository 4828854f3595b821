"""A node with state, as small as one can be."""
from __future__ import annotations

from typing import Any, AsyncIterator, Tuple

from ..node import Node

__all__ = ["StatefulCounter"]


class StatefulCounter(Node):
    """
    Counts items, whatever they are: `(initial_value,)` for the first, and so on. It goes on counting in the next run.

        Pipeline([StatefulCounter(100)]).run(["a", "b"])  # [(100,), (101,)]
    """

    is_streaming = True

    def __init__(self, initial_value: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.value = initial_value

    async def process(self, data: AsyncIterator[Any]) -> AsyncIterator[Tuple[int]]:
        """One count for each item."""
        async for _ in data:
            yield (self.value,)
            self.value += 1
