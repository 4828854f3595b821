"""For scripts."""
from __future__ import annotations

import logging
import sys
from typing import Optional

from .errors import ConfigurationError

__all__ = ["setup_logging"]


def setup_logging(level: str = "INFO", format_string: Optional[str] = None, include_timestamp: bool = True) -> None:
    """
    Shows what a program logs on standard output, from `level` on (DEBUG, INFO, WARNING, ERROR, CRITICAL), in place of what was set up before.
    `format_string` is one of `logging`; without it a line has time, name, level and message, the time only with `include_timestamp`.
    Raises `ConfigurationError` for another level.
    """
    if not isinstance(logging.getLevelName(str(level).upper()), int):
        raise ConfigurationError(f"Unknown level: {level!r}. It is DEBUG, INFO, WARNING, ERROR or CRITICAL.")
    line = ("%(asctime)s - " if include_timestamp else "") + "%(name)s - %(levelname)s - %(message)s"
    logging.basicConfig(level=str(level).upper(), format=format_string or line, stream=sys.stdout, force=True)
