"""The base class of nodes."""
from __future__ import annotations

import inspect
from typing import Any, Dict, Optional, Tuple

from .state import SessionState, StateManager

_METADATA_KEYS = {"session_id", "metadata", "user_name", "timestamp"}


class Node:
    """
    One step of a pipeline: give it `process(data)`. It may be a function, a coroutine, a generator or an async generator; with `is_streaming`
    an async generator gets all inputs as one stream. `initialize`, `cleanup` and `flush` may be either kind of function.

        class Shout(Node):
            def process(self, text): return text.upper()
    """

    is_streaming = False
    is_source = False
    is_sink = False
    is_remote = False
    #: The runtime's own node of this name takes the place of the class.
    _is_native = False
    #: What the runtime calls it; the name of the class where it is empty.
    _node_type = ""
    _params: Dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> "Node":
        # What a constructor was given, whether it hands it to super().__init__ or not: a manifest must be able to make the node again.
        self = super().__new__(cls)
        try:
            bound = inspect.signature(cls.__init__).bind(self, *args, **kwargs)
        except TypeError:
            self._params = dict(kwargs)  # the constructor itself says what is wrong
            return self
        bound.apply_defaults()
        given = {key: value for key, value in list(bound.arguments.items())[1:]}
        for parameter in inspect.signature(cls.__init__).parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                given.update(given.pop(parameter.name, {}))
        self._params = given
        return self

    def __init__(
        self,
        name: Optional[str] = None,
        enable_state: bool = True,
        state_ttl: Optional[float] = None,
        max_sessions: Optional[int] = None,
        **kwargs: Any,
    ):
        self.name = name or type(self).__name__
        self.host: Optional[str] = kwargs.pop("host", None)
        self.config: Dict[str, Any] = kwargs
        self.remote_config: Any = None
        self._is_initialized = False
        self._session_id: Optional[str] = None
        self.state: Optional[StateManager] = (
            StateManager(24 * 3600 if state_ttl is None else state_ttl, max_sessions) if enable_state else None
        )

    def process(self, data: Any) -> Any:
        """What becomes of one item; None for nothing."""
        raise NotImplementedError(f"{type(self).__name__} has no process(self, data)")

    def initialize(self) -> Any:
        """Called once before the first item."""

    def cleanup(self) -> Any:
        """Called once after the last."""

    # sessions

    def set_session_id(self, session_id: Optional[str]) -> None:
        """The session that `get_session_state` means."""
        self._session_id = session_id

    def get_session_id(self) -> Optional[str]:
        """The session that was set."""
        return self._session_id

    def get_session_state(self, session_id: Optional[str] = None) -> Optional[SessionState]:
        """What this node keeps of a session; None without state or session."""
        wanted = session_id or self._session_id
        return self.state.get_session(wanted) if self.state is not None and wanted is not None else None

    def extract_session_id(self, data: Any) -> Optional[str]:
        """The `session_id` of a dict, or of the metadata of a tuple."""
        found = data if isinstance(data, dict) else data[-1] if isinstance(data, tuple) and data else None
        return found.get("session_id") if isinstance(found, dict) else None

    def split_data_metadata(self, data: Any) -> Tuple[Any, Optional[Dict[str, Any]]]:
        """The data without the metadata that stand last in a tuple, and those."""
        if not (isinstance(data, tuple) and len(data) > 1 and isinstance(data[-1], dict) and _METADATA_KEYS & set(data[-1])):
            return data, None
        return (data[0] if len(data) == 2 else data[:-1]), data[-1]

    def merge_data_metadata(self, data: Any, metadata: Optional[Dict[str, Any]]) -> Any:
        """The opposite of `split_data_metadata`."""
        if not metadata:
            return data
        return (*data, metadata) if isinstance(data, tuple) else (data, metadata)

    # manifest

    def get_capabilities(self) -> Optional[Dict[str, Any]]:
        """What the node wants of a machine, as manifests say it."""
        return None

    def _extract_params(self) -> Dict[str, Any]:
        own = ("name", "enable_state", "state_ttl", "max_sessions", "runtime_hint", "host")
        found = {key: value for key, value in {**self._params, **self.config}.items() if key not in own}
        if not self._is_native:
            return found
        # Keyword arguments that nobody knows are tolerated, but the runtime is not bothered with them.
        return {key: value for key, value in found.items() if key in inspect.signature(type(self).__init__).parameters}

    def to_manifest(self, include_capabilities: bool = True) -> Dict[str, Any]:
        """This node in a manifest."""
        entry: Dict[str, Any] = {"id": self.name, "node_type": self._node_type or type(self).__name__, "params": self._extract_params()}
        if self.is_streaming:
            entry["is_streaming"] = True
        hint = getattr(self, "runtime_hint", "auto")
        if hint != "auto":
            entry["runtime_hint"] = hint
        if self.host is not None:
            entry["host"] = self.host
        capabilities = self.get_capabilities() if include_capabilities else None
        if capabilities:
            entry["capabilities"] = capabilities
        return entry

    def get_config(self) -> Dict[str, Any]:
        """Name, class and parameters."""
        return {"name": self.name, "class": type(self).__name__, "config": dict(self.config)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"
