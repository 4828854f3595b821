"""A pipeline as a manifest."""
from __future__ import annotations

import datetime
import re
from typing import Any, Dict, List, Optional, Sequence


def name_of(node: Any) -> str:
    """The name of a node; a class that inherits from nothing has that of its class."""
    return str(getattr(node, "name", type(node).__name__))


def ids_of(nodes: Sequence[Any]) -> List[str]:
    """The ids of nodes in a manifest: name and position."""
    return [re.sub(r"[^a-zA-Z0-9_-]", "_", f"{name_of(node)}_{index}") for index, node in enumerate(nodes)]


def manifest_of(name: str, nodes: Sequence[Any], include_capabilities: bool = True, description: Optional[str] = None) -> Dict[str, Any]:
    """Nodes in a row as a manifest of version v1."""
    ids = ids_of(nodes)
    entries = []
    for node_id, node in zip(ids, nodes):
        is_node = hasattr(node, "to_manifest")
        entry = node.to_manifest(include_capabilities) if is_node else {"node_type": type(node).__name__, "params": {}}
        entries.append({**entry, "id": node_id})
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    metadata = {"name": name, "created_at": now, **({"description": description} if description else {})}
    edges = [{"from": one, "to": other} for one, other in zip(ids, ids[1:])]
    return {"version": "v1", "metadata": metadata, "nodes": entries, "connections": edges}
