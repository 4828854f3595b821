"""What a descriptor has no place for, in the encoding of protobuf: codecs, names, shapes, planes."""
from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Tuple

if TYPE_CHECKING:
    from .frames import Frame

ENCODED = ("encoded-audio", "encoded-video")
# Fields of `Frame` in remotemedia.proto, by number.
_TEXTS = {18: "codec", 20: "mime_type", 21: "name", 23: "dtype"}
_EPOCH, _TYPE, _FINAL, _SHAPE, _LAYOUT = 16, 19, 22, 24, 25
_TEXTS_OF_KIND: Dict[str, List[Tuple[int, str]]] = {
    "encoded-audio": [(18, "codec")],
    "encoded-video": [(18, "codec")],
    "binary": [(20, "mime_type")],
    "event": [(21, "name")],
    "tensor": [(23, "dtype")],
}


def extra_of(frame: "Frame") -> bytes:
    """The fields that this frame has; none for plain sound."""
    if frame.kind == "audio" and not frame.epoch_us:
        return b""
    parts: List[bytes] = []
    if frame.epoch_us:
        parts.append(_varint(_EPOCH << 3) + _varint(_zigzag(frame.epoch_us)))
    for number, name in _TEXTS_OF_KIND.get(frame.kind, ()):
        text = getattr(frame, name).encode()
        if text:
            parts.append(_varint(number << 3 | 2) + _varint(len(text)) + text)
    if frame.kind in ENCODED and frame.type == "delta":
        parts.append(_varint(_TYPE << 3) + b"\x01")
    if frame.kind == "text" and frame.final:
        parts.append(_varint(_FINAL << 3) + b"\x01")
    if frame.kind == "tensor" and frame.shape:
        sizes = b"".join(map(_varint, frame.shape))
        parts.append(_varint(_SHAPE << 3 | 2) + _varint(len(sizes)) + sizes)
    for offset, stride in frame.layout:
        plane = b"\x08" + _varint(offset) + b"\x10" + _varint(stride)
        parts.append(_varint(_LAYOUT << 3 | 2) + _varint(len(plane)) + plane)
    return b"".join(parts)


def read_extra(data: bytes, frame: "Frame") -> None:
    """Sets the fields on a frame."""
    at = 0
    layout: List[Tuple[int, int]] = []
    while at < len(data):
        tag, at = _read_varint(data, at)
        number = tag >> 3
        if tag & 7 == 0:
            value, at = _read_varint(data, at)
            if number == _EPOCH:
                frame.epoch_us = (value >> 1) ^ -(value & 1)
            elif number == _TYPE:
                frame.type = "delta" if value == 1 else "key"
            elif number == _FINAL:
                frame.final = bool(value)
            elif number == _SHAPE:
                frame.shape = (*frame.shape, value)
            continue
        size, at = _read_varint(data, at)
        part = data[at : at + size]
        at += size
        if number in _TEXTS:
            setattr(frame, _TEXTS[number], part.decode())
        elif number == _SHAPE:
            frame.shape = tuple(_varints(part))
        elif number == _LAYOUT:
            fields = dict(zip(*[iter(_varints(part))] * 2))
            layout.append((fields.get(8, 0), fields.get(16, 0)))
    if layout:
        frame.layout = layout


def _zigzag(value: int) -> int:
    return (value << 1) ^ (value >> 63)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _varints(data: bytes) -> List[int]:
    values, at = [], 0
    while at < len(data):
        value, at = _read_varint(data, at)
        values.append(value)
    return values
