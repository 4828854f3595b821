"""
What Python nodes take and give, and the frames of the runtime: one set of rules for both directions.

| frame | Python value |
| --- | --- |
| audio | `(array, sample_rate)`, or `(array, sample_rate, metadata)` where there are some; array of `channels × samples`, float32 |
| text | `str` |
| json | dict, list, number, bool |
| binary | `bytes` |
| tensor | numpy array |
| video | numpy array uint8: `height × width × 4` (RGBA, BGRA), or all planes as rows (I420, NV12) |
| event | `{"event": name, "value": value}` |
| encoded | `Frame` |

Back the same way. A dataclass becomes the dict of its fields and is one again for the next Python node; what no other language has (tuples, arrays
within dicts, bytes within lists, sets, NaN) travels as binary of `VALUE_TYPE`, which Python nodes read and others pass on.
"""
from __future__ import annotations

import dataclasses
import functools
import json
import math
import numbers
import struct
import sys
from typing import Any, Dict, List, Optional, Tuple

from .errors import WorkerError
from .frames import MAX_FRAME_BYTES, Frame

VALUE_TYPE = "application/vnd.remotemedia.python"
#: Key of metadata that says which Python value a frame was.
PYTHON_TYPE = "python_type"
_NESTED = "((array, sample_rate), metadata)"
_SAMPLES = {"f32-planar": "<f4", "f32": "<f4", "s16": "<i2", "s16-planar": "<i2", "s32": "<i4"}
_MAX_SAFE = 2**53 - 1


def value_of(frame: Frame) -> Any:
    """The value that a node gets for a frame; nothing in it refers to the frame's memory."""
    kind = frame.kind
    if kind == "audio":
        return _sound_of(frame)
    if kind == "text":
        return frame.data
    if kind == "json":
        return _with_type(frame)
    if kind == "binary":
        data = bytes(frame.data)
        return _unpack_value(data) if frame.mime_type == VALUE_TYPE else data
    if kind == "event":
        return {"event": frame.name, "value": frame.data}
    if kind == "tensor":
        return _numpy().frombuffer(frame.data, frame.dtype).reshape(tuple(frame.shape)).copy()
    if kind == "video":
        picture = _numpy().frombuffer(frame.data, "u1").copy()
        return picture.reshape((frame.height, frame.width, 4) if frame.format in ("RGBA", "BGRA") else (-1, frame.width))
    frame.data = bytes(frame.data)
    return frame


def frame_of(value: Any) -> Optional[Frame]:
    """
    The frame of what a node gave, None for None. Raises `WorkerError` that names what cannot be sent and the path to it.
    """
    if type(value) is tuple and _is_sound(value):
        return _sound_frame(value)
    if value is None or isinstance(value, Frame):
        return value
    if isinstance(value, str):
        return Frame("text", value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = memoryview(value)
        _check_size(data.nbytes)
        return Frame("binary", data if data.c_contiguous else data.tobytes())
    if isinstance(value, list) and _is_sound(value):
        return _sound_frame(value)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], tuple) and isinstance(value[1], dict) and _is_sound(value[0]):
        frame = _sound_frame(value[0])
        frame.metadata = {**_metadata_of(value[1], "value[1]"), PYTHON_TYPE: _NESTED}
        return frame
    np = sys.modules.get("numpy")
    if np is not None and isinstance(value, np.ndarray):
        return _tensor_frame(value)
    is_dataclass = dataclasses.is_dataclass(value) and not isinstance(value, type)
    try:
        frame = Frame("json", _as_json(_fields_of(value) if is_dataclass else value))
    except (_NotJson, RecursionError):
        return Frame("binary", _pack_value(value), mime_type=VALUE_TYPE)
    if is_dataclass:
        frame.metadata = {PYTHON_TYPE: _name_of(type(value))}
    return frame


def plain_sound(value: Any) -> Optional[memoryview]:
    """The bytes of `(array, rate)` where they can be sent as they are: float32, channels × samples, one after another."""
    if type(value) is not tuple or len(value) != 2 or type(value[1]) is not int:
        return None
    array = value[0]
    np = sys.modules.get("numpy")
    if np is None or type(array) is not np.ndarray or array.ndim != 2 or array.dtype != _dtype("<f4") or not array.flags.c_contiguous:
        return None
    is_sound = 1 <= value[1] <= 768_000 and 1 <= array.shape[0] <= 64 and 0 < array.nbytes <= MAX_FRAME_BYTES
    return memoryview(array).cast("B") if is_sound else None


@functools.lru_cache(None)
def _dtype(name: str) -> Any:
    """Reading the name of a type takes longer than reading a frame's samples."""
    return _numpy().dtype(name)


def _numpy() -> Any:
    found = sys.modules.get("numpy")
    if found is not None:
        return found
    try:
        import numpy
    except ModuleNotFoundError as error:
        raise WorkerError("host-unsupported", "arrays need numpy, which this Python does not have", "pip install numpy") from error
    return numpy


