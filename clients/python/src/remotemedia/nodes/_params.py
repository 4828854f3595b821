"""Checks of a node's parameters when it is made. Each raises `ConfigurationError`, which says what the parameter is and must be."""
from __future__ import annotations

from numbers import Real
from typing import Any

from ..errors import ConfigurationError


def check(node: Any, name: str, is_right: bool, wanted: str) -> None:
    """What a node keeps by the name of a parameter."""
    if not is_right:
        raise ConfigurationError(f'{node.name}: "{name}" is {getattr(node, name)!r}, and must be {wanted}')


def check_number(node: Any, name: str, low: float, high: float) -> None:
    """A number, also one of numpy, within the runtime's bounds."""
    value = getattr(node, name)
    check(node, name, isinstance(value, Real) and not isinstance(value, bool) and low <= float(value) <= high, f"a number from {low} to {high}")


def check_size(node: Any, name: str) -> None:
    """How many, at least one."""
    value = getattr(node, name)
    check(node, name, isinstance(value, int) and not isinstance(value, bool) and value >= 1, "a whole number from 1 on")
