"""What a failure looks like on its way to the host: the user's own traceback, and what to do about it."""
from __future__ import annotations

import importlib
import os
import traceback
from typing import Any, Dict, Optional

# The worker's own files, and those that import others.
_NOT_THEIRS = (os.path.dirname(os.path.abspath(__file__)) + os.sep, os.path.dirname(importlib.__file__) + os.sep, "<frozen")
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep


class WorkerError(Exception):
    """A failure with a code of the runtime's closed set and advice; `fix` is told to the user."""

    def __init__(self, code: str, message: str, fix: Optional[str] = None):
        super().__init__(message)
        self.code = code
        self.fix = fix


def describe_error(error: BaseException) -> Dict[str, Any]:
    """An exception as the protocol's FAILED: type, message, traceback without the worker's own lines, and the last place in the user's code."""
    place = error.__traceback__
    while place is not None and _is_own(place) and place.tb_next is not None:
        place = place.tb_next
    told = traceback.TracebackException(type(error), error, place)
    told.stack = _theirs(told)
    found: Dict[str, Any] = {
        "type": type(error).__name__,
        "message": _message_of(error),
        "traceback": "".join(told.format()).rstrip(),
    }
    # An iterator that ends where none may is another error by the time it comes here.
    stack = told.stack or (_theirs(told.__cause__) if told.__cause__ is not None else [])
    if stack:
        last = next((line for line in reversed(stack) if not _is_library(line.filename)), stack[-1])
        found.update(file=last.filename, line=last.lineno, function=last.name)
    elif isinstance(error, SyntaxError) and error.filename:
        found.update(file=error.filename, line=error.lineno or 0, function="")
    if isinstance(error, WorkerError):
        found["code"] = error.code
        if error.fix:
            found["fix"] = error.fix
    if isinstance(error, ModuleNotFoundError) and error.name:
        found["module"] = error.name
    return found


def told_of(error: BaseException) -> str:
    """Type and message of an exception, in one line where the message is one; of a `WorkerError` message and advice."""
    message = _message_of(error)
    if isinstance(error, WorkerError):
        return f"{message}. {error.fix}" if error.fix else message
    return message if isinstance(error, SystemExit) else f"{type(error).__name__}: {message}" if message else type(error).__name__


def _message_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # an exception whose own __str__ fails must still be told
        text = "(its message cannot be read)"
    return f"called sys.exit({text})" if isinstance(error, SystemExit) else text


def _theirs(told: traceback.TracebackException) -> traceback.StackSummary:
    return traceback.StackSummary.from_list([line for line in told.stack if not line.filename.startswith(_NOT_THEIRS)])


def _is_library(file: str) -> bool:
    return file.startswith(_STANDARD_LIBRARY) or "site-packages" in file or "dist-packages" in file


def _is_own(place: Any) -> bool:
    return bool(place.tb_frame.f_code.co_filename.startswith(_NOT_THEIRS))
