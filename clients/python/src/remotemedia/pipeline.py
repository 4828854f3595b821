"""Pipelines."""
from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Dict, Iterator, List, Optional, Sequence, Union

from ._caller import wants_coroutine
from ._manifest import manifest_of, name_of
from ._running import Running
from ._step import closing
from .errors import PipelineError
from .node import Node


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
        return next((node for node in self.nodes if name_of(node) == name), None)

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
            return work if wants_coroutine(sys._getframe(1)) else asyncio.run(work)

    async def _run(self, input_data: Any, use_rust: bool) -> Any:
        found = [value async for value in self._results(input_data, use_rust, False)]
        return None if not found else found[0] if len(found) == 1 else found

    async def process(self, stream: Optional[AsyncIterator[Any]] = None) -> AsyncIterator[Any]:
        """Results as they come, of an (async) iterator of items, or of the pipeline's own source."""
        async with closing(self._results(stream, True, True)) as found:
            async for value in found:
                yield value

    async def _results(self, input_data: Any, use_rust: bool, is_streaming: bool) -> AsyncIterator[Any]:
        running = Running(self.name, self.nodes)
        try:
            async with closing(running.results(input_data, use_rust, is_streaming)) as found:
                async for value in found:
                    yield value
        finally:
            self._metrics = running.metrics if self.enable_metrics else None

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

    def serialize(self, include_capabilities: bool = True, description: Optional[str] = None) -> str:
        """The pipeline as a manifest in JSON."""
        return json.dumps(manifest_of(self.name, self.nodes, include_capabilities, description), indent=2, default=str)

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

