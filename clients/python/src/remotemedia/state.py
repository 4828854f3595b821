"""State of nodes by session."""
from __future__ import annotations

import time
from typing import Any, Dict, Optional


class SessionState:
    """What a node keeps of one session."""

    def __init__(self, session_id: str):
        self.session_id = session_id
        self.data: Dict[str, Any] = {}
        self.metadata: Dict[str, Any] = {}
        self.created_at = self.last_accessed = time.time()

    def get(self, key: str, default: Any = None) -> Any:
        """What is kept under `key`."""
        self.last_accessed = time.time()
        return self.data.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keeps a value."""
        self.update({key: value})

    def update(self, values: Dict[str, Any]) -> None:
        """Keeps many values."""
        self.last_accessed = time.time()
        self.data.update(values)

    def clear(self) -> None:
        """Forgets all values."""
        self.last_accessed = time.time()
        self.data.clear()


class StateManager:
    """Sessions of a node: those that nobody used for `default_ttl` seconds go; when full, the one used longest ago does."""

    def __init__(self, default_ttl: Optional[float] = 24 * 3600, max_sessions: Optional[int] = None, enable_persistence: bool = False):
        self.default_ttl = default_ttl
        self.max_sessions = max_sessions
        self.enable_persistence = enable_persistence
        self._sessions: Dict[str, SessionState] = {}

    def get_session(self, session_id: str) -> SessionState:
        """The state of a session, which is made when it is not there."""
        self.cleanup_expired()
        state = self._sessions.get(session_id)
        if state is None:
            if self.max_sessions is not None and len(self._sessions) >= self.max_sessions:
                self.remove_session(min(self._sessions.values(), key=lambda one: one.last_accessed).session_id)
            state = self._sessions[session_id] = SessionState(session_id)
        state.last_accessed = time.time()
        return state

    def remove_session(self, session_id: str) -> bool:
        """Forgets a session; whether it was there."""
        return self._sessions.pop(session_id, None) is not None

    def cleanup_expired(self) -> int:
        """Forgets sessions that nobody used for too long; how many."""
        if self.default_ttl is None:
            return 0
        oldest = time.time() - self.default_ttl
        return sum(self.remove_session(one.session_id) for one in list(self._sessions.values()) if one.last_accessed < oldest)
