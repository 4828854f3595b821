"""Nodes for values of any kind."""
from __future__ import annotations

import math
from typing import Any, Callable, List, Optional

from ..node import Node


class PassThroughNode(Node):
    """Gives what it gets."""

    _is_native = True

    def process(self, data: Any) -> Any:
        """The same."""
        return data


class MultiplyNode(Node):
    """Numbers times `factor`, those in lists too; anything else passes."""

    _is_native = True

    def __init__(self, factor: float = 2.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, data: Any) -> Any:
        """The product."""
        return _each(data, lambda number: number * self.factor)


class AddNode(Node):
    """Numbers plus `addend`, those in lists too; anything else passes."""

    _is_native = True

    def __init__(self, addend: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.addend = addend

    def process(self, data: Any) -> Any:
        """The sum."""
        return _each(data, lambda number: number + self.addend)


def _each(data: Any, change: Callable[[float], float]) -> Any:
    if isinstance(data, list):
        return [_each(item, change) for item in data]
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        return data
    result = change(data)
    return int(result) if isinstance(result, float) and result.is_integer() else result


class CalculatorNode(Node):
    """`{"operation": "add", "args": [1, 2]}` with its `result`; also subtract, multiply, divide, power, modulo."""

    def process(self, data: Any) -> Any:
        """The same dict with `result`, `processed_by` and `node_config`."""
        operation, args = data["operation"], data["args"]
        first, *rest = args
        if operation == "add":
            result = sum(args)
        elif operation == "multiply":
            result = math.prod(args)
        elif operation == "subtract":
            result = first - sum(rest)
        elif operation == "divide":
            result = first / math.prod(rest)
        elif operation == "power":
            result = first ** rest[0]
        elif operation == "modulo":
            result = first % rest[0]
        else:
            raise ValueError(f"Unsupported operation: {operation}")
        return {"operation": operation, "args": args, "result": result, "processed_by": f"CalculatorNode[{self.name}]", "node_config": self.config}


class BufferNode(Node):
    """Items in lists of `buffer_size`; the rest at the end."""

    def __init__(self, buffer_size: int = 10, **kwargs: Any):
        super().__init__(**kwargs)
        self.buffer_size = buffer_size
        self.buffer: List[Any] = []

    def process(self, data: Any) -> Optional[List[Any]]:
        """A full list, or None."""
        self.buffer.append(data)
        return self.flush() if len(self.buffer) >= self.buffer_size else None

    def flush(self) -> Optional[List[Any]]:
        """What is left."""
        full, self.buffer = self.buffer, []
        return full or None


class TextTransformNode(Node):
    """`transform_func` of every item."""

    def __init__(self, transform_func: Callable[[Any], Any], **kwargs: Any):
        super().__init__(**kwargs)
        self.transform_func = transform_func

    def process(self, data: Any) -> Any:
        """What the function gives."""
        return self.transform_func(data)
