"""Live sessions: values go in and come out while a pipeline runs."""
from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import os
import weakref
from typing import Any, AsyncIterator, Callable, Dict, Generator, List, Optional, Sequence

from ._engine import Kept, error_of, figures_of, folder, serve
from ._link import ASK, DONE, ERROR, OPEN, OUTPUT, OVER, PORT, PUSH, READ, TURN, Link
from ._manifest import plain
from ._names import end_of
from ._output import Output
from ._running import served_manifest, why_no_runtime
from ._worker import wire
from ._worker.errors import WorkerError
from ._worker.frames import pack_frame, unpack_frame
from ._worker.values import frame_of
from .errors import ConfigurationError, PipelineError, RemoteMediaError, refused, warn
from .runtime import engine, running_engine

_MOST_ERRORS = 256
_numbers = itertools.count(1)
_log = logging.getLogger("remotemedia.session")


@dataclasses.dataclass(frozen=True)
class TurnChange:
    """
    Something has happened to a turn. `type`: interrupted, held, released, playback-started or playback-ended. `at_us` is session time. `heard` says
    how much of the answer was heard: `{"duration_us": 1200000, "text": "It is"}`.
    """

    type: str
    turn: int
    at_us: int
    reason: Optional[str] = None
    heard: Optional[Dict[str, Any]] = None


