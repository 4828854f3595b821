"""Where a pipeline runs: in the runtime, or in this process."""
from __future__ import annotations

import asyncio
import inspect
import os
from typing import Any, AsyncIterator, Dict, List, Optional, Set, Tuple

from ._local import LocalRun
from ._manifest import Layout, endpoint_of, manifest_of, name_of, plain
from .errors import ConfigurationError, PipelineError, no_transport, warn
from .node import Node, RuntimeNode
from .runtime import running_engine, start_engine, try_load_rust_runtime

_was_warned = False


class Running:
    """One run of nodes in a row, or as `layout` says; with `is_initialized` the caller initializes and cleans them up."""

    def __init__(self, name: str, nodes: List[Any], is_initialized: bool = False, layout: Optional[Layout] = None):
        self._name = name
        self._nodes = nodes
        self._layout = layout or Layout()
        self._is_initialized = is_initialized
        self._run: Any = None

    def results(self, given: Any, use_rust: bool, is_streaming: bool) -> AsyncIterator[Any]:
        """The results as they come; in the runtime, of a run that is not streaming, when it is over."""
        if not self._nodes:
            raise PipelineError("Cannot run empty pipeline")
        sources = self._sources(given)
        reason = self._why_here(use_rust)
        return self._in_runtime(given, sources, is_streaming) if reason is None else self._here(given, reason)

    def _sources(self, given: Any) -> Set[int]:
        """
        The `id` of every node of this process that begins by itself: without an input those that stand first, with one those that say so, unless it
        is for them.
        """
        heads = self._layout.heads(self._nodes)
        sources = [node for node in self._nodes if is_source(node)]
        if given is None:
            sources += [node for node in heads if not (is_native(node) or is_source(node) or getattr(node, "is_streaming", False))]
        elif all(is_source(node) for node in heads):
            sources = [node for node in sources if not _takes_item(node)]
            if sources:
                raise PipelineError(f"input was given, but {name_of(sources[0])} is a source that takes none. Run it without input.")
        return {id(node) for node in sources}

    @property
    def metrics(self) -> Optional[Dict[str, Any]]:
        """Figures of the run, as far as it has come; nodes in their order, and behind them what the runtime put between them."""
        figures = None if self._run is None else self._run.metrics
        if figures is not None and not self._layout.is_row:
            nodes = {one["node_id"]: one for one in figures["node_metrics"]}
            figures["node_metrics"] = [nodes.pop(one) for one in self._layout.ids if one in nodes] + list(nodes.values())
        return figures

    def _why_here(self, use_rust: bool) -> Optional[str]:
        """Why the run needs no runtime, or cannot have it."""
        if self._layout.is_row and not any(is_native(node) or endpoint_of(node) for node in self._nodes):
            return "every node is Python code of this process"
        is_asked_for = any(getattr(node, "runtime_hint", "") == "rust" for node in self._nodes)
        return why_no_runtime(is_asked_for) if use_rust else "use_rust=False"

    def _here(self, given: Any, reason: str) -> AsyncIterator[Any]:
        missing = [name_of(node) for node in self._nodes if is_native(node) and type(node).process is Node.process]
        if missing:
            raise ConfigurationError(f"{', '.join(missing)} needs the runtime: {reason}")
        if not self._layout.is_row:
            raise PipelineError(f"{self._name} has branches, and a pipeline with branches needs the runtime: {reason}")
        self._run = LocalRun(self._nodes, self._name, reason, self._is_initialized, is_fed=given is not None)
        return self._run.results(items_of(given))

    def _in_runtime(self, given: Any, sources: Set[int], is_streaming: bool) -> AsyncIterator[Any]:
        start_engine()  # which takes longer than what is imported, and made, until it is needed
        from ._engine import Run

        self._run = Run()
        manifest, objects = served_manifest(manifest_of(self._name, self._nodes, layout=self._layout), self._nodes, self._run.group, sources)
        if self._is_initialized:
            objects = {node_id: _Initialized(node) for node_id, node in objects.items()}
        has_source = any(id(node) in sources or isinstance(node, RuntimeNode) for node in self._layout.heads(self._nodes))
        values = None if given is None and has_source else items_of(given)
        return self._run.results(plain(manifest), objects, values, is_streaming)


def served_manifest(
    manifest: Dict[str, Any], nodes: List[Any], group: str, sources: Optional[Set[int]] = None
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """
    The manifest for the runtime, in which nodes of this process are served back to it, and those nodes by id. `sources` are the `id` of those that
    begin by themselves, default who says so.
    """
    if sources is None:
        sources = {id(node) for node in nodes if is_source(node)}
    objects = {}
    for entry, node in zip(manifest["nodes"], nodes):
        endpoint = endpoint_of(node)
        if endpoint is not None:
            raise no_transport(endpoint)
        if not is_native(node):
            objects[entry["id"]] = node
            kind = "python-source" if id(node) in sources else "python"
            entry.update(node_type=kind, params={"object": entry["id"], "group": group})
            entry.pop("is_streaming", None)
        if not isinstance(node, RuntimeNode):
            entry.pop("runtime_hint", None)  # it has been followed
    return manifest, objects


class _Initialized:
    """A node whose hooks somebody else has called: a worker finds none."""

    def __init__(self, node: Any):
        self._node = node

    def __getattr__(self, name: str) -> Any:
        if name in ("initialize", "cleanup"):
            raise AttributeError(name)
        return getattr(self._node, name)


def is_native(node: Any) -> bool:
    """Whether the runtime's own node takes the place of this one."""
    if "_is_native" not in vars(type(node)):
        return False
    has_python = type(node).process is not Node.process
    return not (has_python and getattr(node, "runtime_hint", "auto") in ("python", "cpython"))


def is_source(node: Any) -> bool:
    """Whether it says that it gives what there is."""
    return bool(getattr(node, "is_source", False))


def _takes_item(node: Any) -> bool:
    parameters = inspect.signature(node.process).parameters.values()
    return any(one.kind <= one.VAR_POSITIONAL for one in parameters)


def why_no_runtime(is_asked_for: bool = False) -> Optional[str]:
    """
    Why the runtime is not used, None where it is; `is_asked_for` where a node says `runtime_hint="rust"`. Warns once where it is missing; raises
    `ConfigurationError` where there shall be no fallback.
    """
    global _was_warned
    if os.environ.get("REMOTEMEDIA_RUNTIME", "").lower() == "python":
        return "REMOTEMEDIA_RUNTIME=python"
    if running_engine() is not None:
        return None
    is_there, _, why = try_load_rust_runtime()
    if not is_there:
        if os.environ.get("REMOTEMEDIA_ENABLE_FALLBACK", "true").lower() in ("0", "false", "no"):
            raise ConfigurationError(str(why))
        if not _was_warned:
            _was_warned = True
            what = "Rust runtime requested but not available" if is_asked_for else "the runtime is not available"
            warn(f"{what}, pipelines run in pure Python: {why}")
    return why


async def items_of(given: Any) -> AsyncIterator[Any]:
    """The items of an input: a list is many, an (async) iterator a stream of them, anything else one."""
    if hasattr(given, "__aiter__"):
        async for item in given:
            yield item
    elif isinstance(given, list):
        for item in given:
            yield item
    elif hasattr(given, "__next__"):
        loop, end = asyncio.get_running_loop(), object()
        while True:
            # It may wait, for a file or a device.
            item = await loop.run_in_executor(None, next, given, end)
            if item is end:
                return
            yield item
    else:
        yield given
