"""Pipelines in pure Python: slower, for the nodes that are written in it, with the same values."""
from __future__ import annotations

import inspect
import time
from typing import Any, AsyncIterator, Dict, List, Sequence

from .errors import NodeError, RemoteMediaError


class LocalRun:
    """One run of nodes in a row on the running loop."""

    def __init__(self, nodes: Sequence[Any], name: str):
        self._nodes = nodes
        self._name = name
        self._seconds: List[List[float]] = [[] for _ in nodes]
        self._errors = [0 for _ in nodes]
        self._began = time.perf_counter()

    async def results(self, values: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Every result, as it comes."""
        started: List[Any] = []
        try:
            for node in self._nodes:
                started.append(node)
                await _settled(getattr(node, "initialize", None))
            stream = values
            for index in range(len(self._nodes)):
                stream = self._through(index, stream)
            async for value in stream:
                yield value
        finally:
            for node in started:
                await _settled(getattr(node, "cleanup", None))

    async def _through(self, index: int, values: AsyncIterator[Any]) -> AsyncIterator[Any]:
        node = self._nodes[index]
        if node.is_streaming and inspect.isasyncgenfunction(node.process):
            async for item in self._watched(index, node.process(values)):
                yield item
            return
        if node.is_source:
            async for item in self._watched(index, _items(node.process())):
                yield item
            return
        async for value in values:
            async for item in self._watched(index, _items_of(node.process, value)):
                yield item
        if callable(getattr(node, "flush", None)):
            async for item in self._watched(index, _items_of(node.flush)):
                yield item

    async def _watched(self, index: int, items: AsyncIterator[Any]) -> AsyncIterator[Any]:
        began = time.perf_counter()
        try:
            async for item in items:
                self._seconds[index].append(time.perf_counter() - began)
                if item is not None:
                    yield item
                began = time.perf_counter()
        except RemoteMediaError:
            raise
        except Exception as error:
            self._errors[index] += 1
            raise NodeError(f"{self._nodes[index].name}: {type(error).__name__}: {error}") from error

    @property
    def metrics(self) -> Dict[str, Any]:
        """With the keys that the runtime's have."""
        total = (time.perf_counter() - self._began) * 1e6
        peak = _peak_memory()
        return {
            "pipeline_id": self._name,
            "total_executions": 1,
            "total_duration_us": total,
            "total_duration_ms": total / 1000,
            "peak_memory_bytes": peak,
            "peak_memory_mb": peak / 2**20,
            "node_metrics": [_report(f"{node.name}_{index}", self._seconds[index], self._errors[index]) for index, node in enumerate(self._nodes)],
            "metrics_overhead_us": 0,
        }


def _report(node_id: str, seconds: List[float], failed: int) -> Dict[str, Any]:
    micros = [one * 1e6 for one in seconds]
    count = len(micros) + failed
    return {
        "node_id": node_id,
        "execution_count": count,
        "success_count": len(micros),
        "error_count": failed,
        "success_rate": len(micros) / count if count else 1.0,
        "total_duration_us": sum(micros),
        "avg_duration_us": sum(micros) / len(micros) if micros else 0,
        "min_duration_us": min(micros, default=0),
        "max_duration_us": max(micros, default=0),
    }


def _peak_memory() -> int:
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


async def _settled(hook: Any) -> None:
    result = hook() if callable(hook) else None
    if inspect.isawaitable(result):
        await result


async def _items_of(function: Any, *arguments: Any) -> AsyncIterator[Any]:
    async for item in _items(function(*arguments)):
        yield item


async def _items(result: Any) -> AsyncIterator[Any]:
    """What a call gave, in whatever form, one by one."""
    if inspect.isawaitable(result):
        result = await result
    if hasattr(result, "__anext__"):
        async for item in result:
            yield item
    elif inspect.isgenerator(result):
        for item in result:
            yield item
    else:
        yield result