# sound


def _sound_of(frame: Frame) -> Tuple[Any, ...]:
    np = _numpy()
    samples = np.frombuffer(frame.data, _dtype(_SAMPLES[frame.format]))
    is_planar = frame.format.endswith("planar") or frame.channels == 1
    array = samples.reshape(frame.channels, frame.frames).copy() if is_planar else samples.reshape(frame.frames, frame.channels).T.copy()
    if not frame.metadata:
        return array, frame.sample_rate
    metadata = dict(frame.metadata)
    is_nested = metadata.pop(PYTHON_TYPE, None) == _NESTED
    return ((array, frame.sample_rate), metadata) if is_nested else (array, frame.sample_rate, metadata)


def _is_sound(value: Any) -> bool:
    """(array, rate) or (array, rate, metadata): a pair of an array and a number is nothing else."""
    if len(value) not in (2, 3) or (len(value) == 3 and not isinstance(value[2], dict)):
        return False
    np = sys.modules.get("numpy")
    is_rate = type(value[1]) is int or (isinstance(value[1], numbers.Real) and not isinstance(value[1], bool))
    return np is not None and is_rate and isinstance(value[0], np.ndarray)


def _sound_frame(value: Any) -> Frame:
    array, rate = value[0], value[1]
    if not (1 <= rate <= 768_000 and rate == int(rate)):
        raise WorkerError("media-invalid", f"a sample rate of {rate!r} Hz", "Give whole Hz, 1 to 768000.")
    if array.ndim not in (1, 2):
        raise WorkerError("media-invalid", f"audio of shape {array.shape}", "Give samples (mono) or channels × samples.")
    channels, frames = (1, array.shape[0]) if array.ndim == 1 else array.shape
    if not 1 <= channels <= 64:
        advice = "Channels come first: give array.T." if array.ndim == 2 and 1 <= frames <= 64 else "Give channels × samples, 1 to 64 channels."
        raise WorkerError("media-invalid", f"audio of shape {array.shape} has {channels} channels", advice)
    data, sample_format = _samples_of(array, channels)
    frame = Frame("audio", data, format=sample_format, sample_rate=int(rate), channels=channels, frames=frames)
    frame.duration_us = round(frames * 1e6 / rate)
    if len(value) == 3:
        frame.metadata = _metadata_of(value[2], "value[2]")
    return frame


def _samples_of(array: Any, channels: int) -> Tuple[memoryview, str]:
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "f" and size <= 8:
        return _bytes_of(array, _dtype("<f4")), "f32-planar"
    if kind == "i" and size == 2:
        return _bytes_of(array, _dtype("<i2")), "s16-planar"
    if kind == "i" and size == 4:
        return _bytes_of(array if channels == 1 else array.T, _dtype("<i4")), "s32"
    raise WorkerError(
        "media-invalid", f"audio samples of {_dtype_name(array)}", "Give float32 in -1 … 1, int16 or int32: array.astype(\"float32\")."
    )


def _tensor_frame(array: Any) -> Frame:
    if array.dtype.kind not in "biufc" or array.dtype.itemsize > 16:
        raise WorkerError(
            "not-serializable", f"a numpy array of {_dtype_name(array)} cannot be sent", "Give numbers: array.astype(\"float32\"), or a list."
        )
    return Frame("tensor", _bytes_of(array, array.dtype.newbyteorder("<")), dtype=array.dtype.name, shape=array.shape)


def _bytes_of(array: Any, dtype: Any) -> memoryview:
    """The bytes of an array: little-endian, rows one after another; copied only where they are not."""
    if array.size == 0:
        return memoryview(b"")
    _check_size(array.nbytes)
    if array.dtype != dtype or not array.flags.c_contiguous:
        array = _numpy().ascontiguousarray(array, dtype)
    return memoryview(array.reshape(-1).view(_dtype("u1")))


def _check_size(size: int) -> None:
    if size > MAX_FRAME_BYTES:
        raise WorkerError("limit-exceeded", f"{size:,} bytes in one frame; at most {MAX_FRAME_BYTES:,}", "Yield it in parts.")


def _dtype_name(array: Any) -> str:
    return "objects" if array.dtype.kind == "O" else f"dtype {array.dtype}"


# plain values


class _NotJson(Exception):
    pass


def _as_json(value: Any) -> Any:
    """The value if JSON says it exactly; numpy scalars as plain numbers."""
    kind = type(value)
    if kind in (str, bool) or value is None:
        return value
    if kind is int and -_MAX_SAFE <= value <= _MAX_SAFE:
        return value
    if kind is float and math.isfinite(value):
        return value
    if kind is dict and all(type(key) is str for key in value):
        return {key: _as_json(item) for key, item in value.items()}
    if kind is list:
        return [_as_json(item) for item in value]
    if _is_numpy_scalar(value):
        return _as_json(value.item())
    raise _NotJson


