"""`remotemedia.pipeline` by its earlier name."""
from __future__ import annotations

from ..pipeline import Pipeline

__all__ = ["Pipeline"]
