"""Pipelines."""
from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, AsyncIterator, Dict, Iterator, List, Optional, Sequence, Union

from ._caller import wants_coroutine
from ._definition import definition_of, parts_of
from ._manifest import Layout, manifest_of, name_of, plain
from ._names import end_of
from ._running import Running
from ._step import Step, closing
from .errors import PipelineError, start_failed
from .node import Node

if TYPE_CHECKING:
    from .session import Session


class Pipeline:
    """
    Nodes in a row; from a definition, in any order that it says.

        pipeline = Pipeline([AudioResampleNode(16000), VADNode()])
        result = pipeline.run((samples, 44100))           # await it where a loop runs

    The first argument may also be the name, default `Pipeline_<id>`. `enable_metrics` keeps the figures of the last run for `get_metrics`.
    """

    def __init__(self, nodes: Union[None, str, Sequence[Node]] = None, name: Optional[str] = None, enable_metrics: bool = False):
        if isinstance(nodes, str):
            nodes, name = None, nodes
        if isinstance(nodes, Node):
            made = type(nodes).__name__
            raise PipelineError(f"Expected a list of nodes, got a {made}: Pipeline([{made}(…), …])")
        self.name = name or f"Pipeline_{id(self)}"
        self.enable_metrics = enable_metrics
        self.nodes: List[Node] = []
        self._metrics: Optional[Dict[str, Any]] = None
        self._is_initialized = False
        self._layout = Layout()
        for node in nodes or []:
            self.add_node(node)

    def add_node(self, node: Node) -> "Pipeline":
        """Adds a node behind the others, and gives the pipeline. Raises `PipelineError` for what is none, and while the pipeline is initialized."""
        self._changes("add nodes to")
        if not callable(getattr(node, "process", None)) or isinstance(node, type):
            advice = f"Make one of the class: {node.__name__}()" if isinstance(node, type) else "A node has a method process(self, data)"
            raise PipelineError(f"Expected Node instance, got {node if isinstance(node, type) else type(node)}. {advice}")
        self.nodes.append(node)
        return self

    add = add_node

    def remove_node(self, name: str) -> bool:
        """Removes the first node of that name; whether there was one. Raises as `add_node`."""
        self._changes("remove nodes from")
        node = self.get_node(name)
        if node is not None:
            self.nodes.remove(node)
        return node is not None

    def _changes(self, what: str) -> None:
        if self._is_initialized:
            raise PipelineError(f"Cannot {what} an initialized pipeline")
        if not self._layout.is_row:
            raise PipelineError(f"Cannot {what} a pipeline with branches: do so before its nodes are connected, or in its definition")

    def connect(self, source: str, target: str, queue: Optional[Dict[str, Any]] = None) -> "Pipeline":
        """
        Connects an output with an input beside the row, when all nodes are there.

            pipeline.connect("SileroVADNode.events", "TurnPolicyNode.events")

        Nodes are named by their name or id; a port stands behind a dot, and is the first where it is left out. `queue` says how much may wait there:
        `{"size": 1500, "max_age_ms": 30000}` (frames; also `bytes` and `policy`); a connection that is there already gets it. Raises `PipelineError`
        for a node that is not there, and for a name that several have. What has such connections runs in the runtime.
        """
        layout = self._layout.as_graph(self.nodes)
        edge = {"from": end_of(source, layout.ids, self.nodes), "to": end_of(target, layout.ids, self.nodes), **({"queue": queue} if queue else {})}
        edges = {(one["from"], one["to"]): one for one in layout.connections or []}
        edges[edge["from"], edge["to"]] = edge  # in its place, where there is one
        self._layout = replace(layout, connections=list(edges.values()))
        return self

    def get_node(self, name: str) -> Optional[Node]:
        """The first node of that name."""
        return next((node for node in self.nodes if name_of(node) == name), None)

    def get_metrics(self) -> Optional[Dict[str, Any]]:
        """
        Figures of the last run, also of one that failed; None before it, or without `enable_metrics`.

        `pipeline_id`, `total_executions`, `total_duration_us` and `_ms`, `peak_memory_bytes` and `_mb`, `metrics_overhead_us`, and `node_metrics`:
        one for each node, in order, with `node_id`, `execution_count`, `success_count`, `error_count`, `success_rate` (0 to 1), and
        `total_duration_us`, `avg_…`, `min_…` and `max_…`.
        """
        return self._metrics

    # running

    def run(self, input_data: Any = None, use_rust: bool = True) -> Any:
        """
        Runs the pipeline to its end. A list is many items, an (async) iterator is a stream of them, anything else is one item.

            print(pipeline.run([1, 2, 3]))                   # where no event loop runs
            print(await pipeline.run([1, 2, 3]))             # where one does
            print(asyncio.run(pipeline.run([1, 2, 3])))

        Gives a single result bare, several as a list, none as None. Where a loop runs, this is a coroutine, always. Where none does, it gives the
        results themselves, unless the call is written where a coroutine belongs: inside the parentheses of `asyncio.run`, `run_until_complete`,
        `gather` and their like (or of a function of yours that passes its parameter on to one), or under a name that the same function further on
        hands to one of these. `use_rust=False` runs it in pure Python.

        Raises `NodeError` for what a node raised (its `__cause__`), `PipelineError` and `ConfigurationError` for the rest.
        """
        work = self._run(input_data, use_rust)
        return work if _is_in_loop() or wants_coroutine(sys._getframe(1)) else asyncio.run(work)

    async def _run(self, input_data: Any, use_rust: bool) -> Any:
        found = [value async for value in self._results(input_data, use_rust, False)]
        return None if not found else found[0] if len(found) == 1 else found

    _run.__qualname__ = "Pipeline.run"  # which is what somebody has called who forgets to await it

    async def process(self, stream: Optional[AsyncIterator[Any]] = None) -> AsyncIterator[Any]:
        """Results as they come, of an (async) iterator of items, or of the pipeline's own source."""
        async with closing(self._results(stream, True, True)) as found:
            async for value in found:
                yield value

    async def _results(self, input_data: Any, use_rust: bool, is_streaming: bool) -> AsyncIterator[Any]:
        running = Running(self.name, self.nodes, self._is_initialized, self._layout)
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
        """
        Calls `initialize` of every Python node, once: what runs until `cleanup` finds them ready, and what they keep stays. Without it each run
        does so for itself. Nodes of the runtime begin anew with each run.

        Raises `PipelineError` for an empty pipeline, and for what a node raised (its `__cause__`), when those before it have been cleaned up.
        """
        if not self.nodes:
            raise PipelineError("Cannot initialize empty pipeline")
        if self._is_initialized:
            return
        for index, node in enumerate(self.nodes):
            try:
                await Step(name_of(node), node).hook("initialize")
            except BaseException as error:
                await self._clean(self.nodes[: index + 1])
                if not isinstance(error, (Exception, SystemExit)):
                    raise
                raise start_failed(name_of(node), error) from error
        self._is_initialized = True

    async def cleanup(self) -> None:
        """Calls `cleanup` of every Python node. What one raises is logged, and the others still have their turn."""
        await self._clean(self.nodes)
        self._is_initialized = False

    async def _clean(self, nodes: Sequence[Any]) -> None:
        for node in nodes:
            try:
                await Step(name_of(node), node).hook("cleanup")
            except (Exception, SystemExit) as error:
                logging.getLogger("remotemedia").warning("%s: cleanup: %s: %s", name_of(node), type(error).__name__, error)

    @asynccontextmanager
    async def managed_execution(self) -> AsyncIterator["Pipeline"]:
        """
        `initialize` and `cleanup` around a block of several runs.

            async with pipeline.managed_execution():
                first, second = await pipeline.run(1), await pipeline.run(2)
        """
        await self.initialize()
        try:
            yield self
        finally:
            await self.cleanup()

    def open(self) -> "Session":
        """
        A live session: values go in and out until it is closed. `async with pipeline.open() as session`, or `session = await pipeline.open()`.

        Opening it raises `ConfigurationError` where the runtime is not there, and `PipelineError` or `NodeError` for what cannot start.
        """
        from .session import Session

        if not self.nodes:
            raise PipelineError("Cannot open empty pipeline")
        return Session(manifest_of(self.name, self.nodes, layout=self._layout), self.nodes)

    # as data

    def serialize(self, include_capabilities: bool = True, description: Optional[str] = None) -> str:
        """
        The pipeline as a manifest in JSON. Ids of nodes are name and position. Raises `SerializationError` for a parameter that JSON does not know.
        """
        return json.dumps(plain(manifest_of(self.name, self.nodes, include_capabilities, description, self._layout)), indent=2)

    def export(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the manifest to a file, for `remotemedia run` and for every other language. Raises as `serialize` and `open`."""
        text = self.serialize()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")

    def export_definition(self) -> Dict[str, Any]:
        """The pipeline as data with the Python classes of its nodes, for `from_definition`. Parameters are as they were given."""
        return definition_of(self.name, self.nodes, self._layout)

    @classmethod
    async def from_definition(cls, definition: Dict[str, Any], trusted: bool = False) -> "Pipeline":
        """
        A pipeline from what `export_definition` gave, or from a manifest: `json.load(file)`. A manifest's connections, ports, queues and policies
        stay; what is more than a row needs the runtime to run.

        A node is a class by `module` and `class_name` or `module:Class`, a class of `remotemedia.nodes`, or a node of the runtime. Only classes of
        modules that this program has imported already are taken, unless the definition is `trusted`: a file from somewhere else shall not import
        and run Python code. Nodes of the runtime that read and write files do so all the same. Raises `PipelineError`.
        """
        return cls._from_parts(*parts_of(definition, trusted))

    @classmethod
    def _from_parts(cls, name: str, nodes: Sequence[Any], layout: Layout) -> "Pipeline":
        pipeline = cls(nodes, name=name)
        pipeline._layout = layout
        return pipeline

    def get_config(self) -> Dict[str, Any]:
        """`name`, `node_count`, `remote_node_count`, `is_initialized`, and `nodes`: `get_config()` of each."""
        plain_nodes = [{"name": name_of(node), "class": type(node).__name__, "config": {}} for node in self.nodes]
        nodes = [node.get_config() if hasattr(node, "get_config") else found for node, found in zip(self.nodes, plain_nodes)]
        counts = {"node_count": self.node_count, "remote_node_count": self.remote_node_count}
        return {"name": self.name, **counts, "nodes": nodes, "is_initialized": self._is_initialized}

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    @property
    def remote_node_count(self) -> int:
        """How many of them ask for another machine."""
        return sum(bool(getattr(node, "is_remote", False)) for node in self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"Pipeline(name='{self.name}', nodes={len(self.nodes)}, {'initialized' if self._is_initialized else 'not initialized'})"


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
