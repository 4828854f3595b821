"""Live sessions: values go in and come out while a pipeline runs. The other end is `packages/python/src/engine-session.ts`."""
from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import os
import weakref
from contextlib import AsyncExitStack
from typing import Any, AsyncIterator, Callable, Dict, Generator, List, Optional, Sequence

from ._engine import error_of, figures_of, serving
from ._manifest import plain
from ._names import end_of
from ._running import served_manifest, why_no_runtime
from ._worker import wire
from ._worker.errors import WorkerError
from ._worker.frames import ANSWER, Block, Frame, pack_frame, unpack_frame
from ._worker.values import frame_of, value_of
from .errors import ConfigurationError, PipelineError, RemoteMediaError, refused
from .runtime import engine, running_engine

OPEN, PUSH, PORT, ASK, READ, MORE, LEAVE = range(68, 75)
OUTPUT, DONE, FAILED, ANSWERED, OVER, TURN, ERROR = range(97, 104)

_WAS_PLAYED = 8
_CHUNK_BYTES = 1 << 18
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

    Names are those of nodes, or their ids in the manifest, with a port after a dot: `"TurnPolicyNode.events"`. Python nodes run on the loop that opened
    it. When the session ends by an error, readers and pushers get it as an exception; errors that do not end it come through `errors`.
    """

    def __init__(self, manifest: Dict[str, Any], nodes: Sequence[Any]):
        self._manifest = manifest
        self._nodes = list(nodes)
        self._ids = [str(entry["id"]) for entry in manifest["nodes"]]
        self._stack = AsyncExitStack()
        self._server: Any = None
        self._writer: Optional[asyncio.StreamWriter] = None
        self._turn = 1
        self._listeners: List[Callable[[TurnChange], None]] = []
        self._calls = itertools.count(1)
        self._answers: "Dict[int, asyncio.Future[Any]]" = {}
        self._ports: Dict[str, int] = {}
        self._outputs: "weakref.WeakValueDictionary[int, Output]" = weakref.WeakValueDictionary()
        self._numbers = itertools.count(1)
        self._failure: Optional[RemoteMediaError] = None
        self._is_failure_told = False
        self._metrics: Dict[str, Any] = {}

    # life

    async def _open(self) -> "Session":
        if self._writer is not None:
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
        try:
            self._server = await self._stack.enter_async_context(serving(host.path, group, objects))
            reader, self._writer = await asyncio.open_unix_connection(host.path)
            self._stack.callback(self._writer.close)
            listening = loop.create_task(self._listen(reader))
            self._stack.callback(listening.cancel)
            await self._request(OPEN, {"manifest": plain(manifest)})
        except BaseException:
            await self._stack.aclose()
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
            await self._stack.aclose()
        if error is None and self._failure is not None and not self._is_failure_told:
            raise self._told()

    async def close(self) -> None:
        """Flushes, stops every node once, and ends outputs, within 5 s. What came to its end can still be read. May be called again."""
        if self._writer is None:
            return
        if not self._over.done():
            self._send(wire.pack_json(ASK, 0, next(self._calls), {"what": "close"}))
        try:
            await asyncio.shield(self._over)
        except asyncio.CancelledError:
            await self._stack.aclose()  # who has no time for its end breaks the connection, and the runtime ends the session
            raise
        await self._hang_up_when_read()

    async def _hang_up_when_read(self) -> None:
        if self._over.done() and all(output._is_over for output in self._outputs.values()):
            await self._stack.aclose()

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
            await self._request(PUSH, node=port, block=block)

    def output(self, name: Optional[str] = None, frames: bool = False, plays: bool = False) -> "Output":
        """
        What leaves an output of the pipeline, from now on: of a node that nothing follows. Without a name: the only one. One reader at a time; close the
        session, or the iterator (`aclose`), to end it.

        `frames`: `Frame`s with time, turn and flags in place of values. `plays`: you play what you get, so what you come back from was heard; then
        an answer can be interrupted while it is played, and its turn ends with its last sound. Raises `PipelineError` where it is read first.
        """
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
        await self._request(ASK, {"what": "interrupt", "reason": reason})

    async def hold(self) -> None:
        """Pauses answers; they queue. For an interruption that may be a false one."""
        await self._request(ASK, {"what": "hold"})

    async def release(self) -> None:
        """Lets answers go on that `hold` paused."""
        await self._request(ASK, {"what": "release"})

    def on_turn(self, listener: Callable[[TurnChange], None]) -> Callable[[], None]:
        """Tells every change of a turn as it happens. Gives what stops listening."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def turns(self) -> List[Dict[str, Any]]:
        """
        When the stages of the latest 8 turns came, the current one last: `turn`, `began_us`, `events` (name, node, at_us, media_us), `transcripts` and
        `answers` by node. Times are session time in µs.
        """
        found: List[Dict[str, Any]] = await self._request(ASK, {"what": "turns"})
        return found

    # what goes on

    @property
    async def errors(self) -> AsyncIterator[RemoteMediaError]:
        """
        Errors that do not end the session, as they come, until it ends: `NodeError`s with what the node raised as `__cause__`, and `count`, how
        many of its kind one stands for. What nobody reads is logged when the session ends.
        """
        while True:
            error = await self._errors.get()
            if error is None:
                self._errors.put_nowait(None)
                return
            yield error

    async def configure(self, node: str, **params: Any) -> None:
        """Changes parameters of a running node; the others stay. Raises `ConfigurationError` for parameters that do not fit."""
        await self._request(ASK, {"what": "configure", "node": self._end_of(node), "params": params})

    async def metrics(self) -> Dict[str, Any]:
        """Counts and times, with the keys of `Pipeline.get_metrics`; after the end those of the end."""
        if self._over.done():
            return self._metrics
        return figures_of(await self._request(ASK, {"what": "metrics"}))

    # messages

    def _end_of(self, name: str) -> str:
        return end_of(name, self._ids, self._nodes)

    def _port_of(self, to: Optional[str]) -> int:
        if to is None:
            return 0
        if to not in self._ports:
            name = self._end_of(to)
            self._check_open()
            self._ports[to] = next(self._numbers)
            self._send(wire.pack_json(PORT, self._ports[to], 0, {"name": name}))
        return self._ports[to]

    def _read(self, what: Dict[str, str], frames: bool, plays: bool) -> "Output":
        self._check_open()
        number, call = next(self._numbers), next(self._calls)
        opened = self._answers[call] = asyncio.get_running_loop().create_future()
        opened.add_done_callback(lambda _: self._answers.pop(call, None))
        self._send(wire.pack_json(READ, number, call, what))
        found = self._outputs[number] = Output(self, number, opened, frames, plays)
        return found

    async def _request(self, op: int, value: Optional[Dict[str, Any]] = None, node: int = 0, block: Optional[Block] = None) -> Any:
        self._check_open()
        call = next(self._calls)
        answer = self._answers[call] = asyncio.get_running_loop().create_future()
        if block is None:
            self._send(wire.pack_json(op, node, call, value or {}))
        else:
            flags = wire.HAS_FRAME | (wire.UNTIMED if block.is_untimed else 0)
            self._send(wire.pack_message(op, node, call, flags, block.head, block.data.nbytes), block.data)
        try:
            return await answer
        finally:
            self._answers.pop(call, None)

    def _send(self, message: bytes, data: Optional[memoryview] = None) -> None:
        # Nothing piles up here: who sends waits for the answer.
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(message)
            if data is not None and data.nbytes > 0:
                self._writer.write(data)

    def _check_open(self) -> None:
        if self._writer is None:
            raise PipelineError("the session is not open: async with pipeline.open() as session")
        if self._over.done():
            raise self._told() if self._failure is not None else PipelineError("the session is closed; open another one")

    def _told(self) -> RemoteMediaError:
        assert self._failure is not None
        self._is_failure_told = True
        return self._failure

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        messages = wire.MessageReader()
        try:
            while True:
                data = await reader.read(_CHUNK_BYTES)
                if not data:
                    break
                for message in messages.feed(data):
                    self._take(*message)
        except ConnectionError:
            pass
        finally:
            if not self._over.done():
                self._ended(PipelineError("the runtime ended before the session was closed"))
            for output in list(self._outputs.values()):
                output._take(None)

    def _take(self, op: int, _flags: int, node: int, call: int, payload: memoryview) -> None:
        if op == OUTPUT or op == OVER:
            output = self._outputs.get(node)
            if output is not None:
                output._take(unpack_frame(payload) if op == OUTPUT else None)
            return
        given = wire.json_of(payload)
        if op == ANSWERED or op == FAILED:
            answer = self._answers.get(call)
            if answer is None or answer.done():
                return
            if op == ANSWERED:
                answer.set_result(given.get("value"))
            else:
                answer.set_exception(error_of(given, self._server))
        elif op == TURN:
            self._changed(TurnChange(**given))
        elif op == ERROR:
            self._erred(given)
        elif op == DONE:
            self._metrics = figures_of(given["metrics"])
            self._ended(error_of(given["failure"], self._server) if "failure" in given else None)

    def _changed(self, change: TurnChange) -> None:
        if change.type in ("interrupted", "playback-ended"):
            self._turn = max(self._turn, change.turn + 1)
        for listener in list(self._listeners):
            try:
                listener(change)
            except Exception:
                _log.exception("a listener to turns has failed")

    def _erred(self, given: Dict[str, Any]) -> None:
        error = error_of(given, self._server)
        error.count = given.get("count", 1)
        if self._errors.full():
            self._errors.get_nowait()
        self._errors.put_nowait(error)

    def _ended(self, failure: Optional[RemoteMediaError]) -> None:
        self._failure = failure
        self._over.set_result(None)
        for answer in list(self._answers.values()):
            if not answer.done():
                answer.set_exception(failure or PipelineError("the session was closed"))
                answer.exception()  # nobody may wait for it
        for error in self._unread():
            _log.error("%s", error)

    def _unread(self) -> List[RemoteMediaError]:
        """Errors that nobody has read, where nobody reads."""
        waiting = [self._errors.get_nowait() for _ in range(self._errors.qsize())]
        self._errors.put_nowait(None)
        return [error for error in waiting if error is not None and error is not self._failure]


