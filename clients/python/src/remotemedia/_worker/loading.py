"""Finds what a manifest names: `module:Class`, `path/to/file.py:Class`, `path/to/file.py`, or a class of `remotemedia.nodes`."""
from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import os
import sys
from typing import Any, Callable, Dict

from .errors import WorkerError

_files: Dict[str, Any] = {}


def make_node(spec: str, params: Dict[str, Any]) -> Any:
    """An instance of the class that `spec` names; a function is the `process` of a node without state."""
    found = find(spec)
    if not inspect.isclass(found):
        return FunctionNode(found, params)
    if not callable(getattr(found, "process", None)):
        raise WorkerError("start-failed", f"{spec} has no process", "Give the class a method process(self, data).")
    try:
        inspect.signature(found).bind(**params)
    except TypeError as error:
        raise WorkerError("params-invalid", f"{spec}: {error}", f"It takes {inspect.signature(found)}.") from None
    except ValueError:
        pass  # no signature to be had: calling it will tell
    node = found(**params)
    if node is None:
        raise WorkerError("start-failed", f"{spec} gives None where it is made", "Let its __new__ give an instance.")
    return node


class FunctionNode:
    """A function of one value as a node; its parameters are keyword arguments."""

    def __init__(self, function: Callable[..., Any], params: Dict[str, Any]):
        self._function = function
        self._params = params
        # A function over the whole stream says so itself: def clean(frames): …; clean.is_streaming = True
        self.is_streaming = bool(getattr(function, "is_streaming", False))

    def process(self, data: Any) -> Any:
        """Calls it."""
        return self._function(data, **self._params)


def find(spec: str) -> Any:
    """What `spec` names. Raises `WorkerError` or what the import raised."""
    place, colon, name = spec.rpartition(":")
    if not colon:
        place, name = (spec, "") if spec.endswith(".py") else ("remotemedia.nodes", spec)
    module = _load_file(place) if place.endswith(".py") else importlib.import_module(place)
    if not name:
        return _only_class(module, spec)
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise WorkerError("node-unknown", f"{place} has no {name!r}", _advice(module, spec))
        found = getattr(found, part)
    if not callable(found):
        raise WorkerError("node-unknown", f"{spec} is a {type(found).__name__} and no class", _advice(module, spec))
    return found


def _load_file(path: str) -> Any:
    path = os.path.abspath(path)
    if path in _files:
        return _files[path]
    if not os.path.isfile(path):
        raise WorkerError("node-unknown", f"there is no file {path}", "Check the path; it is relative to where the runtime was started.")
    folder, file = os.path.split(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # what lies beside the file can be imported, as if Python had been started with it
    name = file[:-3]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if sys.modules.get(name) is module:
            del sys.modules[name]
        raise
    _files[path] = module
    return module


def _nodes_of(module: Any) -> Dict[str, Any]:
    own = {name: value for name, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__}
    return {name: value for name, value in own.items() if callable(getattr(value, "process", None))}


def _only_class(module: Any, spec: str) -> Any:
    nodes = _nodes_of(module)
    if len(nodes) == 1:
        return next(iter(nodes.values()))
    what = f"{len(nodes)} classes with process, so one must be named" if nodes else "no class with process"
    raise WorkerError("node-unknown", f"{spec} has {what}", _advice(module, spec))


def _advice(module: Any, spec: str) -> str:
    names = sorted(_nodes_of(module) or [name for name in dir(module) if name.endswith("Node")])
    if module.__name__ == "remotemedia.nodes":
        close = difflib.get_close_matches(spec, names, 1)
        return f"Did you mean {close[0]}?" if close else f"A class of your own is named with its place: file.py:{spec}, or module:{spec}."
    place = spec.rpartition(":")[0] or spec
    if not names:
        return f"Write a class with a method process(self, data), or name a function: {place}:name."
    return f"One of: {', '.join(f'{place}:{name}' for name in names[:8])}."
