"""A pipeline as a manifest."""
from __future__ import annotations

import datetime
import enum
import math
import os
import re
from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Optional, Sequence

from .errors import SerializationError


@dataclass
class Layout:
    """What a definition says of a pipeline beyond its nodes. Without `connections` they stand in a row, and have no `ids` of their own."""

    ids: List[str] = field(default_factory=list)
    connections: Optional[List[Dict[str, Any]]] = None
    #: Further fields of the manifest, `outputs` for one, and of its metadata.
    fields: Dict[str, Any] = field(default_factory=dict)
    metadata: Dict[str, Any] = field(default_factory=dict)

    @property
    def is_row(self) -> bool:
        return self.connections is None

    def as_graph(self, nodes: Sequence[Any]) -> "Layout":
        """With the connections of a row written out, so that there can be others."""
        ids = ids_of(nodes)
        return self if not self.is_row else replace(self, ids=ids, connections=[{"from": one, "to": other} for one, other in zip(ids, ids[1:])])

    def heads(self, nodes: Sequence[Any]) -> List[Any]:
        """The nodes that none stands before."""
        if self.connections is None:
            return list(nodes[:1])
        fed = {node_of(edge["to"], self.ids) for edge in self.connections}
        return [node for node_id, node in zip(self.ids, nodes) if node_id not in fed]


def name_of(node: Any) -> str:
    """The name of a node; a class that inherits from nothing has that of its class."""
    return str(getattr(node, "name", type(node).__name__))


def endpoint_of(node: Any) -> Optional[str]:
    """The other machine that a node asks for, `name:port`. A node that is not `is_remote` may call what it likes `host`."""
    if not getattr(node, "is_remote", False):
        return None
    return getattr(getattr(node, "remote_config", None), "endpoint", None) or getattr(node, "host", None)


def ids_of(nodes: Sequence[Any]) -> List[str]:
    """The ids of nodes in a manifest: name and position."""
    return [re.sub(r"[^a-zA-Z0-9_-]", "_", f"{name_of(node)}_{index}") for index, node in enumerate(nodes)]


def node_of(end: str, ids: Sequence[str]) -> str:
    """The node of an end of a connection, `id` or `id.port`; an id that has a dot is not split."""
    return end if end in ids else end.rpartition(".")[0] or end


def manifest_of(
    name: str,
    nodes: Sequence[Any],
    include_capabilities: bool = True,
    description: Optional[str] = None,
    layout: Optional[Layout] = None,
) -> Dict[str, Any]:
    """Nodes as a manifest of version v1: in a row, or as `layout` says."""
    layout = layout or Layout()
    ids = ids_of(nodes) if layout.is_row else layout.ids
    entries = []
    for node_id, node in zip(ids, nodes):
        is_node = hasattr(node, "to_manifest")
        entry = node.to_manifest(include_capabilities) if is_node else {"node_type": type(node).__name__, "params": {}}
        entries.append({**entry, "id": node_id})
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    metadata = {**layout.metadata, "name": name, "created_at": now, **({"description": description} if description else {})}
    row = [{"from": one, "to": other} for one, other in zip(ids, ids[1:])]
    edges = row if layout.connections is None else [dict(edge) for edge in layout.connections]
    return {"version": "v1", "metadata": metadata, "nodes": entries, "connections": edges, **layout.fields}


def plain(value: Any, path: str = "") -> Any:
    """A value as JSON has it. Raises `SerializationError` that says where something cannot be."""
    if value is None or isinstance(value, (bool, int, str)) and not isinstance(value, enum.Enum):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict):
        return {str(key): plain(one, f"{path}.{key}" if path else str(key)) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one, f"{path}[{_label(one, index)}]") for index, one in enumerate(value)]
    if isinstance(value, enum.Enum):
        return plain(value.value, path)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    as_list = getattr(value, "tolist", None)  # of numpy
    if callable(as_list):
        return plain(as_list(), path)
    what = value if isinstance(value, float) else f"a {type(value).__name__}"
    raise SerializationError(f"{path} is {what}, which no manifest can carry: give what JSON knows, or run the pipeline where it was made")


def _label(value: Any, index: int) -> Any:
    return value["id"] if isinstance(value, dict) and "id" in value else index