class Output:
    """Values of one output, as an async iterator: `async for value in session.output("tts")`."""

    def __init__(self, session: Session, number: int, opened: "asyncio.Future[Any]", frames: bool, plays: bool):
        self._session = session
        self._number = number
        self._opened = opened
        self._frames = frames
        self._plays = plays
        self._has_given = False
        self._is_over = False
        self._coming: "Optional[asyncio.Future[Optional[Frame]]]" = None

    def __aiter__(self) -> "Output":
        return self

    async def __anext__(self) -> Any:
        await asyncio.shield(self._opened)
        while not self._is_over:
            if self._coming is None:
                self._coming = asyncio.get_running_loop().create_future()
                flags = _WAS_PLAYED if self._plays and self._has_given else 0
                self._session._send(wire.pack_message(MORE, self._number, 0, flags))
            # One at a time, so that nothing waits here that goes stale meanwhile. Who gives up waiting finds it the next time.
            frame = await asyncio.shield(self._coming)
            self._coming = None
            if frame is None:
                self._is_over = True
            elif not (frame.flags & ANSWER and frame.turn < self._session.turn):
                self._has_given = True
                return frame if self._frames else value_of(frame)
        await self._session._hang_up_when_read()
        if self._session._failure is not None:
            raise self._session._told()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Reads no further."""
        self._leave()
        await self._session._hang_up_when_read()

    def _take(self, frame: Optional[Frame]) -> None:
        if self._coming is not None and not self._coming.done():
            self._coming.set_result(frame)
        elif frame is None:
            self._is_over = True

    def _leave(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._session._send(wire.pack_message(LEAVE, self._number, 0))

    def __del__(self) -> None:
        # A loop that was left by `break` has forgotten its iterator: what it does not read must not hold the pipeline back.
        try:
            self._leave()
        except RuntimeError:
            pass  # the loop has ended, and the session with it
