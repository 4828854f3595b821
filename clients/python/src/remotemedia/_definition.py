"""Pipelines from data and as data: what `export_definition` gives, and manifests of version v1."""
from __future__ import annotations

import copy
import importlib
import inspect
import re
import sys
import time
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ._manifest import Layout, endpoint_of, ids_of, node_of
from ._worker.errors import told_of
from ._worker.loading import make_node
from .errors import PipelineError
from .node import RuntimeNode

_OF_NODES = {
    *("id", "node_type", "params", "runtime_hint", "is_streaming", "host", "module", "class_name"),
    *("node_id", "config", "is_remote", "remote_endpoint", "is_source", "is_sink"),
}
_OF_METADATA = {"name", "created_at", "exported_at", "node_count", "remote_node_count", "has_streaming_nodes", "pipeline_type"}
#: Nodes of the runtime that import what their parameters name.
_RUN_PYTHON = {"python", "python-source"}
_TRUST = "Pass trusted=True if you know who wrote the definition"


def definition_of(name: str, nodes: Sequence[Any], layout: Layout) -> Dict[str, Any]:
    """A pipeline in the format of `export_definition`."""
    ids = ids_of(nodes) if layout.is_row else layout.ids
    edges = layout.connections
    if edges is None:
        edges = [{"from": one, "to": other} for one, other in zip(ids, ids[1:])]
    configs = [getattr(node, "remote_config", None) for node in nodes]
    packages = [name for node in nodes for name in getattr(node, "dependencies", None) or []]
    packages += [name for config in configs for name in getattr(config, "pip_packages", None) or []]
    return {
        "name": name,
        "nodes": [_entry_of(node_id, node) for node_id, node in zip(ids, nodes)],
        "connections": [_ports_of(edge, ids) for edge in edges],
        "metadata": {
            **layout.metadata,
            "exported_at": time.time(),
            "node_count": str(len(nodes)),
            "remote_node_count": str(sum(bool(getattr(node, "is_remote", False)) for node in nodes)),
            "has_streaming_nodes": str(any(getattr(node, "is_streaming", False) for node in nodes)),
            "pipeline_type": "linear" if layout.is_row else "graph",
        },
        "dependencies": sorted({"remotemedia", *packages}),
        **layout.fields,
    }


def _entry_of(node_id: str, node: Any) -> Dict[str, Any]:
    config = node.get_config()["config"] if hasattr(node, "get_config") else {}
    return {
        **getattr(node, "_of_manifest", {}),
        "node_id": node_id,
        "node_type": getattr(node, "_node_type", "") or type(node).__name__,
        "config": {key: value for key, value in config.items() if key != "remote_config"},
        "is_remote": bool(getattr(node, "is_remote", False)),
        "remote_endpoint": endpoint_of(node),
        "is_streaming": bool(getattr(node, "is_streaming", False)),
        "is_source": bool(getattr(node, "is_source", False)),
        "is_sink": bool(getattr(node, "is_sink", False)),
        "module": type(node).__module__,
        "class_name": type(node).__qualname__,
    }


def _ports_of(edge: Dict[str, Any], ids: Sequence[str]) -> Dict[str, Any]:
    rest = {key: value for key, value in edge.items() if key not in ("from", "to")}
    ends = [(node_of(edge[key], ids), edge[key]) for key in ("from", "to")]
    (one, out), (other, into) = [(node, end[len(node) + 1 :] or "default") for node, end in ends]
    return {"from_node": one, "to_node": other, "output_port": out, "input_port": into, **rest}


def parts_of(definition: Any, trusted: bool) -> Tuple[str, List[Any], Layout]:
    """The name, the nodes and the layout that a definition stands for. Raises `PipelineError`."""
    if not isinstance(definition, Mapping):
        raise PipelineError(f"A definition is a dict, such as json.loads(pipeline.serialize()) gives, got {type(definition)}")
    entries, edges = _dicts_of(definition, "nodes"), _dicts_of(definition, "connections")
    is_manifest = "version" in definition or any("id" in entry for entry in entries)
    if is_manifest and definition.get("version") != "v1":
        raise PipelineError(f"Unsupported manifest version: {definition.get('version')}")
    if is_manifest and not entries:
        raise PipelineError("Manifest must contain at least one node")
    metadata = dict(definition.get("metadata") or {})
    name = metadata.get("name") if is_manifest else definition.get("name")
    ids = _checked_ids(entries)
    if is_manifest or "connections" in definition:
        edges = [_edge_of(edge, ids) for edge in edges]
    else:
        edges = [{"from": one, "to": other} for one, other in zip(ids, ids[1:])]
    fields = {key: value for key, value in definition.items() if key not in ("version", "name", "metadata", "nodes", "connections", "dependencies")}
    kept = {key: value for key, value in metadata.items() if key not in _OF_METADATA}
    row = None if fields else _row_of(ids, edges)
    order = row if row is not None else ids
    nodes = [_node_of(node_id, index, entries[ids.index(node_id)], trusted) for index, node_id in enumerate(order)]
    layout = Layout(metadata=kept) if row is not None else Layout(ids, copy.deepcopy(edges), copy.deepcopy(fields), kept)
    return str(name or "ImportedPipeline"), nodes, layout


