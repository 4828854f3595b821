"""
Whether who calls `Pipeline.run` where no event loop runs wants a coroutine or values. `asyncio.run(pipeline.run(data))` and
`print(pipeline.run(data))` are the same call; only what is written around it differs.
"""
from __future__ import annotations

import ast
import dis
import functools
import inspect
import linecache
import types
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

#: What takes coroutines wherever it comes from.
_TAKERS = {
    *("run_until_complete", "create_task", "ensure_future", "gather", "wait_for", "shield", "as_completed", "start_soon"),
    *("run_coroutine_threadsafe", "iscoroutine", "isawaitable"),
}
#: What takes them where it comes from one of these: other things have such names too.
_TAKERS_OF_LOOPS = _TAKERS | {"run", "wait", "Task", "Runner"}
_LOOPS = {"asyncio", "uvloop", "winloop", "anyio", "trio", "nest_asyncio", "qasync"}
_COLLECTING = {"append", "add", "insert", "extend"}
_MAX_RETURNS = 16

_Names = Sequence[Mapping[str, Any]]
_Spot = Tuple[int, int]


def wants_coroutine(frame: Optional[types.FrameType]) -> bool:
    """
    Whether the call that `frame` is in is awaited or is an argument, at any depth, of something that takes coroutines; or is kept under a name that
    the same function further on awaits or hands to one of these. Where a function returns the call, its own caller is asked.
    """
    for _ in range(_MAX_RETURNS):
        if frame is None:
            return False
        names = _names_of(frame)
        site = _site(frame.f_code, frame.f_code.co_filename, frame.f_lasti)
        if site is None:
            return _mentions_taker(frame.f_code, names)
        source, calls = site
        if any(source.is_handed_on(call, names) for call in calls):
            return True
        if not any(source.is_returned(call) for call in calls):
            return False
        frame = frame.f_back
    return False


