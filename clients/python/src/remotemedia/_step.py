"""One node of a pipeline that runs in this process, and what its calls take."""
from __future__ import annotations

import inspect
import time
from typing import Any, AsyncIterator, Dict, NoReturn

from ._worker.forms import PLAIN, SLOW_SECONDS, in_thread, is_iterator, is_stream, process_of
from .errors import RemoteMediaError, node_failed

clock = time.perf_counter


class closing:
    """Closes an iterator with a block: one that is left in the middle would be closed at some other time."""

    __slots__ = ("_items",)

    def __init__(self, items: AsyncIterator[Any]):
        self._items = items

    async def __aenter__(self) -> AsyncIterator[Any]:
        return self._items

    async def __aexit__(self, *_: Any) -> None:
        close = getattr(self._items, "aclose", None)
        # A loop that ends closes all generators at once: then it is closed already.
        if close is not None and not getattr(self._items, "ag_running", False):
            await close()


class Step:
    """A node, and what its calls took."""

    def __init__(self, node_id: str, node: Any):
        self.id = node_id
        self.node = node
        self.process = process_of(node)
        self.is_source = bool(getattr(node, "is_source", False))
        self.is_stream = is_stream(node, self.process)
        #: Whether it may stand in a row.
        self.is_call = not (inspect.isasyncgenfunction(self.process) or self.is_source or self.is_stream)
        self.is_coroutine = inspect.iscoroutinefunction(self.process)
        self.has_waited = False
        #: Calls that succeeded, and those among them whose times are in `seconds`.
        self.count = self.timed = self.failures = 0
        self.seconds = self.longest = 0.0
        self.shortest = float("inf")

    def took(self, seconds: float) -> None:
        self.count += 1
        self.timed += 1
        self.seconds += seconds
        if seconds > self.longest:
            self.longest = seconds
        if seconds < self.shortest:
            self.shortest = seconds

    @property
    def is_slow(self) -> bool:
        return self.has_waited or self.seconds > SLOW_SECONDS * self.timed

    def fail(self, error: BaseException) -> NoReturn:
        """Raises what a call has raised as an error of this node, unless it is one of a node before it."""
        if isinstance(error, RemoteMediaError):
            if error.node is None:
                error.node = self.id
                self.failures += 1
            raise error
        self.failures += 1
        raise node_failed(self.id, error) from error

    async def hook(self, name: str) -> None:
        """`initialize` or `cleanup`, where there is one."""
        function = getattr(self.node, name, None)
        result = function() if callable(function) else None
        if inspect.isawaitable(result):
            await result

    async def items(self, function: Any, *arguments: Any) -> AsyncIterator[Any]:
        """What a call gives, in whatever form, one by one; never None."""
        began = clock()
        try:
            result = await in_thread(None, function, *arguments) if self._needs_thread else function(*arguments)
            if inspect.isawaitable(result):
                result = await result
        except (Exception, SystemExit) as error:
            self.fail(error)
        if type(result) not in PLAIN and is_iterator(result):
            async with closing(self.unfolded(result, began)) as parts:
                async for item in parts:
                    yield item
        else:
            self.took(clock() - began)
            if result is not None:
                yield result

    async def unfolded(self, items: Any, began: float) -> AsyncIterator[Any]:
        """The items of an iterator that a call has given which began then."""
        try:
            async with closing(items if hasattr(items, "__anext__") else self._steps_of(items)) as parts:
                async for item in parts:
                    self.took(clock() - began)
                    if item is not None:
                        yield item
                    began = clock()
        except (Exception, SystemExit) as error:
            self.fail(error)

    async def _steps_of(self, items: Any) -> AsyncIterator[Any]:
        end = object()
        while True:
            item = await in_thread(None, next, items, end) if self._needs_thread else next(items, end)
            if item is end:
                return
            yield item

    @property
    def _needs_thread(self) -> bool:
        return self.is_slow and self.is_call and not self.is_coroutine

    def figures(self, reason: str) -> Dict[str, Any]:
        total = self.count + self.failures
        mean = self.seconds * 1e6 / self.timed if self.timed else 0
        return {
            "node_id": self.id,
            "node_type": type(self.node).__name__,
            "runtime_hint": getattr(self.node, "runtime_hint", "auto"),
            "runtime": "cpython",
            "runtime_reason": reason,
            "execution_count": total,
            "success_count": self.count,
            "error_count": self.failures,
            "success_rate": self.count / total if total else 1.0,
            "total_duration_us": mean * self.count,
            "avg_duration_us": mean,
            "min_duration_us": self.shortest * 1e6 if self.timed else 0,
            "max_duration_us": self.longest * 1e6,
            "is_sampled": self.timed < self.count,
        }
