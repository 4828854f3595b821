"""Runs one node of the host: every form that a Python node may have becomes a row of frames that are given one at a time."""
from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import inspect
import sys
import time
from typing import Any, AsyncIterator, Callable, Dict, Mapping, Optional, Tuple

from .errors import WorkerError
from .frames import DISCONTINUITY, END, GAP, Block, Frame, pack_frame, pack_sound
from .values import PYTHON_TYPE, frame_of, plain_sound, value_of

# A node whose plain function holds the loop for longer than this, on average, runs in a thread of its own until it is quick again: a thread costs
# every call 50 µs, and without it nothing else of the worker would run.
_SLOW_SECONDS, _QUICK_SECONDS = 0.010, 0.003

_PLAIN = (tuple, str, type(None), dict, list, int, float, bytes)

#: The call that the code of a node runs in; `remotemedia` gives it to authors.
current_call: "contextvars.ContextVar[Optional[Call]]" = contextvars.ContextVar("remotemedia_call", default=None)


class _Pace:
    """Whether plain functions are slow, by a running mean of what they took."""

    __slots__ = ("is_slow", "_mean")

    def __init__(self) -> None:
        self.is_slow = False
        self._mean = 0.0

    def took(self, seconds: float) -> None:
        self._mean += (seconds - self._mean) / 4
        self.is_slow = self._mean > (_QUICK_SECONDS if self.is_slow else _SLOW_SECONDS)


class Call:
    """One call of the host: what it brought, and how what comes out follows on it."""

    # Defaults of the class: one is made for every frame, and most never change them.
    task: "Optional[asyncio.Task[None]]" = None
    is_cancelled = False
    _next: "Optional[asyncio.Future[None]]" = None
    _is_first = True
    _last: Any = None

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
            frame = self.frame_of(value, is_last)
            return None if frame is None else pack_frame(frame)
        channels, frames = value[0].shape
        flags = source.flags & ((DISCONTINUITY | GAP if self._is_first else 0) | (END if is_last else 0))
        block = pack_sound(data, channels, frames, value[1], source, self._next_us, flags)
        self._is_first = False
        self._last = None if is_last else value
        if self.runner.answers:
            self.runner.sound = {"format": "f32-planar", "sample_rate": value[1], "channels": channels}
        self._next_us = self.runner.end_us = self._next_us + round(frames * 1e6 / value[1])
        return block

    def frame_of(self, value: Any, is_last: bool) -> Optional[Frame]:
        """What the node gave as a frame, with what the input says of it: time, stream, turn, flags, metadata."""
        frame = self.runner.frame_of(value)
        if frame is None:
            return None
        source = self.frame
        if frame.timestamp_us is None:
            frame.timestamp_us = self._next_us
        if self.runner.answers:
            self._mark_answer(frame, value, is_last)
        if source is not None:
            frame.turn, frame.stream, frame.epoch_us = source.turn, frame.stream or source.stream, frame.epoch_us or source.epoch_us
            if self._is_first:
                frame.flags |= source.flags & (DISCONTINUITY | GAP)
            if is_last:
                frame.flags |= source.flags & END
            self._keep_metadata(frame, source.metadata)
        self._is_first = False
        self._last = value
        if frame.timestamp_us is not None:
            self._next_us = self.runner.end_us = frame.timestamp_us + frame.duration_us
        return frame

    def _mark_answer(self, frame: Frame, value: Any, is_last: bool) -> None:
        """An answer comes in pieces, of which only what follows tells which was the last."""
        if frame.kind == "audio":
            self.runner.sound = _format_of(frame)
        elif isinstance(value, str):
            frame.final = is_last
            frame.flags |= END if is_last else 0

    def _keep_metadata(self, frame: Frame, given: Optional[Dict[str, Any]]) -> None:
        """The executor hands metadata on where a frame has none; which Python value the input was is not said of the output."""
        if given is None or PYTHON_TYPE not in given:
            return
        if frame.metadata is None or PYTHON_TYPE in frame.metadata:
            frame.metadata = {**given, PYTHON_TYPE: "", **(frame.metadata or {})}

    def end_frame(self) -> Optional[Frame]:
        """What says `end` after items of which nobody knew that they were the last."""
        source, runner = self.frame, self.runner
        if runner.answers and isinstance(self._last, str):
            return Frame("text", "", flags=END)
        if source is None or not source.flags & END:
            return None
        last = runner.frame_of(self._last)
        if last is None:
            return Frame("audio", **runner.sound) if runner.answers and runner.sound else None
        if last.flags & END or last.kind not in ("audio", "text"):
            return None
        return Frame("text", "") if last.kind == "text" else Frame("audio", **_format_of(last))

    async def give(self, value: Any) -> None:
        """Hands an item to the host and waits until there is room for another."""
        block = self.block_of(value, False)
        if block is None or self.is_cancelled:
            return
        self._next = asyncio.get_running_loop().create_future()
        self.runner.send(self.number, block, False)
        await self._next

    def go_on(self) -> None:
        """The host has room."""
        if self._next is not None and not self._next.done():
            self._next.set_result(None)

    def cancel(self) -> None:
        """Nobody wants what it would give."""
        self.is_cancelled = True
        if self.task is not None:
            self.task.cancel()
        self.go_on()


