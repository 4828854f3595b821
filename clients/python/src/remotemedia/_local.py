"""
Nodes that are Python, run where they are: no value is copied, and no process started. Plain functions are called one after another, as long as they are
quick; what waits, or takes long, gets a task or a thread of its own, so that nodes work at the same time.
"""
from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any, AsyncIterator, Dict, Iterator, List, Sequence

from ._manifest import ids_of
from ._step import Step, clock, closing
from ._worker.forms import PLAIN, begin_source, is_iterator
from .errors import start_failed

# How long the caller's loop is kept from others.
_SLICE_SECONDS = 0.005
# Items that may wait between two nodes.
_AHEAD = 16


class LocalRun:
    """
    One run of nodes in a row, on the running loop. With `is_initialized` they are neither initialized nor cleaned up. `reason` is why they run here.
    With `is_fed` there is an input, and the first is no source.
    """

    def __init__(self, nodes: Sequence[Any], name: str, reason: str, is_initialized: bool = False, is_fed: bool = False):
        self._steps = [Step(node_id, node) for node_id, node in zip(ids_of(nodes), nodes)]
        if is_fed:
            self._steps[0].is_source = False
        self._name = name
        self._reason = reason
        self._is_initialized = is_initialized
        self._began = clock()

    async def results(self, values: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Every result, as it comes. Raises `NodeError`, whose cause is what a node raised."""
        started: List[Step] = []
        try:
            for step in self._steps:
                if not self._is_initialized:
                    started.append(step)
                    await _initialized(step)
            async with closing(self._through(values)) as found:
                async for value in found:
                    yield value
        finally:
            for step in started:
                try:
                    await step.hook("cleanup")
                except (Exception, SystemExit) as error:
                    logging.getLogger("remotemedia").error("%s: cleanup: %s: %s", step.id, type(error).__name__, error)

    def _through(self, values: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Rows of plain functions are one stage, everything else is one of its own."""
        stages: List[AsyncIterator[Any]] = []
        row: List[Step] = []
        for step, following in zip(self._steps, [*self._steps[1:], None]):
            row.append(step)
            if step.is_call and following is not None and following.is_call:
                continue
            given = _ahead(stages[-1]) if stages else values
            stages.append(_stage(row, given))
            row = []
        return stages[-1]

    @property
    def metrics(self) -> Dict[str, Any]:
        """With the keys that the runtime's have."""
        total, peak = (clock() - self._began) * 1e6, _peak_memory()
        nodes = [step.figures(self._reason) for step in self._steps]
        return {
            "pipeline_id": self._name,
            "total_executions": sum(node["execution_count"] for node in nodes),
            "total_duration_us": total,
            "total_duration_ms": total / 1000,
            "peak_memory_bytes": peak,
            "peak_memory_mb": peak / 2**20,
            "node_metrics": nodes,
            "metrics_overhead_us": 0,
        }


async def _initialized(step: Step) -> None:
    try:
        await step.hook("initialize")
    except (Exception, SystemExit) as error:
        step.failures += 1
        raise start_failed(step.id, error) from error


async def _stage(row: List[Step], values: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async with closing(values):
        for part in _parts(row, values):
            async with closing(part) as items:
                async for item in items:
                    yield item


def _parts(row: List[Step], values: AsyncIterator[Any]) -> Iterator[AsyncIterator[Any]]:
    """What a stage gives, one after another."""
    first = row[0]
    if first.is_source:
        yield first.items(begin_source, first.process)
    elif first.is_stream:
        yield first.items(first.process, values)
    else:
        yield _in_a_row(row, values)
        # Where one of them is slow, the rest at everybody's own pace; then what they held back.
        is_slow = any(step.is_slow for step in row)
        for step in row:
            values = _alone(step, _ahead(values) if is_slow and step is not first else values)
        yield values


async def _in_a_row(row: Sequence[Step], values: AsyncIterator[Any], is_whole: bool = True) -> AsyncIterator[Any]:
    """Each value through all of them, one call after another, to the end of the values; a whole row ends where a call waits, or is slow."""
    paused = began = clock()
    has_waited, number = False, 0
    # Whether the loop had its turn since the item began: then somebody has waited.
    loop_ran = [True]
    rearm = asyncio.get_running_loop().call_soon
    async for value in values:
        # A clock costs as much as a call: it is asked for the first items, and then for one of 16.
        is_timed = number < 16 or number & 15 == 0
        number += 1
        if loop_ran[0]:
            loop_ran[0] = False
            rearm(loop_ran.__setitem__, 0, True)
        if is_timed:
            began = clock()
        for index, step in enumerate(row):
            try:
                result = step.process(value)
                if step.is_coroutine or (type(result) not in PLAIN and hasattr(result, "__await__")):
                    result = await result
                    if loop_ran[0]:
                        has_waited = step.has_waited = True
            except (Exception, SystemExit) as error:
                step.fail(error)
            if type(result) not in PLAIN and is_iterator(result):
                async with closing(step.unfolded(result, clock())) as parts, closing(_in_a_row(row[index + 1 :], parts, False)) as items:
                    async for item in items:
                        yield item
                break
            if is_timed:
                ended = clock()
                step.took(ended - began)
                began = ended
            else:
                step.count += 1
            if result is None:
                break
            value = result
        else:
            yield value
        if is_whole and (has_waited or began - paused > _SLICE_SECONDS):
            if any(step.is_slow for step in row):
                return
            await asyncio.sleep(0)
            paused = clock()


async def _alone(step: Step, values: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async with closing(values) as given:
        async for value in given:
            async with closing(step.items(step.process, value)) as items:
                async for item in items:
                    yield item
    if callable(getattr(step.node, "flush", None)):
        async with closing(step.items(step.node.flush)) as items:
            async for item in items:
                yield item


async def _ahead(values: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """The same values, made while whoever takes them is busy."""
    queue: "asyncio.Queue[Any]" = asyncio.Queue(_AHEAD)
    end = object()

    async def pump() -> None:
        try:
            async with closing(values) as given:
                async for value in given:
                    await queue.put(value)
        finally:  # cancelled, too
            if queue.empty():
                queue.put_nowait(end)

    task = asyncio.ensure_future(pump())
    try:
        while not (task.done() and queue.empty()):
            value = await queue.get()
            if value is not end:
                yield value
        task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # it was raised already, or nobody wants it


def _peak_memory() -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