class Session:
    """
    A running pipeline that takes values until it is closed; `Pipeline.open` makes it.

        async with pipeline.open() as session:
            await session.push("Hello")
            async for samples, rate in session.output("FliteTTSNode"):
                ...

    Names are those of nodes, or their ids in the manifest, with a port after a dot: `"TurnPolicyNode.events"`. Python nodes run on the loop that
    opened it. When the session ends by an error, readers and pushers get it as an exception; errors that do not end it come through `errors`.
    """

    def __init__(self, manifest: Dict[str, Any], nodes: Sequence[Any]):
        self._manifest = manifest
        self._nodes = list(nodes)
        self._ids = [str(entry["id"]) for entry in manifest["nodes"]]
        self._raised: Any = None
        self._link = Link(self._hear, self._lost, self._error_of)
        self._is_open = False
        self._turn = 1
        self._listeners: List[Callable[[TurnChange], None]] = []
        self._ports: Dict[str, int] = {}
        self._outputs: "weakref.WeakValueDictionary[int, Output]" = weakref.WeakValueDictionary()
        self._numbers = itertools.count(1)
        self._has_begun = self._was_asked = self._has_reader = False
        self._failure: Optional[RemoteMediaError] = None
        self._is_failure_told = False
        self._metrics: Dict[str, Any] = {}

    # life

    async def _open(self) -> "Session":
        if self._is_open:
            raise PipelineError("the session was opened already: call pipeline.open() for another one")
        reason = why_no_runtime()
        if reason is not None:
            raise ConfigurationError(f"a live session needs the runtime: {reason}")
        loop = asyncio.get_running_loop()
        host = running_engine() or await loop.run_in_executor(None, engine)
        group = f"{os.getpid()}-session-{next(_numbers)}"
        manifest, objects = served_manifest(self._manifest, self._nodes, group)
        self._over: "asyncio.Future[None]" = loop.create_future()
        self._errors: "asyncio.Queue[Optional[RemoteMediaError]]" = asyncio.Queue(_MOST_ERRORS)
        self._kept = Kept()
        try:
            self._raised = await serve(self._kept, host.path, group, objects)
            await self._link.connect(host.path)
            self._kept.stack.callback(self._link.close)
            await self._link.ask(OPEN, {"manifest": plain(manifest), "folder": folder()})
            self._is_open = True
        except BaseException:
            await self._kept.close()
            raise
        return self

    def __await__(self) -> "Generator[Any, None, Session]":
        return self._open().__await__()

    async def __aenter__(self) -> "Session":
        return await self._open()

    async def __aexit__(self, kind: Any, error: Optional[BaseException], place: Any) -> None:
        try:
            await self.close()
        finally:
            await self._kept.close()
        if error is None and self._failure is not None and not self._is_failure_told:
            raise self._told()

    async def close(self) -> None:
        """Flushes, stops every node once, and ends outputs, within 5 s. What came to its end can still be read. May be called again."""
        if not self._is_open:
            return
        if not self._over.done():
            self._link.ask(ASK, {"what": "close"})
        try:
            await asyncio.shield(self._over)
        except asyncio.CancelledError:
            await self._kept.close()  # who has no time for its end breaks the connection, and the runtime ends the session
            raise
        await self._hang_up_when_read()

    async def _hang_up_when_read(self) -> None:
        if self._over.done() and all(output._is_over for output in self._outputs.values()):
            await self._kept.close()

    async def done(self) -> None:
        """Waits until the session has ended. Raises the error that ended it."""
        await asyncio.shield(self._over)
        if self._failure is not None:
            raise self._told()

    # values

    async def push(self, value: Any, to: Optional[str] = None) -> None:
        """
        Gives a value to every node that wants input and has no connection, or to the named input. Returns when there is room for more.

        Values are those of `Pipeline.run`; a `Frame` says all of itself, such as `Frame("text", "so far", final=False)` or
        `Frame("event", name="speech-started")`. Raises `SerializationError` for what no frame can carry, `PipelineError` for a name that is none and
        when the session is closed.
        """
        port = self._port_of(to)
        try:
            frame = frame_of(value)
            block = None if frame is None else pack_frame(frame)
        except WorkerError as error:
            raise refused(error) from None
        if block is not None:
            self._check_open()
            self._has_begun = True
            await self._link.ask(PUSH, node=port, block=block)

    def output(self, name: Optional[str] = None, frames: bool = False, plays: bool = False) -> "Output":
        """
        What leaves an output of the pipeline, from now on: of a node that nothing follows. Without a name: the only one. One reader at a time;
        close the session, or the iterator (`aclose`), to end it.

        `frames`: `Frame`s with time, turn and flags in place of values. `plays`: you play what you get, so what you come back from was heard; then
        an answer can be interrupted while it is played, and its turn ends with its last sound. Raises `PipelineError` where it is read first.
        """
        if self._has_begun and not self._was_asked:
            warn("what the pipeline gave before this was asked for was not kept: call session.output() before the first push")
        return self._read({} if name is None else {"output": self._end_of(name)}, frames, plays)

    def tap(self, name: str, frames: bool = False) -> "Output":
        """What passes an output of any node, from now on. It never holds the pipeline back: what is not read is dropped, oldest first."""
        return self._read({"tap": self._end_of(name)}, frames, False)

    # turns

    @property
    def turn(self) -> int:
        """The current turn, from 1."""
        return self._turn

    async def interrupt(self, reason: str = "interrupted by the user") -> None:
        """Raises the turn: answers to the older ones are dropped wherever they are."""
        await self._ask({"what": "interrupt", "reason": reason})

    async def hold(self) -> None:
        """Pauses answers; they queue. For an interruption that may be a false one."""
        await self._ask({"what": "hold"})

    async def release(self) -> None:
        """Lets answers go on that `hold` paused."""
        await self._ask({"what": "release"})

    def on_turn(self, listener: Callable[[TurnChange], None]) -> Callable[[], None]:
        """Tells every change of a turn as it happens. Gives what stops listening."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def turns(self) -> List[Dict[str, Any]]:
        """
        When the stages of the latest 8 turns came, the current one last: `turn`, `began_us`, `events` (name, node, at_us, media_us),
        `transcripts` and `answers` by node. Times are session time in µs.
        """
        found: List[Dict[str, Any]] = await self._ask({"what": "turns"})
        return found

    # what goes on

    @property
    async def errors(self) -> AsyncIterator[RemoteMediaError]:
        """
        Errors that do not end the session, as they come, until it ends: `NodeError`s with what the node raised as `__cause__`, and `count`, how
        many of its kind one stands for. What nobody reads is logged.
        """
        self._has_reader = True
        while True:
            error = await self._errors.get()
            if error is None:
                self._errors.put_nowait(None)
                return
            yield error

    async def configure(self, node: str, **params: Any) -> None:
        """Changes parameters of a running node; the others stay. Raises `ConfigurationError` for parameters that do not fit."""
        await self._ask({"what": "configure", "node": self._end_of(node), "params": params})

    async def metrics(self) -> Dict[str, Any]:
        """Counts and times, with the keys of `Pipeline.get_metrics`; after the end those of the end."""
        if self._over.done():
            return self._metrics
        return figures_of(await self._ask({"what": "metrics"}))

    # messages

    async def _ask(self, question: Dict[str, Any]) -> Any:
        self._check_open()
        return await self._link.ask(ASK, question)

    def _end_of(self, name: str) -> str:
        return end_of(name, self._ids, self._nodes)

    def _port_of(self, to: Optional[str]) -> int:
        if to is None:
            return 0
        if to not in self._ports:
            name = self._end_of(to)
            self._check_open()
            self._ports[to] = next(self._numbers)
            self._link.send(wire.pack_json(PORT, self._ports[to], 0, {"name": name}))
        return self._ports[to]

    def _read(self, what: Dict[str, str], frames: bool, plays: bool) -> "Output":
        self._check_open()
        self._was_asked = True
        number = next(self._numbers)
        opened = self._link.ask(READ, what, number)
        found = self._outputs[number] = Output(self, number, opened, frames, plays)
        return found

    def _check_open(self) -> None:
        if not self._is_open:
            raise PipelineError("the session is not open: async with pipeline.open() as session")
        if self._over.done():
            raise self._told() if self._failure is not None else PipelineError("the session is closed; open another one")

    def _told(self) -> RemoteMediaError:
        assert self._failure is not None
        self._is_failure_told = True
        return self._failure

    def _hear(self, op: int, node: int, payload: memoryview) -> None:
        if op == OUTPUT or op == OVER:
            output = self._outputs.get(node)
            if output is not None:
                output._take(unpack_frame(payload) if op == OUTPUT else None)
            return
        given = wire.json_of(payload)
        if op == TURN:
            self._changed(TurnChange(**given))
        elif op == ERROR:
            self._erred(given)
        elif op == DONE:
            self._metrics = figures_of(given["metrics"])
            self._ended(self._error_of(given["failure"]) if "failure" in given else None)

    def _lost(self) -> None:
        if not self._over.done():
            self._ended(PipelineError("the runtime ended before the session was closed"))
        for output in list(self._outputs.values()):
            output._take(None)

    def _error_of(self, failure: Dict[str, Any]) -> RemoteMediaError:
        return error_of(failure, self._raised)

    def _changed(self, change: TurnChange) -> None:
        if change.type in ("interrupted", "playback-ended"):
            self._turn = max(self._turn, change.turn + 1)
        for listener in list(self._listeners):
            try:
                listener(change)
            except Exception:
                _log.exception("a listener to turns has failed")

    def _erred(self, given: Dict[str, Any]) -> None:
        error = self._error_of(given)
        error.count = given.get("count", 1)
        if self._errors.full():
            self._errors.get_nowait()
        self._errors.put_nowait(error)
        if not self._has_reader:
            _log.error("%s", error, exc_info=error.__cause__)

    def _ended(self, failure: Optional[RemoteMediaError]) -> None:
        self._failure = failure
        self._over.set_result(None)
        self._link.fail(failure or PipelineError("the session was closed"))
        for error in self._unread():
            _log.error("%s", error, exc_info=error.__cause__)

    def _unread(self) -> List[RemoteMediaError]:
        """Errors that who reads them has left; where nobody does, all are logged."""
        waiting = [self._errors.get_nowait() for _ in range(self._errors.qsize())]
        self._errors.put_nowait(None)
        return [error for error in waiting if error is not None and error is not self._failure] if self._has_reader else []
