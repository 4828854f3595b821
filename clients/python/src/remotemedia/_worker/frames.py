"""Frames as bytes: the runtime's 80-byte descriptor, and what it points to. The layout is that of `packages/protocol/src/descriptor.ts`."""
from __future__ import annotations

import json
import struct
from typing import Any, Dict, Optional, Sequence, Tuple

from .errors import WorkerError
from .extra import ENCODED, extra_of, read_extra

KINDS = ("", "audio", "video", "encoded-audio", "encoded-video", "text", "json", "tensor", "binary", "event")
SAMPLE_FORMATS = ("", "f32-planar", "f32", "s16", "s16-planar", "s32")
PIXEL_FORMATS = ("I420", "NV12", "RGBA", "BGRA")
_PORTS = ("out", "events")
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_FIRST_PIXEL_FORMAT = 16
_KEY = 16

_ADVICE = (
    f"kind is one of {', '.join(KINDS[1:])}; format of audio one of {', '.join(SAMPLE_FORMATS[1:])}, of video {', '.join(PIXEL_FORMATS)}; "
    "data are bytes, of text a str, of json and event plain values; port is out or events."
)

#: Bits of `Frame.flags`.
DISCONTINUITY, GAP, ANSWER, END = 1, 2, 4, 8

#: The fields of `packages/protocol/src/descriptor.ts`, in its order.
DESCRIPTOR = struct.Struct("<HHIqq14I")
DESCRIPTOR_BYTES = DESCRIPTOR.size
#: The number of the kind audio, and of its format f32-planar.
SOUND, PLANAR = 1, 1
# Offsets and lengths of a descriptor are 32 bits; more than this is a mistake long before it is a frame.
MAX_FRAME_BYTES = 1 << 30


class Frame:
    """
    One frame of the runtime. A node that returns or yields a `Frame` decides about everything itself; for plain values the worker makes one.

    `data` is bytes-like (samples, planes, bytes), `str` for text, any JSON value for json and event. `timestamp_us` None: the worker, or
    else the executor, says when it is. `port` is `"out"` or `"events"`.
    """

    kind: str
    data: Any = b""
    timestamp_us: Optional[int] = None
    duration_us: int = 0
    flags: int = 0
    turn: int = 0
    sequence: int = 0
    stream: int = 0
    epoch_us: int = 0
    metadata: Optional[Dict[str, Any]] = None
    port: str = "out"
    format: str = ""
    sample_rate: int = 0
    channels: int = 0
    frames: int = 0
    width: int = 0
    height: int = 0
    stride: int = 0
    codec: str = ""
    type: str = "key"
    mime_type: str = "application/octet-stream"
    name: str = ""
    final: bool = True
    dtype: str = ""
    shape: Sequence[int] = ()
    layout: Sequence[Tuple[int, int]] = ()

    def __init__(self, kind: str, data: Any = b"", **fields: Any):
        self.kind = kind
        self.data = data
        if fields:
            unknown = [name for name in fields if name not in Frame.__annotations__]
            if unknown:
                raise TypeError(f"a frame has no {unknown[0]!r}")
            vars(self).update(fields)

    @property
    def value(self) -> Any:
        """What a node gets for it: `(array, sample_rate)` for sound, `str` for text …"""
        from .values import value_of

        return value_of(self)

    @property
    def is_end(self) -> bool:
        """Whether it is the last of a stretch of speech, or of an answer."""
        return bool(self.flags & END)

    def __repr__(self) -> str:
        own = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if name not in ("kind", "data"))
        return f"Frame({self.kind!r}, {own})"


_NO_DATA = memoryview(b"")


class Block:
    """A frame as bytes, not yet in one piece: the head (descriptor, metadata, extra, padding) and the data behind it."""

    __slots__ = ("data", "head", "is_untimed", "size")

    def __init__(self, head: bytes, data: memoryview, is_untimed: bool = False):
        self.head = head
        self.data = data
        self.is_untimed = is_untimed
        self.size = len(head) + data.nbytes

    def write_to(self, target: memoryview) -> None:
        """Copies both to the start of `target`, and lets the data go: they may lie in memory that is lent."""
        end = len(self.head)
        target[:end] = self.head
        if self.size > end:
            target[end : self.size] = self.data
        self.data = _NO_DATA

    def to_bytes(self) -> bytes:
        """Both in one piece; the data are let go."""
        parts, self.data = (self.head, self.data), _NO_DATA
        return b"".join(parts)


def pack_frame(frame: Frame) -> Block:
    """A frame as a block of bytes; the data are not copied. Raises `WorkerError` for one that says what no frame can be."""
    try:
        return _packed(frame)
    except (AttributeError, LookupError, TypeError, ValueError, struct.error) as error:
        raise WorkerError("media-invalid", f"{frame!r} is no frame: {error}", _ADVICE) from error


