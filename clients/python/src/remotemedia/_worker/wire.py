"""Messages between host and worker: a header of 16 bytes and a payload. The other end is `packages/python/src/wire.ts`."""
from __future__ import annotations

import json
import mmap
import os
import struct
from typing import Any, Dict, Iterator, Optional, Tuple

PROTOCOL = 2

HELLO, CREATE, START, PROCESS, FLUSH, PRODUCE, NEXT, CANCEL, INTERRUPT, CONFIGURE, STOP, MEMORY, CLOSE = range(1, 14)
READY, ITEM, DONE, FAILED, LOG, BEAT = range(33, 39)

#: Bits of a header's flags.
HAS_FRAME, IN_MEMORY, UNTIMED, KEPT = 1, 2, 4, 8

_HEADER = struct.Struct("<IBBHII")
HEADER_BYTES = _HEADER.size
Message = Tuple[int, int, int, int, memoryview]
_NO_PAYLOAD = memoryview(b"")


def pack_message(op: int, node: int, call: int, flags: int = 0, payload: bytes = b"", more: int = 0) -> bytes:
    """A message as bytes; `more` bytes of its payload are sent behind it."""
    return _HEADER.pack(len(payload) + more, op, flags, 0, node, call) + payload


def pack_json(op: int, node: int, call: int, value: Dict[str, Any], flags: int = 0) -> bytes:
    """A message whose payload is a JSON object."""
    return pack_message(op, node, call, flags, json.dumps(value, default=str).encode("utf-8", "replace"))


class MessageReader:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._held = bytearray()

    def one(self, data: bytes) -> Optional[Message]:
        """`data` where it is one message without a payload, as most are: what `feed` does takes longer than handling it."""
        if len(data) != HEADER_BYTES or self._held:
            return None
        length, op, flags, _, node, call = _HEADER.unpack(data)
        return None if length > 0 else (op, flags, node, call, _NO_PAYLOAD)

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole with `data`: op, flags, node, call, payload."""
        held = self._held
        if held:
            held += data
            if len(held) < HEADER_BYTES + int.from_bytes(held[:4], "little"):
                return
            data = bytes(held)
            held.clear()
        view, at = memoryview(data), 0
        while len(data) - at >= HEADER_BYTES:
            length, op, flags, _, node, call = _HEADER.unpack_from(data, at)
            end = at + HEADER_BYTES + length
            if end > len(data):
                break
            yield op, flags, node, call, view[at + HEADER_BYTES : end]
            at = end
        held += view[at:]


def json_of(payload: memoryview) -> Dict[str, Any]:
    """The JSON object of a payload; an empty one for none."""
    value: Dict[str, Any] = json.loads(bytes(payload)) if len(payload) > 0 else {}
    return value


class Slot:
    """Shared memory for the frames of one node in one direction."""

    def __init__(self, path: str, size: int):
        handle = os.open(path, os.O_RDWR)
        try:
            self._map: Optional[mmap.mmap] = mmap.mmap(handle, size)
        finally:
            os.close(handle)
        self.view = memoryview(self._map)
        self.size = size

    def close(self) -> None:
        """Lets the memory go, unless somebody still looks at it; then the collector does."""
        try:
            self.view.release()
            if self._map is not None:
                self._map.close()
        except BufferError:
            pass
        self._map = None
