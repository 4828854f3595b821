"""Ends of a pipeline that the rest of a program, or of a machine, talks to while it runs."""
from __future__ import annotations

import asyncio
import inspect
import threading
from collections import deque
from typing import Any, AsyncIterator, Callable, Deque, List, Optional

from ..node import Node
from ._params import check_size

__all__ = ["BidirectionalNode", "DataSinkNode", "DataSourceNode", "JavaScriptBridgeNode"]


#: Ends the stream of a source that it is pushed into; the next run goes on behind it.
END = object()


class _Inbox:
    """Values that any thread may put, and one loop takes."""

    def __init__(self, size: int):
        self._size = size
        self._values: Deque[Any] = deque()
        self._lock = threading.Lock()
        self._wake: Optional[Callable[[], None]] = None
        self.is_closed = False

    def __reduce__(self) -> Any:
        return _Inbox, (self._size,)  # who copies a node gets one that nobody has pushed into

    def put(self, value: Any) -> bool:
        """Whether there was room."""
        with self._lock:
            if self.is_closed or (len(self._values) >= self._size and value is not END):
                return False
            self._values.append(value)
            return self._woken()

    def close(self) -> None:
        with self._lock:
            self.is_closed = True
            self._woken()

    def _woken(self) -> bool:
        wake, self._wake = self._wake, None
        if wake is not None:
            wake()
        return True

    async def taken(self, timeout_seconds: Optional[float]) -> AsyncIterator[Any]:
        """The values, until it is closed and empty, or nothing came for so long."""
        loop = asyncio.get_running_loop()
        while True:
            came = asyncio.Event()
            with self._lock:
                is_closed = self.is_closed
                self._wake = lambda: _called(loop, came.set)
            while self._values:
                value = self._values.popleft()
                if value is END:
                    return
                yield value
            if is_closed:
                return
            try:
                await asyncio.wait_for(came.wait(), timeout_seconds)
            except asyncio.TimeoutError:
                return


def _called(loop: asyncio.AbstractEventLoop, function: Callable[[], Any]) -> None:
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        pass  # that loop has ended, and its run with it


class DataSourceNode(Node):
    """
    Gives what the program pushes, until it closes the node, or nothing came for `timeout_seconds`. Up to `buffer_size` values wait.

        source = DataSourceNode()
        running = asyncio.ensure_future(Pipeline([source, MultiplyNode(2)]).run())
        await source.push_data(21)
        await source.close()
        print(await running)  # 42
    """

    is_source = True

    def __init__(self, buffer_size: int = 100, timeout_seconds: float = 30.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.buffer_size, self.timeout_seconds = buffer_size, timeout_seconds
        check_size(self, "buffer_size")
        self._inbox = _Inbox(buffer_size)

    async def push_data(self, data: Any) -> bool:
        """Gives the pipeline a value, from any thread's loop; False when the buffer is full, or the node closed."""
        return self._inbox.put(data)

    async def close(self) -> None:
        """No more comes. What was pushed is still given."""
        self._inbox.close()

    async def process(self, data: Any = None) -> AsyncIterator[Any]:
        """What was pushed; an item that a pipeline has as its input goes through."""
        if data is not None:
            yield data
            return
        async for value in self._inbox.taken(self.timeout_seconds):
            yield value


class DataSinkNode(Node):
    """
    Shows every value to `callback`, a function or a coroutine function, and passes it on. With `buffer_output` the last `buffer_size` are kept.

        sink = DataSinkNode(callback=print, buffer_output=True)
    """

    is_sink = True

    def __init__(self, callback: Optional[Callable[[Any], Any]] = None, buffer_output: bool = False, buffer_size: int = 100, **kwargs: Any):
        super().__init__(**kwargs)
        self.callback, self.buffer_output, self.buffer_size = callback, buffer_output, buffer_size
        self.output_buffer: Optional[Deque[Any]] = deque(maxlen=buffer_size) if buffer_output else None
        self._queue: Any = None

    def set_callback(self, callback: Optional[Callable[[Any], Any]]) -> None:
        """Another callback, or none."""
        self.callback = callback

    def set_output_queue(self, queue: "asyncio.Queue[Any]") -> None:
        """A queue that gets every value too; the pipeline waits while it is full."""
        self._queue = queue

    def get_buffered_output(self) -> List[Any]:
        """What is kept."""
        return list(self.output_buffer or ())

    def clear_buffer(self) -> None:
        """Keeps nothing of what came so far."""
        if self.output_buffer is not None:
            self.output_buffer.clear()

    async def process(self, data: Any) -> Any:
        """The same. What the callback raises, the node raises."""
        if self.output_buffer is not None:
            self.output_buffer.append(data)
        if self._queue is not None:
            await self._queue.put(data)
        if self.callback is not None:
            await _result_of(self.callback, data)
        return data


class BidirectionalNode(Node):
    """
    Gives what `process_callback`, a function or a coroutine function, makes of what the program pushes, both to the pipeline and to `pull_output`;
    without one, the same. Up to `buffer_size` values wait on each side; of results that nobody pulls, the oldest go.
    """

    is_source = True
    is_sink = True

    def __init__(self, process_callback: Optional[Callable[[Any], Any]] = None, buffer_size: int = 100, **kwargs: Any):
        super().__init__(**kwargs)
        self.process_callback, self.buffer_size = process_callback, buffer_size
        check_size(self, "buffer_size")
        self._inbox = _Inbox(buffer_size)
        self._results: Deque[Any] = deque(maxlen=buffer_size)
        self._pulling: "Deque[asyncio.Future[Any]]" = deque()

    async def push_input(self, data: Any) -> bool:
        """Gives the node a value; False when the buffer is full, or the node closed."""
        return self._inbox.put(data)

    async def pull_output(self, timeout: Optional[float] = None) -> Any:
        """The next result, on the loop of the run; None when none came within `timeout` seconds."""
        if self._results:
            return self._results.popleft()
        result: "asyncio.Future[Any]" = asyncio.get_running_loop().create_future()
        self._pulling.append(result)
        try:
            return await asyncio.wait_for(result, timeout)
        except asyncio.TimeoutError:
            return None

    async def close(self) -> None:
        """No more comes. What was pushed is still worked on."""
        self._inbox.close()

    async def process(self, data: Any = None) -> AsyncIterator[Any]:
        """The results; of an item that a pipeline has as its input, if there is one."""
        async for value in self._inbox.taken(None) if data is None else _only(data):
            result = value if self.process_callback is None else await _result_of(self.process_callback, value)
            if result is None:
                continue
            while self._pulling and self._pulling[0].done():  # nobody waits for it any more
                self._pulling.popleft()
            if self._pulling:
                self._pulling.popleft().set_result(result)
            else:
                self._results.append(result)
            yield result


class JavaScriptBridgeNode(Node):
    """
    Values through `transform_input`, then `transform_output`, functions or coroutine functions. JavaScript meets Python in one pipeline of the
    runtime, and needs no bridge: the node is for scripts that have one.
    """

    def __init__(
        self, transform_input: Optional[Callable[[Any], Any]] = None, transform_output: Optional[Callable[[Any], Any]] = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.transform_input, self.transform_output = transform_input, transform_output

    async def process(self, data: Any) -> Any:
        """What the functions make of it."""
        for function in (self.transform_input, self.transform_output):
            if function is not None:
                data = await _result_of(function, data)
        return data


async def _only(value: Any) -> AsyncIterator[Any]:
    yield value


async def _result_of(function: Callable[[Any], Any], value: Any) -> Any:
    result = function(value)
    return await result if inspect.isawaitable(result) else result
