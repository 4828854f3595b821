"""The forms that a Python node may have: rules for whoever calls one, a worker or a pipeline of this process."""
from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import os
from concurrent.futures import Executor
from typing import Any, Callable, Mapping, Optional, Tuple

from . import forked

#: A node whose plain function holds the loop for longer than this, on average, runs in a thread: that costs every call 50 µs, and without it nothing
#: else would run.
SLOW_SECONDS = 0.010
#: Types of which no value has parts that come one by one, or is waited for.
PLAIN = frozenset((tuple, str, type(None), dict, list, int, float, bytes, bool))


def process_of(node: Any) -> Callable[..., Any]:
    """What a run calls: `process`, or what nodes for sound have in its place for items that are one sound."""
    process = node.process
    owner: Any = getattr(process, "__self__", None)  # not `node`, which may stand for another one
    return owner._process_in_run if hasattr(type(owner), "_process_in_run") else process


def is_stream(node: Any, process: Callable[..., Any]) -> bool:
    """Whether it is one async generator over the whole stream."""
    return bool(getattr(node, "is_streaming", False)) and inspect.isasyncgenfunction(process)


def begin_source(process: Callable[..., Any]) -> Any:
    """What a source gives; its `process` may want to be given something."""
    takes_input = any(one.default is one.empty and one.kind <= one.POSITIONAL_OR_KEYWORD for one in parameters_of(process).values())
    return process(None) if takes_input else process()


async def in_thread(executor: Optional[Executor], function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives, called in a thread of `executor`, or of the loop's own; whatever it raises is raised."""
    call: Any = functools.partial(contextvars.copy_context().run, _caught, os.getpid(), function, *arguments)
    result, error = await asyncio.get_running_loop().run_in_executor(executor, call)
    if error is not None:
        raise error
    return result


def _caught(pid: int, function: Callable[..., Any], *arguments: Any) -> Tuple[Any, Optional[BaseException]]:
    """What a function gives and raises: a future takes neither an exit nor the end of an iterator, and nobody would ever be answered."""
    result, raised = None, None
    try:
        result = function(*arguments)
    except BaseException as error:
        raised = error
    if os.getpid() != pid:
        forked.end(raised)  # of its threads a fork has only this one
    return result, raised


def is_iterator(value: Any) -> bool:
    """Whether a call has given what gives items one by one."""
    return hasattr(value, "__anext__") or (hasattr(value, "__next__") and hasattr(value, "__iter__"))


def parameters_of(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """By name; none of what has no signature."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