def _dicts_of(definition: Mapping[str, Any], key: str) -> List[Dict[str, Any]]:
    found = definition.get(key) or []
    if not isinstance(found, (list, tuple)) or not all(isinstance(one, Mapping) for one in found):
        raise PipelineError(f"The {key} of a definition are a list of dicts, got {found!r}")
    return [dict(one) for one in found]


def _checked_ids(entries: Sequence[Mapping[str, Any]]) -> List[str]:
    ids: List[str] = []
    for index, entry in enumerate(entries):
        node_id = str(entry.get("id") or entry.get("node_id") or "")
        if not node_id or not (entry.get("node_type") or entry.get("class_name")):
            raise PipelineError(f"Node {index} of the definition needs an id and a node_type, got {sorted(entry)}")
        if node_id in ids:
            raise PipelineError(f"Duplicate node ID: {node_id}")
        ids.append(node_id)
    return ids


def _edge_of(edge: Mapping[str, Any], ids: Sequence[str]) -> Dict[str, Any]:
    found = {key: value for key, value in edge.items() if key not in ("from_node", "to_node", "output_port", "input_port")}
    for end, node, port, which in (("from", "from_node", "output_port", "source"), ("to", "to_node", "input_port", "target")):
        if node in edge:
            found[end] = edge[node] if edge.get(port, "default") == "default" else f"{edge[node]}.{edge[port]}"
        if node_of(str(found.get(end)), ids) not in ids:
            raise PipelineError(f"Connection references unknown {which} node: {found.get(end)}")
    return found


def _row_of(ids: Sequence[str], edges: Sequence[Mapping[str, Any]]) -> Optional[List[str]]:
    """The ids in the order of a row, where the connections are no more than one."""
    following = {edge["from"]: edge["to"] for edge in edges if set(edge) == {"from", "to"} and edge["from"] in ids and edge["to"] in ids}
    heads = [one for one in ids if one not in following.values()]
    if len(edges) != len(ids) - 1 or len(following) != len(edges) or len(heads) != min(1, len(ids)):
        return None if ids else []
    row = heads
    while row[-1] in following:
        row.append(following[row[-1]])
    return row if len(row) == len(ids) else None


def _node_of(node_id: str, index: int, entry: Dict[str, Any], trusted: bool) -> Any:
    is_export = "node_id" in entry
    try:
        config = dict((entry.get("config") if is_export else entry.get("params")) or {})
        if is_export and entry.get("remote_endpoint") and not config.get("host"):
            config["remote_config"] = _remote_config(str(entry["remote_endpoint"]))
        node = _made_of(entry, config, trusted)
        if not is_export:
            node.name = re.sub(f"_{index}$", "", node_id)
        if entry.get("host"):
            node.host, node.is_remote = _host(entry["host"]), True
    except PipelineError:
        raise
    except Exception as error:
        raise PipelineError(f"Failed to create node {node_id}: {told_of(error)}") from error
    if entry.get("is_streaming"):
        node.is_streaming = True
    if entry.get("runtime_hint"):
        node.runtime_hint = entry["runtime_hint"]
    node._of_manifest = {key: value for key, value in entry.items() if key not in _OF_NODES}
    return node


def _made_of(entry: Mapping[str, Any], config: Dict[str, Any], trusted: bool) -> Any:
    from . import nodes

    kind, module = str(entry.get("node_type") or ""), str(entry.get("module") or "")
    name = str(entry.get("class_name") or kind)
    if not module and (":" in kind or kind.endswith(".py")):
        if trusted:
            return make_node(kind, config)
        module, _, name = kind.partition(":")
        if module.endswith(".py"):
            raise PipelineError(f"{kind} is a file of Python code. {_TRUST}.")
    if not module and name in nodes.__all__:
        module = "remotemedia.nodes"
    if module:
        return _class_of(module, name, trusted)(**config)
    if kind in _RUN_PYTHON and not trusted:
        raise PipelineError(f"{kind} runs Python code that the definition names. {_TRUST}.")
    return RuntimeNode(kind, config)


def _class_of(module: str, name: str, trusted: bool) -> Any:
    if module not in sys.modules and not trusted and not module.startswith("remotemedia.nodes."):
        raise PipelineError(f"{module}:{name} is Python code that this program has not imported. {_TRUST}, or import the module first.")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise PipelineError(f"Cannot import {name} from {module}: {error}") from error
    if not inspect.isclass(found) or not callable(getattr(found, "process", None)):
        raise PipelineError(f"{module}.{name} is no node: it has no process")
    if getattr(found, "_runs_code", False) and not trusted:
        raise PipelineError(f"{module}.{name} runs code that the definition brings. {_TRUST}.")
    return found


def _host(host: str) -> str:
    if not re.fullmatch(r"[^:]+:\d+", str(host)):
        raise PipelineError(f"Invalid host: {host!r}. It is name:port.")
    return host


def _remote_config(endpoint: str) -> Any:
    from .remote import RemoteExecutorConfig

    host, _, port = endpoint.partition(":")
    return RemoteExecutorConfig(host=host, port=int(port or 50052))
