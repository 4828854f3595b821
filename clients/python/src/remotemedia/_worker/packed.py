"""Values that only Python has, as bytes: tuples, sets, NaN, arrays and bytes within others. Nothing is pickled: reading them runs no code."""
from __future__ import annotations

import dataclasses
import json
import struct
import sys
from typing import Any, List, Tuple

from .arrays import check_size, load_numpy, tensor_frame
from .errors import WorkerError
from .frames import Frame
from .plain import NotJson, as_json, dataclass_of, describe, fields_of, name_of, named_tuple_of, nested_too_deep, unwrapped

VALUE_TYPE = "application/vnd.remotemedia.python"
_NUMBERS: Tuple[Any, ...] = (float, int, complex)


def pack_value(value: Any) -> bytes:
    """A JSON tree in which every dict is a tag, and the bytes that it points to, behind it."""
    buffers: List[memoryview] = []
    try:
        tree = json.dumps(_tagged(value, "value", buffers)).encode()
    except RecursionError:
        raise nested_too_deep("value") from None
    return b"".join((struct.pack("<I", len(tree)), tree, *buffers))


def _tagged(value: Any, path: str, buffers: List[memoryview]) -> Any:
    try:
        if not isinstance(value, (dict, list)):
            return as_json(value)
    except NotJson:
        pass
    if isinstance(value, dict):
        keys = [_tagged(key, f"key {key!r} of {path}", buffers) for key in value]
        return {"dict": keys, "values": [_tagged(item, f"{path}[{key!r}]", buffers) for key, item in value.items()]}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            items = [_tagged(item, f"{path}[{index}]", buffers) for index, item in enumerate(value)]
            if hasattr(value, "_fields"):
                return {"namedtuple": name_of(type(value)), "items": items}
            return items if kind is list else {kind.__name__: items}
    for number in _NUMBERS:
        if isinstance(value, number):
            return {number.__name__: repr(number(value))}
    np = sys.modules.get("numpy")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": _append(memoryview(value), buffers)}
    if np is not None and isinstance(value, np.ndarray):
        frame = _tensor_at(value, path)
        return {"array": _append(frame.data, buffers), "dtype": frame.dtype, "shape": list(frame.shape)}
    scalar = unwrapped(value)
    if type(scalar) is not type(value):
        return _tagged(scalar, path, buffers)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {key: _tagged(item, f"{path}.{key}", buffers) for key, item in fields_of(value).items()}
        return {"dataclass": name_of(type(value)), "names": list(fields), "values": list(fields.values())}
    raise WorkerError(
        "not-serializable", f"{path} is {describe(value)}, which cannot be sent", "Give text, numbers, arrays, bytes, lists, dicts or dataclasses."
    )


def _tensor_at(array: Any, path: str) -> Frame:
    try:
        return tensor_frame(array)
    except WorkerError as error:
        raise WorkerError(error.code, f"{path}: {error}", error.fix) from None


def _append(data: memoryview, buffers: List[memoryview]) -> int:
    check_size(data.nbytes + sum(one.nbytes for one in buffers))
    buffers.append(data if data.contiguous else memoryview(data.tobytes()))
    return data.nbytes


def unpack_value(data: bytes) -> Any:
    """The value that `pack_value` packed."""
    (size,) = struct.unpack_from("<I", data)
    at = 4 + size

    def taken(count: int) -> bytes:
        nonlocal at
        at += count
        return data[at - count : at]

    def plain(tree: Any) -> Any:
        if isinstance(tree, list):
            return [plain(item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        kind = next(iter(tree))
        if kind == "dict":
            keys = [plain(key) for key in tree["dict"]]
            return dict(zip(keys, [plain(item) for item in tree["values"]]))
        if kind == "bytes":
            return taken(tree["bytes"])
        if kind == "array":
            return load_numpy().frombuffer(taken(tree["array"]), tree["dtype"]).reshape(tree["shape"]).copy()
        if kind == "dataclass":
            return dataclass_of(tree["dataclass"], dict(zip(tree["names"], [plain(item) for item in tree["values"]])))
        if kind == "namedtuple":
            return named_tuple_of(tree["namedtuple"], plain(tree["items"]))
        makers = {"tuple": tuple, "set": set, "frozenset": frozenset}
        if kind in makers:
            return makers[kind]([plain(item) for item in tree[kind]])
        return {"float": float, "int": int, "complex": complex}[kind](tree[kind])

    return plain(json.loads(data[4 : 4 + size]))
