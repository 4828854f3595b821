"""Methods of objects that come as bytes."""
from __future__ import annotations

import base64
import importlib.util
import pickle
from typing import Any, Dict

from ..errors import ConfigurationError
from ..node import Node

__all__ = ["SerializedClassExecutorNode"]


class SerializedClassExecutorNode(Node):
    """
    Calls a method of a pickled object: `{"serialized_object": base64, "method_name": "…", "method_args": […], "method_kwargs": {…}}`.

    Reading a pickle runs whatever code it holds, so nothing is read without `enable_pickle=True`: `process` raises `ConfigurationError`. Where the
    object is one of this program, put it into the pipeline itself. What was pickled with cloudpickle needs that package to be read.
    """

    _runs_code = True

    def __init__(self, enable_pickle: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.enable_pickle = enable_pickle

    def process(self, data: Any) -> Dict[str, Any]:
        """`result`, `updated_serialized_object` (base64 of the object as it is then) and `processed_by`. What the method raises, the node raises."""
        if not self.enable_pickle:
            wrong = "a pickled object runs code when it is read. Say enable_pickle=True where you trust whoever sends it."
            raise ConfigurationError(f"{self.name}: {wrong}")
        missing = [key for key in ("serialized_object", "method_name") if not isinstance(data, dict) or key not in data]
        if missing:
            raise ValueError(f"{self.name} takes a dict with serialized_object and method_name; {', '.join(missing)} is missing")
        found = pickle.loads(base64.b64decode(data["serialized_object"], validate=True))
        method = getattr(found, data["method_name"])
        if not callable(method):
            raise TypeError(f"{data['method_name']} of a {type(found).__name__} is no method")
        result = method(*(data.get("method_args") or ()), **(data.get("method_kwargs") or {}))
        again = _dumps(found)
        by = f"SerializedClassExecutorNode[{self.name}]"
        return {"result": result, "updated_serialized_object": base64.b64encode(again).decode("ascii"), "processed_by": by}


def _dumps(value: Any) -> bytes:
    # What cloudpickle wrote, often only cloudpickle can write again.
    writer: Any = importlib.import_module("cloudpickle") if importlib.util.find_spec("cloudpickle") else pickle
    written: bytes = writer.dumps(value)
    return written
