"""State of nodes by session."""
from __future__ import annotations

import datetime
import threading
import weakref
from dataclasses import dataclass, field
from typing import Any, Dict, Generator, Optional, Union

_DAY = datetime.timedelta(hours=24)
_EVERY = datetime.timedelta(minutes=5)


@dataclass
class SessionState:
    """
    What a node keeps of one session. `data` is the node's own; `metadata` is for whoever runs it.

        state = self.get_session_state("anna")      # `await` in front of it does no harm
        state.set("turns", state.get("turns", 0) + 1)
    """

    session_id: str
    data: Dict[str, Any] = field(default_factory=dict)
    created_at: datetime.datetime = field(default_factory=datetime.datetime.now)
    last_accessed: datetime.datetime = field(default_factory=datetime.datetime.now)
    metadata: Dict[str, Any] = field(default_factory=dict)

    def update_access_time(self) -> None:
        """Says that the session is in use."""
        self.last_accessed = datetime.datetime.now()

    def get(self, key: str, default: Any = None) -> Any:
        """What is kept under `key`."""
        self.update_access_time()
        return self.data.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keeps a value."""
        self.update({key: value})

    def update(self, updates: Dict[str, Any]) -> None:
        """Keeps many values."""
        self.update_access_time()
        self.data.update(updates)

    def clear(self) -> None:
        """Forgets all values."""
        self.update_access_time()
        self.data.clear()

    def __await__(self) -> "Generator[None, None, SessionState]":
        # Nodes were written when looking a session up was a coroutine, and when it was not.
        return self
        yield


class StateManager:
    """
    The sessions of a node; any thread may ask. A session that nobody used for `default_ttl` (seconds or a timedelta, default 24 hours) goes; when
    there are `max_sessions`, a new one takes the place of that used longest ago.

    `enable_persistence` is kept and does nothing, as ever: sessions live as long as the process.
    """

    def __init__(
        self,
        default_ttl: Union[None, float, datetime.timedelta] = None,
        max_sessions: Optional[int] = None,
        enable_persistence: bool = False,
    ):
        ttl = _DAY if default_ttl is None else default_ttl
        self.default_ttl = ttl if isinstance(ttl, datetime.timedelta) else datetime.timedelta(seconds=ttl)
        self.max_sessions = max_sessions
        self.enable_persistence = enable_persistence
        self._sessions: Dict[str, SessionState] = {}
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.RLock()
        self._stopped: Optional[threading.Event] = None

    def get_or_create_session(self, session_id: str) -> SessionState:
        """The state of a session, made where there is none. Counts as a use."""
        with self._lock:
            self.start_cleanup_task()
            state = self.get_session(session_id)
            if state is None:
                if self.max_sessions and len(self._sessions) >= self.max_sessions:
                    del self._sessions[min(self._sessions, key=lambda one: self._sessions[one].last_accessed)]
                state = self._sessions[session_id] = SessionState(session_id)
            state.update_access_time()
            return state

    def get_session(self, session_id: str) -> Optional[SessionState]:
        """The state of a session; None where there is none, or it went unused for too long."""
        with self._lock:
            state = self._sessions.get(session_id)
            return None if state is None or self._is_expired(state) and self.delete_session(session_id) else state

    def delete_session(self, session_id: str) -> bool:
        """Forgets a session; whether it was there."""
        with self._lock:
            return self._sessions.pop(session_id, None) is not None

    def get_all_sessions(self) -> Dict[str, SessionState]:
        """Every session by id."""
        with self._lock:
            return dict(self._sessions)

    def clear_all_sessions(self) -> None:
        """Forgets all."""
        with self._lock:
            self._sessions.clear()

    def cleanup_expired_sessions(self) -> int:
        """Forgets the sessions that nobody used for too long; how many there were."""
        with self._lock:
            return sum(self.delete_session(one.session_id) for one in list(self._sessions.values()) if self._is_expired(one))

    def _is_expired(self, state: SessionState) -> bool:
        return datetime.datetime.now() - state.last_accessed > self.default_ttl

    def start_cleanup_task(self, interval: Optional[datetime.timedelta] = None) -> None:
        """Cleans up every five minutes, in a thread that ends with this object or with `stop_cleanup_task`. The first session starts it."""
        with self._lock:
            if self._stopped is not None:
                return
            self._stopped = stopped = threading.Event()
            weakref.finalize(self, stopped.set)
            seconds = (interval or _EVERY).total_seconds()
            threading.Thread(target=_clean, args=(weakref.ref(self), stopped, seconds), name="remotemedia-sessions", daemon=True).start()

    def stop_cleanup_task(self) -> None:
        """Ends that thread."""
        with self._lock:
            if self._stopped is not None:
                self._stopped.set()
                self._stopped = None

    def __getstate__(self) -> Dict[str, Any]:
        # Nodes are copied and pickled: locks and threads stay behind.
        return {key: value for key, value in vars(self).items() if key not in ("_lock", "_stopped")}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()


def _clean(manager: "weakref.ref[StateManager]", stopped: threading.Event, seconds: float) -> None:
    while not stopped.wait(seconds):
        found = manager()
        if found is not None:
            found.cleanup_expired_sessions()
        del found
