"""The base class of nodes."""
from __future__ import annotations

import datetime
import difflib
import inspect
import logging
import re
from typing import Any, Dict, Generator, Optional, Tuple, Type, TypeVar, Union

from ._manifest import endpoint_of
from .errors import ConfigurationError, warn
from .state import SessionState, StateManager

_METADATA_KEYS = {"session_id", "metadata", "user_name", "timestamp"}
#: What is said to the base class, and no parameter of a node in a manifest.
_BASE: Dict[str, Any] = {
    **{"name": None, "enable_state": True, "state_ttl": None, "max_sessions": None},
    **{"runtime_hint": "auto", "host": None, "remote_config": None},
}


_N = TypeVar("_N", bound="Node")


class _Done:
    """What the hooks of the base class give: nodes call them with `await` and without."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


class _OfConstructor:
    """What a class takes is what its constructor does, and not what `__new__` lets through."""

    def __get__(self, _node: Any, owner: type) -> inspect.Signature:
        whole = inspect.signature(owner.__init__)
        return whole.replace(parameters=list(whole.parameters.values())[1:])


class Node:
    """
    One step of a pipeline: give it `process(data)`, which may be a function, a coroutine, a generator or an async generator. With `is_streaming`
    it is an async generator over the whole stream; with `is_source` it takes nothing and gives what there is. `initialize`, `cleanup` and `flush`
    may be either kind of function.

        class Shout(Node):
            def process(self, text): return text.upper()

    `name` defaults to that of the class. `state_ttl` (seconds or a timedelta) and `max_sessions` bound what `get_session_state` keeps.
    `host="name:port"` asks for another machine. Further keyword arguments are kept in `config`. What the constructor of a subclass is given is
    remembered, so that a manifest can make the node again. Raises `ConfigurationError` for a `host` that is none.
    """

    is_streaming = False
    is_source = False
    is_sink = False
    is_remote = False
    #: What it gives speaks to the user: an interruption cancels it, and what it said for an older turn is dropped.
    answers = False
    #: The runtime's own node of this name takes the place of the class.
    _is_native = False
    #: What the runtime calls it; the name of the class where it is empty.
    _node_type = ""
    #: What a manifest said of it beyond what the class knows: `on_error`, `inputs` …
    _of_manifest: Dict[str, Any] = {}
    #: Where it runs: auto, rust, python.
    runtime_hint: str
    _made_with: Dict[str, Any]
    __signature__ = _OfConstructor()

    def __new__(cls: "Type[_N]", *args: Any, **kwargs: Any) -> "_N":
        # What a constructor was given, whether it hands it to super().__init__ or not: a manifest must be able to make the node again.
        self = super(Node, cls).__new__(cls)
        Node.__init__(self)  # a constructor that forgets super().__init__() makes a node all the same
        signature = inspect.signature(cls)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            self._made_with = dict(kwargs)  # the constructor itself says what is wrong
            return self
        bound.apply_defaults()
        self._made_with = dict(bound.arguments)
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                self._made_with.update(self._made_with.pop(parameter.name, {}))
        return self

    def __init__(
        self,
        name: Optional[str] = None,
        enable_state: bool = True,
        state_ttl: Union[None, float, datetime.timedelta] = None,
        max_sessions: Optional[int] = None,
        **kwargs: Any,
    ):
        self.name = name or type(self).__name__
        self.host: Optional[str] = kwargs.pop("host", None)
        self.remote_config: Any = kwargs.pop("remote_config", None)
        if self.host is not None:
            if not re.fullmatch(r"[^:]+:\d+", str(self.host)):
                raise ConfigurationError(f"Invalid host: {self.host!r}. It is name:port, such as host='gpu-box:50052'.")
        if self.host is not None or self.remote_config is not None:
            self.is_remote = True
        self.config: Dict[str, Any] = kwargs
        if self._is_native and kwargs:
            self._warn_of(kwargs)
        self.logger = logging.getLogger(type(self).__name__)
        self.enable_state = enable_state
        self.state: Optional[StateManager] = StateManager(state_ttl, max_sessions) if enable_state else None
        self._is_initialized = False
        self._session_id: Optional[str] = None

    def _warn_of(self, unknown: Dict[str, Any]) -> None:
        """Parameters that nobody knows are tolerated, as ever; those that are nearly known are mistyped."""
        known = [name for name in inspect.signature(type(self)).parameters if name != "kwargs"]
        for name in unknown:
            for close in difflib.get_close_matches(name, known, 1, 0.75):
                warn(f'{type(self).__name__} has no parameter "{name}", which is ignored. Did you mean "{close}"?')

    def process(self, data: Any) -> Any:
        """What becomes of one item; None for nothing."""
        raise NotImplementedError(f"{type(self).__name__} has no process(self, data)")

    def initialize(self) -> Any:
        """Called once before the first item."""
        self._is_initialized = True
        return _Done()

    def cleanup(self) -> Any:
        """Called once after the last; forgets all sessions."""
        if isinstance(self.state, StateManager):  # some have another use for the name
            self.state.stop_cleanup_task()
            self.state.clear_all_sessions()
        self._is_initialized = False
        return _Done()

    @property
    def is_initialized(self) -> bool:
        """Whether the last of `initialize` and `cleanup` was the first; a class that overrides them without calling these says nothing."""
        return self._is_initialized

    # sessions

    def set_session_id(self, session_id: Optional[str]) -> None:
        """The session that `get_session_state` means."""
        self._session_id = session_id

    def get_session_id(self) -> Optional[str]:
        """The session that was set."""
        return self._session_id

    def get_session_state(self, session_id: Optional[str] = None) -> Optional[SessionState]:
        """What this node keeps of a session, made where there is nothing yet; None without `enable_state` or a session id."""
        wanted = session_id or self._session_id
        return self.state.get_or_create_session(wanted) if self.state is not None and wanted else None

    def extract_session_id(self, data: Any) -> Optional[str]:
        """The `session_id` of a dict, or of the metadata of a tuple."""
        found = data if isinstance(data, dict) else data[-1] if isinstance(data, tuple) and len(data) > 1 else None
        return found.get("session_id") if isinstance(found, dict) else None

    def split_data_metadata(self, data: Any) -> Tuple[Any, Optional[Dict[str, Any]]]:
        """The data without the metadata that stand last in a tuple, and those."""
        if not (isinstance(data, tuple) and len(data) > 1 and isinstance(data[-1], dict) and _METADATA_KEYS & set(data[-1])):
            return data, None
        return (data[0] if len(data) == 2 else data[:-1]), data[-1]

    def merge_data_metadata(self, data: Any, metadata: Optional[Dict[str, Any]]) -> Any:
        """The opposite of `split_data_metadata`."""
        if metadata is None:
            return data
        return (*data, metadata) if isinstance(data, tuple) else (data, metadata)

    # manifest

    def get_capabilities(self) -> Optional[Dict[str, Any]]:
        """
        What the node wants of a machine, None for nothing in particular:
        `{"gpu": {"type": "cuda", "min_memory_gb": 4, "required": True}, "cpu": {"cores": 2, "arch": "x86_64"}, "memory_gb": 8}`, each part optional.
        """
        return None

    def _keywords(self) -> Dict[str, Any]:
        """The keyword arguments that make the node again."""
        known = inspect.signature(type(self)).parameters
        takes_all = any(one.kind is one.VAR_KEYWORD for one in known.values())
        more = self.config if isinstance(self.config, dict) else {}
        return {**self._made_with, **{key: value for key, value in more.items() if takes_all or key in known}}

    def _extract_params(self) -> Dict[str, Any]:
        # A class that is not `is_remote` may have a `host` of its own.
        own = {} if self.is_remote or self._made_with.get("host") is None else {"host": self._made_with["host"]}
        found = {**{key: value for key, value in self._keywords().items() if key not in _BASE}, **own}
        if not self._is_native:
            return found
        # Keyword arguments that nobody knows are tolerated, but the runtime is not bothered with them.
        return {key: value for key, value in found.items() if key in inspect.signature(type(self)).parameters}

    def to_manifest(self, include_capabilities: bool = True) -> Dict[str, Any]:
        """This node as one of a manifest's `nodes`; a pipeline gives it another id."""
        kind = self._node_type or type(self).__name__
        entry: Dict[str, Any] = {"id": self.name, "node_type": kind, "params": self._extract_params(), **self._of_manifest}
        if self.is_streaming:
            entry["is_streaming"] = True
        if self.answers is True:
            entry["answers"] = True
        hint = getattr(self, "runtime_hint", "auto")
        if hint != "auto":
            entry["runtime_hint"] = hint
        endpoint = endpoint_of(self)
        if endpoint is not None:
            entry["host"] = endpoint
        capabilities = self.get_capabilities() or self._of_manifest.get("capabilities")
        if capabilities and include_capabilities:
            entry["capabilities"] = capabilities
        else:
            entry.pop("capabilities", None)
        return entry

    def get_config(self) -> Dict[str, Any]:
        """`name`, `class`, and `config`: what makes the node again as keyword arguments of its class."""
        config = {key: value for key, value in self._keywords().items() if key not in _BASE or value != _BASE[key]}
        return {"name": self.name, "class": type(self).__name__, "config": config}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


class RuntimeNode(Node):
    """
    A node that only the runtime has, by its name there (`remotemedia nodes list`).

        Pipeline([RuntimeNode("resample", {"sample_rate": 16000}), Detect()])
    """

    _is_native = True

    def __init__(self, node_type: str, params: Optional[Dict[str, Any]] = None, name: Optional[str] = None, **kwargs: Any):
        super().__init__(name=name or node_type, **kwargs)
        self._node_type = node_type
        self.params: Dict[str, Any] = dict(params or {})

    def _extract_params(self) -> Dict[str, Any]:
        return dict(self.params)
