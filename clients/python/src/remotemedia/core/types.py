"""What ended a `DataSourceNode` in earlier scripts: `await source.push_data(_SENTINEL)`."""
from __future__ import annotations

from ..nodes.io_nodes import END as _SENTINEL

__all__ = ["_SENTINEL"]
