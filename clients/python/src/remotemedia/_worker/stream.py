"""A node over the whole stream: one async generator, which asks for the next frame when it wants one."""
from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, AsyncIterator, Optional, Tuple

from .call import Call
from .frames import Frame

if TYPE_CHECKING:
    from .node_runner import NodeRunner


class Stream:
    """Runs the generator; a call is over when the next frame is asked for."""

    def __init__(self, runner: "NodeRunner"):
        self._runner = runner
        self._inputs: "asyncio.Queue[Tuple[Call, Optional[Frame]]]" = asyncio.Queue(1)
        self._taken: Optional[Call] = None
        #: Whose turn it is that something belongs to which is said between calls.
        self._last: Optional[Call] = None
        self._error: Optional[BaseException] = None
        self._is_closed = False
        #: Whether its failure has been told, so that it can be begun anew.
        self.has_failed = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    def put(self, call: Call, frame: Optional[Frame]) -> None:
        """Another frame; None is the end."""
        if self._task.done():
            return self._settle(call)
        self._last = self._last or call
        self._inputs.put_nowait((call, frame))

    def close(self) -> None:
        """Nobody listens any more."""
        self._is_closed = True
        self._task.cancel()

    async def _inputs_of(self) -> AsyncIterator[Any]:
        while True:
            taken, self._taken = self._taken, None
            if taken is not None:
                try:
                    await taken.has_room()  # else what is said next would overtake the item that is on its way
                finally:
                    self._settle(taken)
            self._taken, frame = await self._inputs.get()
            self._last = self._taken
            if frame is None:
                return
            yield self._runner.value_of(frame, None)

    async def _run(self) -> None:
        try:
            async for value in self._runner.node.process(self._inputs_of()):
                await self._give(value)
        except BaseException as error:  # also the cancellation of something that the node waits for
            self._error = None if self._is_closed else error
        calls = [self._taken, *(self._inputs.get_nowait()[0] for _ in range(self._inputs.qsize()))]
        self._taken = None
        for call in calls:
            if call is not None:
                self._settle(call)

    async def _give(self, value: Any) -> None:
        """Outside of a call it is said between calls, with the turn of the input pulled last."""
        call = self._taken
        if call is None and self._last is not None:
            call = self._runner.voice = Call(self._runner, 0, self._last.frame)
        if call is not None:
            await call.give(value)

    def _settle(self, call: Call) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            self.has_failed = True
            self._runner.failed(call, error)
        else:
            self._runner.done(call, None)
