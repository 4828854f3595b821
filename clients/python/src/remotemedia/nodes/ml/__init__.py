"""Models of other packages."""
from __future__ import annotations

from ..tts import KokoroTTSNode
from .ultravox import UltravoxNode

__all__ = ["KokoroTTSNode", "UltravoxNode"]
