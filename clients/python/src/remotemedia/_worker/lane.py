"""Plain sound through a plain function, in one piece: what most frames of a session are, and half the time of the way that fits every frame."""
from __future__ import annotations

import sys
import time
from typing import Any, Callable, Mapping

from . import wire
from .arrays import float32, plain_sound
from .call import Call
from .frames import DESCRIPTOR, DESCRIPTOR_BYTES, DISCONTINUITY, END, GAP, PLANAR, SOUND, unpack_frame
from .node_runner import NodeRunner

_PASSED_ON = DISCONTINUITY | GAP | END


class Lane:
    """Takes frames of float32 without metadata that lie in shared memory, as long as the node answers at once; leaves everything else to its runner."""

    def __init__(self, runner: NodeRunner, slots: Mapping[str, wire.Slot], node: int, send: Callable[[bytes], None]):
        self._runner = runner
        self._process: Callable[[Any], Any] = runner._process
        self._slots = slots
        self._node = node
        self._send = send

    def takes(self, number: int) -> bool:
        """Answers a call, if the frame is one for it; whether it was."""
        runner, given, out = self._runner, self._slots["in"].view, self._slots.get("out")
        loan = runner.loan
        (kind, _, flags, at_us, _, turn, _, stream, layout, data_at, size, rate, channels, frames, _, _, metadata, _, extra) = DESCRIPTOR.unpack_from(given)
        is_plain = kind == SOUND and layout == PLANAR and not metadata and not extra
        if not is_plain or out is None or loan is None or runner.pace.is_slow or "numpy" not in sys.modules:
            return False
        runner.borrower = number
        array = loan.array = float32(given, size >> 2, data_at)
        begun = time.monotonic()
        try:
            # Nobody here may hold what is lent when the call is over.
            result: Any = self._process((array.reshape(channels, frames), rate))
            del array
        except BaseException as error:  # also SystemExit: user code does not end the worker
            del array
            runner.failed(Call(runner, number, unpack_frame(given)), error)
            return True
        runner.pace.took(time.monotonic() - begun)
        data = plain_sound(result)
        if data is None or data.nbytes + DESCRIPTOR_BYTES > out.size:
            del data
            runner.go_on(Call(runner, number, unpack_frame(given)), result)
            return True
        (channels, frames), rate = result[0].shape, result[1]
        del result
        duration_us = round(frames * 1e6 / rate)
        runner.end_us = at_us + duration_us
        DESCRIPTOR.pack_into(
            out.view, 0, SOUND, 0, flags & _PASSED_ON, at_us, duration_us, turn, 0, stream, PLANAR,
            DESCRIPTOR_BYTES, data.nbytes, rate, channels, frames, 0, DESCRIPTOR_BYTES, 0, DESCRIPTOR_BYTES, 0,
        )  # fmt: skip
        out.view[DESCRIPTOR_BYTES : DESCRIPTOR_BYTES + data.nbytes] = data
        del data
        kept = wire.KEPT if runner.has_kept(number) else 0
        self._send(wire.pack_message(wire.DONE, self._node, number, wire.HAS_FRAME | wire.IN_MEMORY | kept))
        return True
