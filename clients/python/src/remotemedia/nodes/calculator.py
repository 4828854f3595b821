"""Arithmetic that the data ask for."""
from __future__ import annotations

import functools
import operator
from typing import Any, Callable, Dict, Optional

from ..node import Node
from ._params import check
from .simple_math import each_number, whole

__all__ = ["CalculatorNode"]


class CalculatorNode(Node):
    """
    `{"operation": "add", "args": [1, 2]}` with its `result`: add, subtract, multiply, divide, power or modulo, from left to right. With an
    `operation` of its own it does that to every number, those in lists too, with `operand` on the right; anything else passes.

        Pipeline([CalculatorNode()]).run({"operation": "divide", "args": [7, 2]})["result"]  # 3.5
        Pipeline([CalculatorNode(operation="add", operand=5)]).run([1, 2])                   # [6, 7]

    A division by zero raises `ZeroDivisionError`, and what cannot be calculated `ValueError`.
    """

    def __init__(self, operation: Optional[str] = None, operand: float = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.operation, self.operand = operation, operand
        check(self, "operation", operation is None or operation in _OPERATIONS, f"one of {', '.join(_OPERATIONS)}")

    def _extract_params(self) -> Dict[str, Any]:
        return {key: value for key, value in super()._extract_params().items() if value is not None}

    def process(self, data: Any) -> Any:
        """`operation`, `args`, `result`, `processed_by` and `node_config`; or numbers, with an operation of its own."""
        if self.operation is not None:
            own = _OPERATIONS[self.operation]
            return each_number(data, lambda number: own(number, self.operand))
        operation, args = _call_of(data)
        result = whole(functools.reduce(_OPERATIONS[operation], args))
        return {"operation": operation, "args": args, "result": result, "processed_by": f"CalculatorNode[{self.name}]", "node_config": self.config}


def _call_of(data: Any) -> Any:
    operation, args = (data.get("operation"), data.get("args")) if isinstance(data, dict) else (None, None)
    if operation not in _OPERATIONS:
        wrong = f"Unsupported operation: {operation}" if isinstance(data, dict) else f"CalculatorNode got a {type(data).__name__}"
        raise ValueError(f"{wrong}. It takes {{\"operation\": …, \"args\": [numbers]}}; operations are {', '.join(_OPERATIONS)}")
    if not isinstance(args, (list, tuple)) or not args or not all(_is_number(one) for one in args):
        raise ValueError(f"CalculatorNode: \"args\" is {args!r}, and must be a list of at least one number")
    return operation, args


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _divide(one: float, other: float) -> float:
    if other == 0:
        raise ZeroDivisionError("Division by zero")
    return one / other


def _modulo(one: float, other: float) -> float:
    if other == 0:
        raise ZeroDivisionError("Division by zero")
    return one % other


def _power(one: Any, other: Any) -> Any:
    result = float(one) ** float(other)  # raises where an exact one would have no end
    if isinstance(result, complex):
        raise ValueError(f"{one} to the power of {other} is no real number")
    return one**other if isinstance(one, int) and isinstance(other, int) and other >= 0 else result


_OPERATIONS: Dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": _divide,
    "power": _power,
    "modulo": _modulo,
}
