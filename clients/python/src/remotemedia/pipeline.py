"""Pipelines."""
from __future__ import annotations

import asyncio
import datetime
import json
import linecache
import os
import re
import sys
import warnings
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Dict, Iterator, List, Optional, Sequence, Union

from ._local import LocalRun
from .errors import ConfigurationError, PipelineError
from .node import Node
from .runtime import try_load_rust_runtime

_was_warned = False
# The runtime stops every node within five.
_CLOSE_SECONDS = 6
# A line that hands the coroutine on wants a coroutine, though no loop runs yet: asyncio.run(pipeline.run(data)).
_HANDS_ON = re.compile(r"\b(asyncio\s*\.\s*run|run_until_complete|create_task|ensure_future|gather|wait_for)\s*\(")


class Pipeline:
    """
    Nodes in a row.

        pipeline = Pipeline([AudioResampleNode(16000), VADNode()])
        result = pipeline.run((samples, 44100))           # await it where a loop runs

    `enable_metrics` keeps the figures of the last run for `get_metrics`.
    """

    def __init__(self, nodes: Union[None, str, Sequence[Node]] = None, name: Optional[str] = None, enable_metrics: bool = False):
        if isinstance(nodes, str):
            nodes, name = None, nodes
        self.name = name or f"Pipeline_{id(self)}"
        self.enable_metrics = enable_metrics
        self.nodes: List[Node] = []
        self._metrics: Optional[Dict[str, Any]] = None
        self._is_initialized = False
        for node in nodes or []:
            self.add_node(node)

    def add_node(self, node: Node) -> "Pipeline":
        """Adds a node behind the others. Raises `PipelineError` for what is none."""
        if self._is_initialized:
            raise PipelineError("Cannot add nodes to an initialized pipeline")
        if not callable(getattr(node, "process", None)) or isinstance(node, type):
            raise PipelineError(f"Expected Node instance, got {type(node) if not isinstance(node, type) else node}")
        self.nodes.append(node)
        return self

    add = add_node

    def remove_node(self, name: str) -> bool:
        """Removes the first node of that name; whether there was one."""
        if self._is_initialized:
            raise PipelineError("Cannot remove nodes from an initialized pipeline")
        node = self.get_node(name)
        if node is not None:
            self.nodes.remove(node)
        return node is not None

    def get_node(self, name: str) -> Optional[Node]:
        """The first node of that name."""
        return next((node for node in self.nodes if _name_of(node) == name), None)

    def get_metrics(self) -> Optional[Dict[str, Any]]:
        """Figures of the last run; None before it, or without `enable_metrics`."""
        return self._metrics

    # running

    def run(self, input_data: Any = None, use_rust: bool = True) -> Any:
        """
        Runs the pipeline to its end. A list is many items, an (async) iterator is a stream of them, anything else is one item.

        Gives a single result bare, several as a list, none as None. Await it where an event loop runs. Raises `NodeError` for what a node
        raised (its `__cause__`), `PipelineError` and `ConfigurationError` for the rest.
        """
        work = self._run(input_data, use_rust)
        try:
            asyncio.get_running_loop()
            return work
        except RuntimeError:
            caller = sys._getframe(1)
            line = linecache.getline(caller.f_code.co_filename, caller.f_lineno)
            return work if _HANDS_ON.search(line) else asyncio.run(work)

    async def _run(self, input_data: Any, use_rust: bool) -> Any:
        found = [value async for value in self._results(input_data, use_rust, False)]
        return None if not found else found[0] if len(found) == 1 else found

    async def process(self, stream: Optional[AsyncIterator[Any]] = None) -> AsyncIterator[Any]:
        """Results as they come, of an (async) iterator of items, or of the pipeline's own source."""
        async for value in self._results(stream, True, True):
            yield value

    async def _results(self, input_data: Any, use_rust: bool, is_streaming: bool) -> AsyncIterator[Any]:
        if not self.nodes:
            raise PipelineError("Cannot run empty pipeline")
        if use_rust and _may_use_runtime():
            async for value in self._runtime_results(input_data, is_streaming):
                yield value
            return
        missing = [_name_of(node) for node in self.nodes if getattr(node, "_is_native", False) and type(node).process is Node.process]
        if missing:
            raise ConfigurationError(f"{', '.join(missing)} needs the runtime: {try_load_rust_runtime()[2] or 'it was switched off'}")
        local = LocalRun(self.nodes, self.name)
        try:
            async for value in local.results(_over_time(input_data)):
                yield value
        finally:
            self._metrics = local.metrics if self.enable_metrics else None

    async def _runtime_results(self, input_data: Any, is_streaming: bool) -> AsyncIterator[Any]:
        from ._engine import Run

        run, objects = Run(), {}
        manifest = self._manifest()
        for entry, node in zip(manifest["nodes"], self.nodes):
            if getattr(node, "host", None) or getattr(node, "remote_config", None):
                raise PipelineError(f"{_name_of(node)} asks for another machine, and no transport for that is there yet: remove host=")
            if not _is_native(node):
                objects[entry["id"]] = node
                kind = "python-source" if getattr(node, "is_source", False) else "python"
                entry.update(node_type=kind, params={"object": entry["id"], "group": run.group})
                entry.pop("is_streaming", None)
            entry.pop("runtime_hint", None)  # it has been followed
        loop = asyncio.get_running_loop()
        values = None if input_data is None and getattr(self.nodes[0], "is_source", False) else _at_hand(input_data, loop)
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
            self._metrics = run.metrics if self.enable_metrics else None

    @property
    def is_initialized(self) -> bool:
        """Whether `initialize` was called, and `cleanup` not yet."""
        return self._is_initialized

    async def initialize(self) -> None:
        """Checks that there is something to run; nodes are initialized by the run itself."""
        if not self.nodes:
            raise PipelineError("Cannot initialize empty pipeline")
        self._is_initialized = True

    async def cleanup(self) -> None:
        """The opposite; nodes were cleaned up by the run itself."""
        self._is_initialized = False

    @asynccontextmanager
    async def managed_execution(self) -> AsyncIterator["Pipeline"]:
        """`initialize` and `cleanup` around a block."""
        await self.initialize()
        try:
            yield self
        finally:
            await self.cleanup()

    # as data

    def _manifest(self, include_capabilities: bool = True, description: Optional[str] = None) -> Dict[str, Any]:
        nodes = []
        for index, node in enumerate(self.nodes):
            is_node = hasattr(node, "to_manifest")
            entry = node.to_manifest(include_capabilities) if is_node else {"node_type": type(node).__name__, "params": {}}
            nodes.append({**entry, "id": re.sub(r"[^a-zA-Z0-9_-]", "_", f"{_name_of(node)}_{index}")})
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat() + "Z"
        metadata = {"name": self.name, "created_at": now, **({"description": description} if description else {})}
        ids = [entry["id"] for entry in nodes]
        edges = [{"from": one, "to": other} for one, other in zip(ids, ids[1:])]
        return {"version": "v1", "metadata": metadata, "nodes": nodes, "connections": edges}

    def serialize(self, include_capabilities: bool = True, description: Optional[str] = None) -> str:
        """The pipeline as a manifest in JSON."""
        return json.dumps(self._manifest(include_capabilities, description), indent=2, default=str)

    def export(self, path: str) -> None:
        """Writes the manifest to a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.serialize() + "\n")

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"Pipeline(name='{self.name}', nodes={len(self.nodes)}, {'initialized' if self._is_initialized else 'not initialized'})"


def _name_of(node: Any) -> str:
    return str(getattr(node, "name", type(node).__name__))


def _is_native(node: Any) -> bool:
    if "_is_native" not in vars(type(node)):
        return False
    has_python = type(node).process is not Node.process
    return not (has_python and getattr(node, "runtime_hint", "auto") in ("python", "cpython"))


def _may_use_runtime() -> bool:
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


def _is_stream(value: Any) -> bool:
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
    elif isinstance(value, list) or _is_stream(value):
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
        for item in value if isinstance(value, list) or _is_stream(value) else [value]:
            yield item
