"""One call of the host: what it brought, and how what comes out follows on it."""
from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from .arrays import plain_sound
from .frames import DISCONTINUITY, END, GAP, Block, Frame, pack_frame, pack_sound
from .plain import PYTHON_TYPE

if TYPE_CHECKING:
    from .node_runner import NodeRunner

#: What is needed to say after a frame that it was the last: kind (or "words" of an answer, or "" where nothing is to be said), format, rate, channels.
Ending = Tuple[str, str, int, int]
_NOTHING: Ending = ("", "", 0, 0)


class Call:
    """Makes frames of what a node gives, with what the input says of them: time, stream, turn, flags, metadata."""

    # Defaults of the class: one is made for every frame, and most never change them. No value is kept: it may lie in memory that is lent.
    task: "Optional[asyncio.Task[None]]" = None
    is_cancelled = False
    #: It gives nothing more and comes to its end, which nobody cuts short.
    is_ending = False
    _room: "Optional[asyncio.Future[None]]" = None
    _is_first = True
    _ending: Optional[Ending] = None

    def __init__(self, runner: "NodeRunner", number: int, frame: Optional[Frame]):
        self.runner = runner
        self.number = number
        self.frame = frame
        self._next_us = frame.timestamp_us if frame is not None else runner.end_us

    def block_of(self, value: Any, is_last: bool) -> Optional[Block]:
        """What the node gave as bytes; None for None."""
        source = self.frame
        data = plain_sound(value)
        if data is None or source is None or source.metadata is not None or self._next_us is None:
            frame = self._frame_of(value, is_last)
            return None if frame is None else pack_frame(frame)
        rate = value[1]
        channels, frames = value[0].shape
        duration_us = round(frames * 1e6 / rate)
        flags = source.flags & ((DISCONTINUITY | GAP if self._is_first else 0) | (END if is_last else 0))
        block = pack_sound(data, channels, frames, rate, source, self._next_us, duration_us, flags)
        self._is_first = False
        if not is_last or self.runner.answers:
            self._remember(("audio", "f32-planar", rate, channels), is_last)
        self._next_us = self.runner.end_us = self._next_us + duration_us
        return block

    def _frame_of(self, value: Any, is_last: bool) -> Optional[Frame]:
        frame = self.runner.frame_of(value)
        if frame is None:
            return None
        source = self.frame
        if frame.timestamp_us is None:
            frame.timestamp_us = self._next_us
        is_piece = self.runner.answers and isinstance(value, str)
        if is_piece:
            # An answer comes in pieces, of which only what follows tells which was the last.
            frame.final = is_last
            frame.flags |= END if is_last else 0
        if source is not None:
            frame.turn, frame.stream, frame.epoch_us = source.turn, frame.stream or source.stream, frame.epoch_us or source.epoch_us
            if self._is_first:
                frame.flags |= source.flags & (DISCONTINUITY | GAP)
            if is_last:
                frame.flags |= source.flags & END
            self._keep_metadata(frame, source.metadata)
        self._is_first = False
        kind = "words" if is_piece else frame.kind
        self._remember(_NOTHING if frame.flags & END else (kind, frame.format, frame.sample_rate, frame.channels), is_last)
        if frame.timestamp_us is not None:
            self._next_us = self.runner.end_us = frame.timestamp_us + frame.duration_us
        return frame

    def _keep_metadata(self, frame: Frame, given: Optional[Dict[str, Any]]) -> None:
        """The executor hands metadata on where a frame has none; which Python value the input was is not said of the output."""
        if given is None or PYTHON_TYPE not in given:
            return
        if frame.metadata is None or PYTHON_TYPE in frame.metadata:
            frame.metadata = {**given, PYTHON_TYPE: "", **(frame.metadata or {})}

    def _remember(self, ending: Ending, is_last: bool) -> None:
        self._ending = None if is_last else ending
        if self.runner.answers and ending[0] == "audio":
            self.runner.sound_ending = ending

    def end_block(self) -> Optional[Block]:
        """What says `end` after items of which nobody knew that they were the last."""
        source = self.frame
        kind, sample_format, rate, channels = self._ending or self.runner.sound_ending or _NOTHING
        if kind == "words":
            return self.block_of(Frame("text", "", flags=END), True)
        if source is None or not source.flags & END or kind not in ("audio", "text"):
            return None
        if kind == "text":
            return self.block_of(Frame("text", ""), True)
        return self.block_of(Frame("audio", b"", format=sample_format, sample_rate=rate, channels=channels), True)

    async def give(self, value: Any) -> None:
        """Hands an item to the host and waits until there is room for another."""
        block = self.block_of(value, False)
        if block is None or self.is_cancelled:
            return
        self._room = asyncio.get_running_loop().create_future()
        self.runner.send(self.number, block, False)
        await self._room

    async def has_room(self) -> None:
        """Waits until the host has taken the item that is on its way; who gives up waiting for it changes nothing."""
        if self._room is not None and not self._room.done():
            await asyncio.wait([self._room])

    def go_on(self) -> None:
        """The host has room."""
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def cancel(self) -> None:
        """Nobody wants what it would give."""
        self.is_cancelled = True
        if self.task is not None:
            # A task that is cancelled before its first step takes none, and the call would never be answered.
            self.task.get_loop().call_soon(self._cancel_task, self.task)
        self.go_on()

    def _cancel_task(self, task: "asyncio.Task[None]") -> None:
        if not self.is_ending:
            task.cancel()