def _packed(frame: Frame) -> Block:
    data = _data_of(frame)
    metadata = _json_bytes(frame.metadata) if frame.metadata else b""
    extra = extra_of(frame)
    size = DESCRIPTOR_BYTES + len(metadata) + len(extra)
    padding = -size % 8
    kind = frame.kind
    is_video = kind == "video"
    head = DESCRIPTOR.pack(
        _NUMBERS[kind],
        _PORTS.index(frame.port),
        frame.flags | _KEY if kind in ENCODED and frame.type == "key" else frame.flags,
        frame.timestamp_us or 0,
        frame.duration_us,
        frame.turn,
        frame.sequence,
        frame.stream,
        _format_number(frame),
        size + padding,
        data.nbytes,
        frame.width if is_video else frame.sample_rate,
        frame.height if is_video else frame.channels,
        frame.stride if is_video else frame.frames,
        0,
        DESCRIPTOR_BYTES,
        len(metadata),
        DESCRIPTOR_BYTES + len(metadata),
        len(extra),
    )
    parts = (head, metadata, extra, b"\0" * padding)
    return Block(b"".join(parts), data, frame.timestamp_us is None)


def unpack_frame(block: memoryview) -> Frame:
    """The frame of a block. Its samples or bytes are a view of the block: copy what must outlive it."""
    if len(block) < DESCRIPTOR_BYTES:
        raise ValueError("a frame is shorter than its descriptor")
    (kind, port, flags, timestamp, duration, turn, sequence, stream, format_number, data_at, data_bytes, first, second, third, _reserved,
     metadata_at, metadata_bytes, extra_at, extra_bytes) = DESCRIPTOR.unpack_from(block)
    if data_at + data_bytes > len(block) or metadata_at + metadata_bytes > len(block) or extra_at + extra_bytes > len(block):
        raise ValueError("a pointer of a descriptor leads outside of its block")
    frame: Frame = Frame.__new__(Frame)
    name = KINDS[kind]
    # One dict is made sooner than a dozen attributes are set.
    frame.__dict__ = {
        "kind": name,
        "data": block[data_at : data_at + data_bytes],
        "port": _PORTS[port == 1],
        "flags": flags & ~_KEY,
        "timestamp_us": timestamp,
        "duration_us": duration,
        "turn": turn,
        "sequence": sequence,
        "stream": stream,
    }
    if metadata_bytes > 0:
        frame.metadata = json.loads(bytes(block[metadata_at : metadata_at + metadata_bytes]))
    if extra_bytes > 0:
        read_extra(bytes(block[extra_at : extra_at + extra_bytes]), frame)
    if name == "audio":
        frame.format = SAMPLE_FORMATS[format_number]
        frame.sample_rate, frame.channels, frame.frames = first, second, third
    elif name == "video":
        frame.format = PIXEL_FORMATS[format_number - _FIRST_PIXEL_FORMAT]
        frame.width, frame.height, frame.stride = first, second, third
    elif name == "text":
        # A partial text has `final` left out, as protobuf leaves out what is false.
        frame.final = "final" in vars(frame)
        frame.data = str(frame.data, "utf-8")
    elif name in ("json", "event"):
        frame.data = json.loads(bytes(frame.data) or b"null")
    return frame


def pack_sound(
    data: memoryview, channels: int, frames: int, sample_rate: int, source: Frame, timestamp_us: int, duration_us: int, flags: int
) -> Block:
    """Plain float32 sound that belongs to `source`, without the steps that frames of every kind need."""
    head = DESCRIPTOR.pack(
        SOUND, 0, flags, timestamp_us, duration_us, source.turn, 0, source.stream, PLANAR,
        DESCRIPTOR_BYTES, data.nbytes, sample_rate, channels, frames, 0, DESCRIPTOR_BYTES, 0, DESCRIPTOR_BYTES, 0,
    )  # fmt: skip
    return Block(head, data)


def _data_of(frame: Frame) -> memoryview:
    if frame.kind == "audio" and type(frame.data) is memoryview:
        return frame.data
    if frame.kind == "text":
        return memoryview(frame.data.encode("utf-8", "replace"))
    if frame.kind in ("json", "event"):
        return memoryview(_json_bytes(frame.data if frame.data != b"" else None))
    data = memoryview(frame.data)
    if data.nbytes == 0:
        return memoryview(b"")
    return data if data.format == "B" and data.ndim == 1 else data.cast("B")


def _json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def _format_number(frame: Frame) -> int:
    if frame.kind == "audio":
        return SAMPLE_FORMATS.index(frame.format)
    return _FIRST_PIXEL_FORMAT + PIXEL_FORMATS.index(frame.format) if frame.kind == "video" else 0
