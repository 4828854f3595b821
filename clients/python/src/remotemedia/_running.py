"""Where a pipeline runs: in the runtime, or in this process."""
from __future__ import annotations

import asyncio
import os
import warnings
from typing import Any, AsyncIterator, Dict, Iterator, List, Optional, Tuple

from ._local import LocalRun
from ._manifest import manifest_of, name_of
from .errors import ConfigurationError, PipelineError
from .node import Node
from .runtime import try_load_rust_runtime

_was_warned = False
# The runtime stops every node within five.
_CLOSE_SECONDS = 6


class Running:
    """One run of nodes in a row. `metrics` are there when it is over."""

    def __init__(self, name: str, nodes: List[Any]):
        self.metrics: Optional[Dict[str, Any]] = None
        self._name = name
        self._nodes = nodes

    async def results(self, given: Any, use_rust: bool, is_streaming: bool) -> AsyncIterator[Any]:
        """The results as they come; of a run that is not streaming, when it is over."""
        if not self._nodes:
            raise PipelineError("Cannot run empty pipeline")
        results = self._in_runtime(given, is_streaming) if use_rust and may_use_runtime() else self._here(given)
        async for value in results:
            yield value

    async def _here(self, given: Any) -> AsyncIterator[Any]:
        missing = [name_of(node) for node in self._nodes if getattr(node, "_is_native", False) and type(node).process is Node.process]
        if missing:
            raise ConfigurationError(f"{', '.join(missing)} needs the runtime: {try_load_rust_runtime()[2] or 'it was switched off'}")
        local = LocalRun(self._nodes, self._name)
        try:
            async for value in local.results(_over_time(given)):
                yield value
        finally:
            self.metrics = local.metrics

    async def _in_runtime(self, given: Any, is_streaming: bool) -> AsyncIterator[Any]:
        from ._engine import Run

        run = Run()
        manifest, objects = served_manifest(manifest_of(self._name, self._nodes), self._nodes, run.group)
        loop = asyncio.get_running_loop()
        values = None if given is None and getattr(self._nodes[0], "is_source", False) else _at_hand(given, loop)
        results, end = run.results(manifest, objects, values, is_streaming), object()
        try:
            while True:
                step = loop.run_in_executor(None, next, results, end)
                value = await asyncio.shield(step)
                if value is end:
                    return
                yield value
        finally:
            if not step.done():
                run.cancel()
                if not (await asyncio.wait([step], timeout=_CLOSE_SECONDS))[0]:
                    run.cancel(at_once=True)
                    await asyncio.wait([step])
                step.exception()  # nobody waits for it
            await loop.run_in_executor(None, results.close)
            self.metrics = run.metrics


def served_manifest(manifest: Dict[str, Any], nodes: List[Any], group: str) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """The manifest for the runtime, in which nodes of this process are served back to it, and those nodes by id."""
    objects = {}
    for entry, node in zip(manifest["nodes"], nodes):
        if getattr(node, "host", None) or getattr(node, "remote_config", None):
            raise PipelineError(f"{name_of(node)} asks for another machine, and no transport for that is there yet: remove host=")
        if not is_native(node):
            objects[entry["id"]] = node
            kind = "python-source" if getattr(node, "is_source", False) else "python"
            entry.update(node_type=kind, params={"object": entry["id"], "group": group})
            entry.pop("is_streaming", None)
        entry.pop("runtime_hint", None)  # it has been followed
    return manifest, objects


def is_native(node: Any) -> bool:
    """Whether the runtime's own node takes the place of this one."""
    if "_is_native" not in vars(type(node)):
        return False
    has_python = type(node).process is not Node.process
    return not (has_python and getattr(node, "runtime_hint", "auto") in ("python", "cpython"))


def may_use_runtime() -> bool:
    """Whether the runtime is there and not switched off; warns once where it is not. Raises `ConfigurationError` where there shall be no fallback."""
    global _was_warned
    if os.environ.get("REMOTEMEDIA_RUNTIME", "").lower() == "python":
        return False
    is_there, _, why = try_load_rust_runtime()
    if not is_there:
        if os.environ.get("REMOTEMEDIA_ENABLE_FALLBACK", "true").lower() in ("0", "false", "no"):
            raise ConfigurationError(str(why))
        if not _was_warned:
            _was_warned = True
            warnings.warn(f"the runtime is not available, pipelines run in pure Python: {why}", UserWarning, stacklevel=2)
    return is_there


def is_stream(value: Any) -> bool:
    """Whether a value is many, one after another: an (async) iterator."""
    return hasattr(value, "__anext__") or hasattr(value, "__aiter__") or hasattr(value, "__next__")


def _at_hand(value: Any, loop: asyncio.AbstractEventLoop) -> Iterator[Any]:
    """Items for a thread that may wait; what is asynchronous runs on the caller's loop."""
    if hasattr(value, "__aiter__"):
        items = value.__aiter__()
        while True:
            try:
                yield asyncio.run_coroutine_threadsafe(_next_of(items), loop).result()
            except StopAsyncIteration:
                return
    elif isinstance(value, list) or is_stream(value):
        yield from value
    else:
        yield value


async def _next_of(items: Any) -> Any:
    return await items.__anext__()


async def _over_time(value: Any) -> AsyncIterator[Any]:
    if hasattr(value, "__aiter__"):
        async for item in value:
            yield item
    else:
        for item in value if isinstance(value, list) or is_stream(value) else [value]:
            yield item
