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
        self._last: Optional[Call] = None
        self._error: Optional[BaseException] = None
        self.has_failed = False
        self.task = asyncio.get_running_loop().create_task(self._run())

    def put(self, call: Call, frame: Optional[Frame]) -> None:
        """Another frame; None is the end."""
        if self.task.done():
            return self._settle(call)
        self._inputs.put_nowait((call, frame))

    async def _inputs_of(self) -> AsyncIterator[Any]:
        while True:
            if self._taken is not None:
                self._settle(self._taken)
            self._taken, frame = await self._inputs.get()
            self._last = self._taken
            if frame is None:
                return
            yield self._runner.value_of(frame, None)

    async def _run(self) -> None:
        try:
            async for value in self._runner.node.process(self._inputs_of()):
                await self._give(value)
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            self._error = error
            self.has_failed = True
        for call in (self._taken, *(self._inputs.get_nowait()[0] for _ in range(self._inputs.qsize()))):
            if call is not None:
                self._settle(call)

    async def _give(self, value: Any) -> None:
        """Outside of a call it is said between calls, with the turn of the input pulled last."""
        call = self._taken
        if call is None and self._last is not None:
            call = Call(self._runner, 0, self._last.frame)
            self._runner.call = call
        if call is not None:
            await call.give(value)

    def _settle(self, call: Call) -> None:
        self._taken = None
        if self._error is not None:
            error, self._error = self._error, None
            self._runner.failed(call, error)
        else:
            self._runner.done(call, None)