class NodeRunner:
    """One node. Its calls come one after another; answers go to `send(call, block or None, is_done)` and `fail(call, error)`."""

    def __init__(
        self,
        node: Any,
        send: Callable[[int, Optional[Block], bool], None],
        fail: Callable[[int, BaseException], None],
        value_of: Callable[[Frame], Any] = value_of,
        frame_of: Callable[[Any], Optional[Frame]] = frame_of,
        answers: bool = False,
    ):
        self.node = node
        self.value_of = value_of
        self.frame_of = frame_of
        self.send = send
        self.fail = fail
        #: Whether it speaks to the user: text that it yields is pieces of an answer, and every answer ends with `END`.
        self.answers = answers or bool(getattr(node, "answers", False))
        #: Format of the sound that it gave last: in it an answer ends of which nothing more is to be said.
        self.sound: Optional[Dict[str, Any]] = None
        self.end_us: Optional[int] = None
        process = getattr(node, "process")
        self.is_streaming = bool(getattr(node, "is_streaming", False)) and _makes_async_generator(process)
        self.is_source = bool(getattr(node, "is_source", False))
        self.call: Optional[Call] = None
        self._process = process
        self._takes_frame = "frame" in _parameters(process)
        self._thread: Optional[concurrent.futures.ThreadPoolExecutor] = None
        self._pace = _Pace()
        self._stream: Optional[_Stream] = None

    def process(self, number: int, frame: Frame) -> None:
        """One frame."""
        call = self.call = Call(self, number, frame)
        if self.is_streaming:
            if self._stream is None or self._stream.has_failed:
                self._stream = _Stream(self)
            return self._stream.put(call, frame)
        value = self.value_of(frame)
        given = {"frame": frame} if self._takes_frame else {}
        self._enter(call, lambda: self._process(value, **given), is_work=True)

    def flush(self, number: int) -> None:
        """Upstream has ended."""
        call = self.call = Call(self, number, None)
        if self._stream is not None:
            return self._stream.end(call)
        flush = getattr(self.node, "flush", None)
        if self.is_streaming or not callable(flush):
            return self._done(call, None)
        self._enter(call, flush)

    def produce(self, number: int) -> None:
        """A source: everything that it has."""
        takes_input = any(one.default is one.empty and one.kind <= one.POSITIONAL_OR_KEYWORD for one in _parameters(self._process).values())
        self._enter(self._begin(number), lambda: self._process(None) if takes_input else self._process(), is_work=True)

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
            self._stream.task.cancel()
        if self._thread is not None:
            self._thread.shutdown(wait=False)

    # calls

    def _enter(self, call: Call, function: Callable[[], Any], is_work: bool = False) -> None:
        """Runs what answers at once without a task: most calls do, and a task costs more than all the rest."""
        token = current_call.set(call)
        try:
            if self._pace.is_slow and not inspect.iscoroutinefunction(self._process):
                return self._start(call, self._in_thread(self._timed(function)))
            begun = time.monotonic()
            result = function()
            if is_work:
                self._pace.took(time.monotonic() - begun)
            if type(result) not in _PLAIN and (inspect.isawaitable(result) or _is_iterator(result)):
                return self._start(call, result)
            self._done(call, result)
        except BaseException as error:  # also SystemExit: user code does not end the worker
            self._failed(call, error)
        finally:
            current_call.reset(token)

    def _timed(self, function: Callable[[], Any]) -> Callable[[], Any]:
        def timed() -> Any:
            begun = time.monotonic()
            try:
                return function()
            finally:
                self._pace.took(time.monotonic() - begun)

        return timed

    def _start(self, call: Call, result: Any) -> None:
        call.task = asyncio.get_running_loop().create_task(self._run(call, result))

    async def _run(self, call: Call, result: Any) -> None:
        try:
            if inspect.isawaitable(result):
                result = await result
            if hasattr(result, "__anext__"):
                await self._drain(call, result)
            elif _is_iterator(result):
                await self._drain(call, self._unwound(result))
            else:
                return self._done(call, result)
            self._done(call, call.end_frame())
        except asyncio.CancelledError as error:
            if call.is_cancelled:
                self._done(call, None)
            else:
                self._failed(call, error)
        except BaseException as error:
            self._failed(call, error)

    async def _drain(self, call: Call, items: Any) -> None:
        try:
            async for item in items:
                await call.give(item)
        finally:
            if hasattr(items, "aclose"):
                await items.aclose()

    async def _unwound(self, items: Any) -> AsyncIterator[Any]:
        """A plain generator, one step at a time."""
        end = object()
        step = self._timed(lambda: next(items, end))
        try:
            while True:
                item = await self._in_thread(step) if self._pace.is_slow else step()
                if item is end:
                    return
                yield item
        finally:
            if hasattr(items, "close"):
                items.close()

    async def _in_thread(self, function: Callable[[], Any]) -> Any:
        self._thread = self._thread or concurrent.futures.ThreadPoolExecutor(1, "remotemedia-node")
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._thread, _unless_exit, context, function)

    def _done(self, call: Call, result: Any) -> None:
        if self.call is call:
            self.call = None
        if result is None and self.answers:
            result = call.end_frame()
        self.send(call.number, None if call.is_cancelled else call.block_of(result, True), True)

    def _failed(self, call: Call, error: BaseException) -> None:
        if self.call is call:
            self.call = None
        self.fail(call.number, error)


