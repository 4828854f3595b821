"""Values that JSON says exactly, metadata, and dataclasses, which are dicts to every other language."""
from __future__ import annotations

import dataclasses
import math
import sys
from typing import Any, Dict, Sequence

from .errors import WorkerError

#: Key of metadata that says which Python value a frame was.
PYTHON_TYPE = "python_type"
_MAX_SAFE = 2**53 - 1


class NotJson(Exception):
    """JSON does not say that value exactly."""


def as_json(value: Any) -> Any:
    """The value if JSON says it exactly; numpy scalars as plain numbers, subclasses as what they are one of."""
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, int) and -_MAX_SAFE <= value <= _MAX_SAFE:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    scalar = unwrapped(value)
    if type(scalar) is not type(value):
        return as_json(scalar)
    raise NotJson


def unwrapped(value: Any) -> Any:
    """A scalar of numpy as the value that Python has for it; what has none there (`longdouble`), and anything else, as it is."""
    np = sys.modules.get("numpy")
    return value.item() if np is not None and isinstance(value, np.generic) else value


def nested_too_deep(path: str) -> WorkerError:
    """What a value is refused for that has no end."""
    return WorkerError("not-serializable", f"{path} contains itself, or is nested too deep", "Give a flat value.")


def metadata_of(value: Dict[str, Any], path: str) -> Dict[str, Any]:
    """Metadata are read by every language: tuples become lists, and what JSON does not have is refused."""

    def plain(item: Any, at: str) -> Any:
        if isinstance(item, (tuple, list)):
            return [plain(one, f"{at}[{index}]") for index, one in enumerate(item)]
        if isinstance(item, dict):
            return {str(key): plain(one, f"{at}[{key!r}]") for key, one in item.items()}
        try:
            return as_json(item)
        except NotJson:
            raise WorkerError(
                "not-serializable", f"metadata {at} is {describe(item)}", "Metadata are plain JSON: text, numbers, lists, dicts."
            ) from None

    try:
        found: Dict[str, Any] = plain(value, path)
    except RecursionError:
        raise nested_too_deep(path) from None
    return found


def describe(value: Any) -> str:
    """What a value is, for a message."""
    return repr(value) if isinstance(value, (float, int)) else f"a {type(value).__module__}.{type(value).__qualname__}".replace("a builtins.", "a ")


def fields_of(value: Any) -> Dict[str, Any]:
    """Of a dataclass."""
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def name_of(kind: type) -> str:
    """By which `dataclass_of` finds a class again."""
    return f"{kind.__module__}:{kind.__qualname__}"


def _class_of(name: str) -> Any:
    """The class, where this process has loaded its module anyway. Nothing is imported or called."""
    module, _, path = name.partition(":")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else object


def named_tuple_of(name: str, items: Sequence[Any]) -> Any:
    """The named tuple again, where its class is there and still has as many names; else a tuple."""
    found = _class_of(name)
    is_one = issubclass(found, tuple) and len(getattr(found, "_fields", ())) == len(items)
    return tuple.__new__(found if is_one else tuple, items)


def dataclass_of(name: str, fields: Any) -> Any:
    """The dataclass again, where its class is there and still has these fields; else the fields."""
    found = _class_of(name)
    if not dataclasses.is_dataclass(found) or not isinstance(fields, dict) or {field.name for field in dataclasses.fields(found)} != set(fields):
        return fields
    value: Any = object.__new__(_class_of(name))
    for key, item in fields.items():
        object.__setattr__(value, key, item)
    return value
