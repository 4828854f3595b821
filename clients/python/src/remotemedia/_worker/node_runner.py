"""Runs one node of the host: every form that a Python node may have becomes a row of frames that are given one at a time."""
from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import sys
import time
from typing import Any, AsyncIterator, Callable, Dict, Optional

from .arrays import Loan
from .call import Call, Ending
from .forms import PLAIN, SLOW_SECONDS, begin_source, in_thread, is_iterator, is_stream, parameters_of, process_of
from .frames import Block, Frame
from .stream import Stream
from .values import frame_of, value_of

# Who is in a thread comes back when its calls take less.
_QUICK_SECONDS = 0.003


class _Pace:
    """Whether plain functions are slow, by a running mean of what they took."""

    __slots__ = ("is_slow", "_mean")

    def __init__(self, is_slow: bool) -> None:
        self.is_slow = is_slow
        self._mean = 0.0

    def took(self, seconds: float) -> None:
        self._mean += (seconds - self._mean) / 4
        self.is_slow = self._mean > (_QUICK_SECONDS if self.is_slow else SLOW_SECONDS)


class NodeRunner:
    """
    One node. Its calls come one after another; answers go to `send(call, block or None, is_done)` and `fail(call, error)`.

    Arrays that it gets are views of the memory that it shares with the host, which is the host's again when the call is over. A node that still
    holds one then (`has_kept`) gets copies from then on.
    """

    def __init__(
        self,
        node: Any,
        send: Callable[[int, Optional[Block], bool], None],
        fail: Callable[[int, BaseException], None],
        value_of: Callable[[Frame, Optional[Loan]], Any] = value_of,
        frame_of: Callable[[Any], Optional[Frame]] = frame_of,
        answers: bool = False,
    ):
        self.node = node
        self.value_of = value_of
        self.frame_of = frame_of
        self.send = send
        self.fail = fail
        #: Whether it speaks to the user: text that it yields is pieces of an answer, and every answer ends with `END`.
        self.answers = answers or getattr(node, "answers", False) is True
        self.sound_ending: Optional[Ending] = None
        self.end_us: Optional[int] = None
        process = process_of(node)
        self.is_streaming = is_stream(node, process)
        self.is_source = bool(getattr(node, "is_source", False))
        self.call: Optional[Call] = None
        #: Brings what a stream says between calls.
        self.voice: Optional[Call] = None
        self._process = process
        self._is_coroutine = inspect.iscoroutinefunction(process)
        self._takes_frame = "frame" in list(parameters_of(process))[1:]  # many call the value itself so
        #: What most nodes are, which a `Lane` may call: a function of one value that answers nobody.
        self.is_plain = not (self.is_streaming or self._is_coroutine or self._takes_frame or self.answers)
        # A stream holds one frame while it asks for the next.
        self.loan = None if self.is_streaming or self._takes_frame else Loan()
        self.borrower = 0
        self._thread: Optional[concurrent.futures.ThreadPoolExecutor] = None
        # What answers waits for a model or a server more often than not: it keeps the loop from nobody, until it turns out to be quick.
        self.pace = _Pace(is_slow=self.answers)
        self._stream: Optional[Stream] = None

    def process(self, number: int, frame: Frame, is_in_memory: bool = False) -> None:
        """One frame, and whether it lies in the memory that is shared with the host."""
        call = self.call = Call(self, number, frame)
        if self.is_streaming:
            if self._stream is None or self._stream.has_failed:
                self._stream = Stream(self)
            return self._stream.put(call, frame)
        # A thread may hold what it was given for a moment after its answer.
        loan = self.loan if is_in_memory and not self.pace.is_slow else None
        self.borrower = number
        # Nobody up the stack may hold the value: what is lent must be free when the call is over.
        if self._takes_frame:
            self._enter(call, lambda: self._process(self.value_of(frame, None), frame=frame), is_work=True)
        else:
            self._enter(call, lambda: self._process(self.value_of(frame, loan)), is_work=True)

    def has_kept(self, number: int) -> bool:
        """Whether the node still holds what was lent for this call, which is over. Then nothing is lent to it any more."""
        loan = self.loan
        if loan is None or number != self.borrower or not loan.is_held():
            return False
        self.loan = None
        return True

    def flush(self, number: int) -> None:
        """Upstream has ended."""
        call = self._begin(number)
        if self.is_streaming:
            self._stream = self._stream or Stream(self)
            return self._stream.put(call, None)
        flush = getattr(self.node, "flush", None)
        if not callable(flush):
            return self.done(call, None)
        self._enter(call, flush)

    def produce(self, number: int) -> None:
        """A source: everything that it has."""
        self._enter(self._begin(number), lambda: begin_source(self._process), is_work=True)

    def call_of(self, number: int) -> Optional[Call]:
        """The call of that number, unless it has been answered."""
        call = self.call if number > 0 else self.voice
        return call if call is not None and call.number == number else None

    def _begin(self, number: int) -> Call:
        self.call = Call(self, number, None)
        return self.call

    def hook(self, number: int, name: str, *arguments: Any) -> None:
        """`initialize`, `cleanup`, `configure`: sync or not, there or not."""
        function = getattr(self.node, name, None)
        running = self.call.task if self.call is not None else None
        call = self._begin(number)

        def run() -> Any:
            return _nothing(function(*arguments)) if callable(function) else None

        if running is not None and not running.done():
            self._start(call, _after(running, run))  # what was cancelled comes to its own end first
        else:
            self._enter(call, run)

    def interrupt(self, turn: int, heard: Optional[Dict[str, Any]]) -> None:
        """The turn has risen: a class that has `interrupt` is told."""
        function = getattr(self.node, "interrupt", None)
        if not callable(function):
            return
        try:
            result = function(turn, heard)
            if inspect.isawaitable(result):
                asyncio.ensure_future(result)
        except Exception as error:
            self.fail(0, error)

    def close(self) -> None:
        """Forgets what runs."""
        if self.call is not None:
            self.call.cancel()
        if self._stream is not None:
            self._stream.close()
        if self._thread is not None:
            self._thread.shutdown(wait=False)

    # calls

    def _enter(self, call: Call, function: Callable[[], Any], is_work: bool = False) -> None:
        """Runs what answers at once without a task: most calls do, and a task costs more than all the rest."""
        try:
            if self.pace.is_slow and not self._is_coroutine:
                return self._start(call, self._in_thread(self._timed(function)))
            begun = time.monotonic()
            result = function()
            if is_work:
                self.pace.took(time.monotonic() - begun)
        except BaseException as error:  # also SystemExit: user code does not end the worker
            return self.failed(call, error)
        self.go_on(call, result)

    def go_on(self, call: Call, result: Any) -> None:
        """Answers with what a function gave: a value, or what will give some."""
        try:
            if type(result) not in PLAIN and (inspect.isawaitable(result) or is_iterator(result)):
                self.call = call
                return self._start(call, result)
            result = self._last_block(call, result)
        except BaseException as error:
            return self.failed(call, error)
        self._over(call, result)

    def _timed(self, function: Callable[[], Any]) -> Callable[[], Any]:
        def timed() -> Any:
            begun = time.monotonic()
            try:
                return function()
            finally:
                self.pace.took(time.monotonic() - begun)

        return timed

    def _start(self, call: Call, result: Any) -> None:
        call.task = asyncio.get_running_loop().create_task(self._run(call, result))
        if inspect.iscoroutine(result):
            call.task.add_done_callback(lambda _: result.close())  # Python complains of one that a loop's end kept from its first step

    async def _run(self, call: Call, result: Any) -> None:
        failure: Optional[BaseException] = None
        try:
            result = await self._result(call, result)
            result = self._last_block(call, result)
        except asyncio.CancelledError as error:
            failure = None if call.is_cancelled else error
            result = None
        except BaseException as error:
            failure = error
        # Behind the handlers: a traceback holds the variables of the node, and with them what was lent.
        if failure is not None:
            self.failed(call, failure)
        else:
            self._over(call, result)

    async def _result(self, call: Call, result: Any) -> Any:
        while inspect.isawaitable(result):  # a thread gives what a function gave, which may be awaited too
            result = await result
        if hasattr(result, "__anext__"):
            await self._drain(call, result)
        elif is_iterator(result):
            await self._drain(call, self._unwound(result))
        else:
            return result
        return call.end_block()

    async def _drain(self, call: Call, items: Any) -> None:
        try:
            async for item in items:
                await call.give(item)
                if call.is_cancelled:
                    break
        finally:
            call.is_ending = True
            if hasattr(items, "aclose"):
                await items.aclose()

    async def _unwound(self, items: Any) -> AsyncIterator[Any]:
        """A plain generator, one step at a time."""
        end = object()
        step = self._timed(lambda: next(items, end))
        try:
            while True:
                item = await self._in_thread(step) if self.pace.is_slow else step()
                if item is end:
                    return
                yield item
        finally:
            if hasattr(items, "close"):
                items.close()

    async def _in_thread(self, function: Callable[[], Any]) -> Any:
        self._thread = self._thread or concurrent.futures.ThreadPoolExecutor(1, "remotemedia-node")
        return await in_thread(self._thread, function)

    # answers

    def _last_block(self, call: Call, result: Any) -> Optional[Block]:
        if call.is_cancelled:
            return None
        if result is None:
            return call.end_block() if self.answers else None
        return result if type(result) is Block else call.block_of(result, True)

    def done(self, call: Call, result: Any) -> None:
        """The call is over, and this is the last that it gave."""
        self._over(call, self._last_block(call, result))

    def _over(self, call: Call, block: Optional[Block]) -> None:
        if self.call is call:
            self.call = None
        self.send(call.number, block, True)

    def failed(self, call: Call, error: BaseException) -> None:
        """The call is over, and gave nothing."""
        if self.call is call:
            self.call = None
        self.fail(call.number, error)


async def _after(task: "asyncio.Task[None]", function: Callable[[], Any]) -> None:
    await asyncio.wait([task])
    result = function()
    if inspect.isawaitable(result):
        await result


def _nothing(result: Any) -> Any:
    """What a hook gives back is not an output."""

    async def waited() -> None:
        await result

    return waited() if inspect.isawaitable(result) else None


if sys.version_info < (3, 9):  # pragma: no cover
    raise ImportError("remotemedia needs Python 3.9 or newer")