class _Stream:
    """A node over the whole stream: one async generator, which asks for the next frame when it wants one."""

    def __init__(self, runner: NodeRunner):
        self._runner = runner
        self._inputs: "asyncio.Queue[Tuple[Call, Optional[Frame]]]" = asyncio.Queue(1)
        self._taken: Optional[Call] = None
        self._last: Optional[Call] = None
        self._error: Optional[BaseException] = None
        self.has_failed = False
        self.task = asyncio.get_running_loop().create_task(self._run())

    def put(self, call: Call, frame: Frame) -> None:
        if self.task.done():
            return self._settle(call)
        self._inputs.put_nowait((call, frame))

    def end(self, call: Call) -> None:
        if self.task.done():
            return self._settle(call)
        self._inputs.put_nowait((call, None))

    async def _inputs_of(self) -> AsyncIterator[Any]:
        while True:
            if self._taken is not None:
                self._settle(self._taken)
            self._taken, frame = await self._inputs.get()
            self._last = self._taken
            if frame is None:
                return
            yield self._runner.value_of(frame)

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
            self._runner._failed(call, error)
        else:
            self._runner._done(call, None)


def _unless_exit(context: contextvars.Context, function: Callable[[], Any]) -> Any:
    # A future swallows an exit of its thread, and nobody would ever be answered.
    try:
        return context.run(function)
    except SystemExit as error:
        raise WorkerError("node-failed", f"called sys.exit({error})", "Raise an exception instead.") from error


def _format_of(frame: Frame) -> Dict[str, Any]:
    return {"format": frame.format, "sample_rate": frame.sample_rate, "channels": frame.channels}


def _is_iterator(value: Any) -> bool:
    return inspect.isgenerator(value) or hasattr(value, "__anext__") or (hasattr(value, "__next__") and hasattr(value, "__iter__"))


def _makes_async_generator(process: Any) -> bool:
    return inspect.isasyncgenfunction(process)


def _parameters(function: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


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