class _Source(NamedTuple):
    """A file: what holds each node of its tree, its names, and its loops with the names that they go over and make."""

    holders: Dict[ast.AST, ast.AST]
    names: Dict[str, List[ast.Name]]
    loops: List[Tuple[Any, Set[str], Set[str]]]

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What holds a node, up to the function that it is in."""
        while node in self.holders:
            node = self.holders[node]
            yield node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return

    def within(self, scope: ast.AST, wanted: Set[str]) -> List[ast.Name]:
        """Where a function, and not those inside it, has some names, in the order in which they count: an assignment, when it has been worked out."""
        found = [node for one in wanted for node in self.names.get(one, []) if self._scope_of(node) is scope]
        return sorted(found, key=lambda name: _end_of(self._statement_of(name)) if isinstance(name.ctx, ast.Store) else _start_of(name))

    def is_handed_on(self, call: ast.AST, names: _Names) -> bool:
        if self._is_taken(call, names, True):
            return True
        kept, made = self._kept_as(call), _end_of(call)
        if not kept:
            return False
        scope = self._scope_of(call)
        for loop, given, target in self.loops:
            if kept & given and _end_of(loop.iter) > made and self._scope_of(loop) is scope:
                kept |= target
        for name in self.within(scope, kept):
            if name.id not in kept or _start_of(name) <= made:
                continue
            if isinstance(name.ctx, ast.Load) and self._is_taken(name, names, False):
                return True
            if isinstance(name.ctx, ast.Store) and isinstance(self.holders[name], (ast.Assign, ast.AnnAssign)):
                kept.discard(name.id)  # from here on it is the name of something else
        return False

    def is_returned(self, call: ast.AST) -> bool:
        for one in self.above(call):
            if isinstance(one, (ast.Return, ast.Lambda)):
                return True
            if isinstance(one, ast.Call):
                return False
        return False

    def _is_taken(self, node: ast.AST, names: _Names, is_deep: bool) -> bool:
        """Whether a value is awaited or given to what takes coroutines; `is_deep` looks through what other functions make of it."""
        inner = node
        for one in self.above(node):
            if isinstance(one, ast.Await):
                return True
            if isinstance(one, ast.Call) and inner is not one.func:
                if _takes_coroutines(one.func, names):
                    return True
                if not is_deep:
                    return False
            inner = one
        return False

    def _kept_as(self, call: ast.AST) -> Set[str]:
        """The names under which a value is kept: those of an assignment, of a loop over it, of the list that it is added to."""
        for one in self.above(call):
            if isinstance(one, ast.Call):
                is_collected = isinstance(one.func, ast.Attribute) and one.func.attr in _COLLECTING
                return _names_in(one.func) if is_collected else set()
            if isinstance(one, ast.Assign):
                return {name for target in one.targets for name in _names_in(target)}
            if isinstance(one, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For)):
                return _names_in(one.target)
            if isinstance(one, ast.stmt):
                break
        return set()

    def _scope_of(self, node: ast.AST) -> ast.AST:
        return list(self.above(node))[-1]

    def _statement_of(self, node: ast.AST) -> ast.AST:
        return next(one for one in self.above(node) if isinstance(one, ast.stmt))


def _site(code: types.CodeType, filename: str, instruction: int) -> "Optional[Tuple[_Source, List[ast.Call]]]":
    """The source of a call; the calls that may be meant are one, unless Python keeps no columns."""
    return _found_site(code, filename, instruction, "".join(linecache.getlines(filename)))


@functools.lru_cache(maxsize=256)
def _found_site(code: types.CodeType, filename: str, instruction: int, text: str) -> "Optional[Tuple[_Source, List[ast.Call]]]":
    source = _parsed(text)
    if source is None:
        return None
    calls = [node for node in source.holders if isinstance(node, ast.Call)]
    line, end = _place(code, instruction)
    found = [call for call in calls if _end_of(call) == end]  # no two calls end at one place
    if not found:  # no columns, or what rewrote the code has kept only lines, as pytest does with assert
        found = [call for call in calls if line is not None and call.lineno <= line <= _end_of(call)[0]]
    return (source, found) if found else None  # the file has changed since


@functools.lru_cache(maxsize=8)
def _parsed(text: str) -> Optional[_Source]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    source = _Source({}, {}, [])
    for outer in ast.walk(tree):
        if isinstance(outer, ast.Name):
            source.names.setdefault(outer.id, []).append(outer)
        elif isinstance(outer, (ast.For, ast.comprehension)):
            source.loops.append((outer, _names_in(outer.iter), _names_in(outer.target)))
        source.holders.update(dict.fromkeys(ast.iter_child_nodes(outer), outer))
    return source


def _place(code: types.CodeType, instruction: int) -> "Tuple[Optional[int], Optional[_Spot]]":
    """The line of an instruction, and where its source ends: from Python 3.11 on."""
    positions = getattr(code, "co_positions", None)
    if positions is not None:
        line, end_line, _, end_column = list(positions())[instruction // 2]
        return line, None if end_line is None or end_column is None else (end_line, end_column)
    lines = [line for offset, line in dis.findlinestarts(code) if offset <= instruction]
    return (lines[-1] if lines else None), None


def _takes_coroutines(function: ast.expr, names: _Names) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    if name in _TAKERS:
        return True
    if name == "run" and isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
        return _is_of_loop(_value_of(function.value.func, names))  # asyncio.Runner().run(…)
    found = _value_of(function, names)
    return _is_of_loop(found) or isinstance(found, types.FunctionType) and _passes_on(found)


def _is_of_loop(found: Any) -> bool:
    home = str(getattr(found, "__module__", "")).split(".")[0]
    return home in _LOOPS and getattr(found, "__name__", "") in _TAKERS_OF_LOOPS


def _passes_on(function: types.FunctionType) -> bool:
    """Whether a function of the program awaits a parameter, or hands it on: `def wait(work): return loop.run_until_complete(work)`."""
    code = function.__code__
    if not code.co_flags & inspect.CO_COROUTINE and not _mentions_taker(code, [function.__globals__]):
        return False  # most do neither, and their files need not be read
    source = _parsed("".join(linecache.getlines(code.co_filename)))
    if source is None:
        return False
    parameters = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    for node in source.holders:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name != code.co_name:
            continue
        if code.co_firstlineno == min(one.lineno for one in (node, *node.decorator_list)):
            used = [name for name in source.within(node, parameters) if isinstance(name.ctx, ast.Load)]
            return any(source._is_taken(name, [function.__globals__], False) for name in used)
    return False


def _value_of(expression: ast.expr, names: _Names) -> Any:
    """What a name, or an attribute of one, stands for, without running any code for it."""
    if isinstance(expression, ast.Name):
        return next((values[expression.id] for values in names if expression.id in values), None)
    if isinstance(expression, ast.Attribute):
        return inspect.getattr_static(_value_of(expression.value, names), expression.attr, None)
    return None


def _names_of(frame: types.FrameType) -> _Names:
    found: List[Mapping[str, Any]] = [frame.f_locals]
    if frame.f_code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>") and frame.f_back is not None:
        found.append(frame.f_back.f_locals)
    return [*found, frame.f_globals, frame.f_builtins]


def _mentions_taker(code: types.CodeType, names: _Names) -> bool:
    """What can be said without the source: whether the code around the call names something that takes coroutines."""
    before = ""
    for one in dis.get_instructions(code):
        if not one.opname.startswith("LOAD_") or one.opname == "LOAD_CONST" or not isinstance(one.argval, str):
            continue
        if one.argval in _TAKERS or one.argval in _TAKERS_OF_LOOPS and before in _LOOPS:
            return True
        if one.opname in ("LOAD_NAME", "LOAD_GLOBAL") and _is_of_loop(_value_of(ast.Name(one.argval), names)):
            return True
        before = one.argval
    return False


def _names_in(node: ast.AST) -> Set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _start_of(node: Any) -> _Spot:
    return node.lineno, node.col_offset


def _end_of(node: Any) -> _Spot:
    return node.end_lineno, node.end_col_offset
