"""`remotemedia.node`, `remotemedia.state` and `remotemedia.remote` by their earlier name."""
from __future__ import annotations

from ..node import Node
from ..remote import RemoteExecutorConfig
from ..state import SessionState, StateManager

__all__ = ["Node", "RemoteExecutorConfig", "SessionState", "StateManager"]