def _is_numpy_scalar(value: Any) -> bool:
    np = sys.modules.get("numpy")
    return np is not None and isinstance(value, np.generic)


def _metadata_of(value: Dict[str, Any], path: str) -> Dict[str, Any]:
    """Metadata are read by every language: tuples become lists, and what JSON does not have is refused."""

    def plain(item: Any, at: str) -> Any:
        if isinstance(item, (tuple, list)):
            return [plain(one, f"{at}[{index}]") for index, one in enumerate(item)]
        if isinstance(item, dict):
            return {str(key): plain(one, f"{at}[{key!r}]") for key, one in item.items()}
        try:
            return _as_json(item)
        except _NotJson:
            raise WorkerError(
                "not-serializable", f"metadata {at} is {_describe(item)}", "Metadata are plain JSON: text, numbers, lists, dicts."
            ) from None

    found: Dict[str, Any] = plain(value, path)
    return found


def _describe(value: Any) -> str:
    return repr(value) if isinstance(value, float) else f"a {type(value).__module__}.{type(value).__qualname__}".replace("a builtins.", "a ")


# dataclasses


def _fields_of(value: Any) -> Dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _name_of(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _dataclass_of(name: str, fields: Any) -> Any:
    """The dataclass again, where this process has loaded its module anyway and it still has these fields. Nothing is imported or called."""
    module, _, path = name.partition(":")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    if not (isinstance(found, type) and dataclasses.is_dataclass(found) and isinstance(fields, dict)):
        return fields
    if {field.name for field in dataclasses.fields(found)} != set(fields):
        return fields
    value = object.__new__(found)
    for key, item in fields.items():
        object.__setattr__(value, key, item)
    return value


# what only Python has


def _pack_value(value: Any) -> bytes:
    """A JSON tree in which every dict is a tag, and the bytes that it points to, behind it."""
    buffers: List[memoryview] = []
    try:
        tree = json.dumps(_tagged(value, "value", buffers)).encode()
    except RecursionError:
        raise WorkerError("not-serializable", "the value contains itself, or is nested too deep", "Give a flat value.") from None
    return b"".join((struct.pack("<I", len(tree)), tree, *buffers))


def _tagged(value: Any, path: str, buffers: List[memoryview]) -> Any:
    try:
        if not isinstance(value, (dict, list)):
            return _as_json(value)
    except _NotJson:
        pass
    if isinstance(value, dict):
        keys = [_tagged(key, f"key {key!r} of {path}", buffers) for key in value]
        return {"dict": keys, "values": [_tagged(item, f"{path}[{key!r}]", buffers) for key, item in value.items()]}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            items = [_tagged(item, f"{path}[{index}]", buffers) for index, item in enumerate(value)]
            return items if kind is list else {kind.__name__: items}
    if isinstance(value, (float, int, complex)):
        return {type(value).__name__: repr(value)}
    np = sys.modules.get("numpy")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": _append(memoryview(value), buffers)}
    if np is not None and isinstance(value, np.ndarray):
        frame = _tensor_at(value, path)
        return {"array": _append(frame.data, buffers), "dtype": frame.dtype, "shape": list(frame.shape)}
    if np is not None and isinstance(value, np.generic):
        return _tagged(value.item(), path, buffers)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {key: _tagged(item, f"{path}.{key}", buffers) for key, item in _fields_of(value).items()}
        return {"dataclass": _name_of(type(value)), "names": list(fields), "values": list(fields.values())}
    raise WorkerError(
        "not-serializable", f"{path} is {_describe(value)}, which cannot be sent", "Give text, numbers, arrays, bytes, lists, dicts or dataclasses."
    )


def _tensor_at(array: Any, path: str) -> Frame:
    try:
        return _tensor_frame(array)
    except WorkerError as error:
        raise WorkerError(error.code, f"{path}: {error}", error.fix) from None


def _append(data: memoryview, buffers: List[memoryview]) -> int:
    _check_size(data.nbytes + sum(one.nbytes for one in buffers))
    buffers.append(data if data.contiguous else memoryview(data.tobytes()))
    return data.nbytes


def _unpack_value(data: bytes) -> Any:
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
            return _numpy().frombuffer(taken(tree["array"]), tree["dtype"]).reshape(tree["shape"]).copy()
        if kind == "dataclass":
            return _dataclass_of(tree["dataclass"], dict(zip(tree["names"], [plain(item) for item in tree["values"]])))
        makers = {"tuple": tuple, "set": set, "frozenset": frozenset}
        if kind in makers:
            return makers[kind]([plain(item) for item in tree[kind]])
        return {"float": float, "int": int, "complex": complex}[kind](tree[kind])

    return plain(json.loads(data[4 : 4 + size]))


def _with_type(frame: Frame) -> Any:
    name = (frame.metadata or {}).get(PYTHON_TYPE)
    return _dataclass_of(name, frame.data) if isinstance(name, str) and ":" in name else frame.data
