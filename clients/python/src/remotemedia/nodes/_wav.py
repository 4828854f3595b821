"""WAV files: integers of 8 to 32 bit, floats of 32 or 64 bit."""
from __future__ import annotations

import struct
from typing import IO, Any, Iterator, NamedTuple, Optional, Tuple

from ._sound import floats

#: By format tag and bits of a sample.
_TYPES = {(1, 8): "u1", (1, 16): "<i2", (1, 24): "u1", (1, 32): "<i4", (3, 32): "<f4", (3, 64): "<f8"}
_EXTENSIBLE = 0xFFFE
_SIZES_ELSEWHERE = 0xFFFFFFFF


class WavLayout(NamedTuple):
    """What the header says, and where the samples `start`. `data_bytes` is None where it does not know: up to the end."""

    rate: int
    channels: int
    bits: int
    dtype: str
    start: int
    data_bytes: Optional[int]


def layout_of(file: IO[bytes]) -> Optional[WavLayout]:
    """
    The layout of an open file; None where it is no WAV file, or has samples that `samples_of` cannot read. Raises `ValueError` for one without
    samples.
    """
    start = file.read(12)
    if start[:4] not in (b"RIFF", b"RF64", b"BW64") or start[8:] != b"WAVE":
        return None
    form: Tuple[int, int, int, int] = (0, 0, 0, 0)
    while True:
        head = file.read(8)
        if len(head) < 8:
            raise ValueError("the WAV file ends before its samples")
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            # Who could not seek back has left the length open.
            is_open = size in (0, _SIZES_ELSEWHERE)
            tag, channels, rate, bits = form
            dtype = _TYPES.get((tag, bits))
            return WavLayout(rate, channels, bits, dtype, file.tell(), None if is_open else size) if dtype and channels and rate else None
        chunk = file.read(size + size % 2)
        if name == b"fmt " and size >= 16:
            tag, channels, rate, _bytes, _block, bits = struct.unpack_from("<HHIIHH", chunk)
            if tag == _EXTENSIBLE and size >= 26:
                (tag,) = struct.unpack_from("<H", chunk, 24)
            form = tag, channels, rate, bits


def samples_of(file: IO[bytes], layout: WavLayout, seconds: float) -> Iterator[Any]:
    """The samples in pieces of so many seconds, channels × samples of float32."""
    import numpy as np

    file.seek(layout.start)
    frame_bytes = layout.channels * layout.bits // 8
    left = layout.data_bytes
    while left is None or left >= frame_bytes:
        wanted = max(1, round(layout.rate * seconds)) * frame_bytes
        data = file.read(wanted if left is None else min(wanted, left))
        data = data[: len(data) // frame_bytes * frame_bytes]
        if not data:
            return
        left = None if left is None else left - len(data)
        values = np.frombuffer(data, layout.dtype)
        if layout.bits == 24:
            words = np.zeros((values.size // 3, 4), "u1")
            words[:, 1:] = values.reshape(-1, 3)
            values = words.view("<i4").reshape(-1)
        yield np.array(floats(values).reshape(-1, layout.channels).T, order="C")
