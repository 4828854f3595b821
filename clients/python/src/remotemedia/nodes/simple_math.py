"""Arithmetic with one number, as the runtime does it."""
from __future__ import annotations

from typing import Any, Callable

from .._worker.plain import NotJson, as_json
from ..node import Node

__all__ = ["AddNode", "MultiplyNode"]


class MultiplyNode(Node):
    """Numbers times `factor`, those in lists too; anything else passes. Whole results are ints."""

    _is_native = True

    def __init__(self, factor: float = 2.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, data: Any) -> Any:
        """The product."""
        return each_number(data, lambda number: number * self.factor)


class AddNode(Node):
    """Numbers plus `addend`, those in lists too; anything else passes. Whole results are ints."""

    _is_native = True

    def __init__(self, addend: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.addend = addend

    def process(self, data: Any) -> Any:
        """The sum."""
        return each_number(data, lambda number: number + self.addend)


def each_number(data: Any, change: Callable[[float], float]) -> Any:
    """`change` of a number, and of those in lists and the lists in them. What JSON does not say, such as a list with a tuple in it, passes whole."""
    try:
        return _each(as_json(data), change)
    except (NotJson, RecursionError):
        return data


def _each(data: Any, change: Callable[[float], float]) -> Any:
    if isinstance(data, list):
        return [_each(item, change) for item in data]
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        return data
    return whole(change(data))


def whole(number: Any) -> Any:
    """An int, where a float says one exactly."""
    return int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 2**53 else number
