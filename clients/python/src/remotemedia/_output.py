"""What leaves a live session."""
from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Optional

from ._link import LEAVE, MORE
from ._worker import wire
from ._worker.frames import ANSWER, Frame
from ._worker.values import value_of

if TYPE_CHECKING:
    from .session import Session

_WAS_PLAYED = 8


class Output:
    """Values of one output, as an async iterator: `async for value in session.output("tts")`."""

    def __init__(self, session: "Session", number: int, opened: "asyncio.Future[Any]", frames: bool, plays: bool):
        self._session = session
        self._number = number
        self._opened = opened
        self._frames = frames
        self._plays = plays
        self._has_given = False
        self._is_over = False
        self._coming: "Optional[asyncio.Future[Optional[Frame]]]" = None

    def __aiter__(self) -> "Output":
        return self

    async def __anext__(self) -> Any:
        await asyncio.shield(self._opened)
        while not self._is_over:
            if self._coming is None:
                self._coming = asyncio.get_running_loop().create_future()
                flags = _WAS_PLAYED if self._plays and self._has_given else 0
                self._session._link.send(wire.pack_message(MORE, self._number, 0, flags))
            # One at a time, so that nothing waits here that goes stale meanwhile. Who gives up waiting finds it the next time.
            frame = await asyncio.shield(self._coming)
            self._coming = None
            if frame is None:
                self._is_over = True
            elif not (frame.flags & ANSWER and frame.turn < self._session.turn):
                self._has_given = True
                return frame if self._frames else value_of(frame)
        await self._session._hang_up_when_read()
        if self._session._failure is not None:
            raise self._session._told()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Reads no further."""
        self._leave()
        await self._session._hang_up_when_read()

    def _take(self, frame: Optional[Frame]) -> None:
        if self._coming is not None and not self._coming.done():
            self._coming.set_result(frame)
        elif frame is None:
            self._is_over = True

    def _leave(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._session._link.send(wire.pack_message(LEAVE, self._number, 0))

    def __del__(self) -> None:
        # A loop that was left by `break` has forgotten its iterator: what it does not read must not hold the pipeline back.
        try:
            self._leave()
        except RuntimeError:
            pass  # the loop has ended, and the session with it
