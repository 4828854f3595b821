"""How users name the ends of connections: by the names of nodes."""
from __future__ import annotations

from typing import Any, Sequence

from ._manifest import name_of
from .errors import PipelineError


def end_of(name: str, ids: Sequence[str], nodes: Sequence[Any]) -> str:
    """
    `"node"` or `"node.port"` with the id in place of the node's name. Raises `PipelineError` where there is no such node, or more than one.
    """
    whole, dot, port = name.rpartition(".")
    for node, rest in ((name, ""), (whole, dot + port)):
        if node in ids:
            return node + rest
        found = [node_id for node_id, one in zip(ids, nodes) if name_of(one) == node]
        if len(found) == 1:
            return found[0] + rest
        if found:
            raise PipelineError(f"{len(found)} nodes have the name {node!r}: give them names of their own, or say which: {', '.join(found)}")
    raise PipelineError(f"no node is called {name!r}; there are {', '.join(name_of(one) for one in nodes)}")
