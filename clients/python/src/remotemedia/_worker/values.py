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
import sys
from typing import Any, Optional

from .arrays import NESTED, Loan, check_size, is_sound, picture_of, sound_frame, sound_of, tensor_frame, tensor_of
from .frames import Frame
from .packed import VALUE_TYPE, pack_value, unpack_value
from .plain import PYTHON_TYPE, NotJson, as_json, dataclass_of, fields_of, metadata_of, name_of


def value_of(frame: Frame, loan: Optional[Loan] = None) -> Any:
    """The value that a node gets for a frame. Nothing in it refers to the frame's memory, but an array where there is a `loan`."""
    kind = frame.kind
    if kind == "audio":
        return sound_of(frame, loan)
    if kind == "text":
        return frame.data
    if kind == "json":
        return _with_type(frame)
    if kind == "binary":
        data = bytes(frame.data)
        return unpack_value(data) if frame.mime_type == VALUE_TYPE else data
    if kind == "event":
        return {"event": frame.name, "value": frame.data}
    if kind == "tensor":
        return tensor_of(frame, loan)
    if kind == "video":
        return picture_of(frame, loan)
    frame.data = bytes(frame.data)
    return frame


def frame_of(value: Any) -> Optional[Frame]:
    """
    The frame of what a node gave, None for None. Raises `WorkerError` that names what cannot be sent and the path to it.
    """
    if type(value) is tuple and is_sound(value):
        return sound_frame(value)
    if value is None or isinstance(value, Frame):
        return value
    if isinstance(value, str):
        return Frame("text", value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = memoryview(value)
        check_size(data.nbytes)
        return Frame("binary", data if data.c_contiguous else data.tobytes())
    if isinstance(value, (list, tuple)) and is_sound(value):
        return sound_frame(value)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], tuple) and isinstance(value[1], dict) and is_sound(value[0]):
        frame = sound_frame(value[0])
        frame.metadata = {**metadata_of(value[1], "value[1]"), PYTHON_TYPE: NESTED}
        return frame
    np = sys.modules.get("numpy")
    if np is not None and isinstance(value, np.ndarray):
        return tensor_frame(value)
    is_dataclass = dataclasses.is_dataclass(value) and not isinstance(value, type)
    try:
        frame = Frame("json", as_json(fields_of(value) if is_dataclass else value))
    except (NotJson, RecursionError):
        frame = Frame("binary", pack_value(value), mime_type=VALUE_TYPE)
        sound = value.get("audio") if isinstance(value, dict) else None
        if isinstance(sound, tuple) and is_sound(sound) and sound[0].ndim > 0 and sound[1] > 0:
            # As readers of files give it: the next one begins where this one ends.
            frame.duration_us = round(sound[0].shape[-1] * 1e6 / sound[1])
        return frame
    if is_dataclass:
        frame.metadata = {PYTHON_TYPE: name_of(type(value))}
    return frame


def _with_type(frame: Frame) -> Any:
    name = (frame.metadata or {}).get(PYTHON_TYPE)
    return dataclass_of(name, frame.data) if isinstance(name, str) and ":" in name else frame.data
