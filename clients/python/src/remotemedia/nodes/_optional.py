"""Packages that a node needs and this one does not."""
from __future__ import annotations

import importlib
from typing import Any

from ..errors import ConfigurationError


def load(module: str, taker: str, instead: str, install: str = "") -> Any:
    """
    Imports a module. Raises `ConfigurationError` where it is missing: who wants it (`taker`), what there is `instead`, a sentence, and what to
    `install` where that is not called as the module is.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        raise ConfigurationError(f"{taker} needs {missing}, which this Python does not have: pip install {install or module}. {instead}") from error
