"""What can be said of a text by looking at its letters."""
from __future__ import annotations

from typing import Any, Callable, Dict

from ..node import Node

__all__ = ["TextProcessorNode"]

_OPERATIONS: Dict[str, Callable[[str], Any]] = {
    "uppercase": str.upper,
    "lowercase": str.lower,
    "reverse": lambda text: text[::-1],
    "word_count": lambda text: len(text.split()),
    "char_count": len,
}


class TextProcessorNode(Node):
    """
    Operations on a text, each on the text itself: uppercase, lowercase, reverse, word_count, char_count.

        Pipeline([TextProcessorNode()]).run({"text": "Good day", "operations": ["uppercase", "word_count"]})["results"]
        # {"uppercase": "GOOD DAY", "word_count": 2}

    Raises `ValueError` for an operation that it does not have, and for what is not such a dict.
    """

    def process(self, data: Any) -> Dict[str, Any]:
        """`original_text`, `operations`, `results` by operation, `processed_by` and `node_config`."""
        text, operations = (data.get("text"), data.get("operations")) if isinstance(data, dict) else (None, None)
        if not isinstance(text, str) or not isinstance(operations, (list, tuple)):
            given = f"the keys {sorted(map(str, data))}" if isinstance(data, dict) else f"a {type(data).__name__}"
            raise ValueError(f'TextProcessorNode takes {{"text": "…", "operations": [names]}}, and got {given}')
        unknown = [one for one in operations if one not in _OPERATIONS]
        if unknown:
            raise ValueError(f"Unknown operation: {unknown[0]}. Operations are {', '.join(_OPERATIONS)}")
        results = {one: _OPERATIONS[one](text) for one in operations}
        by = f"TextProcessorNode[{self.name}]"
        return {"original_text": text, "operations": operations, "results": results, "processed_by": by, "node_config": self.config}
