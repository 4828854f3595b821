"""One run in the runtime, on the caller's loop. The other end is `packages/python/src/engine.ts`."""
from __future__ import annotations

import asyncio
import itertools
import os
import socket
from contextlib import AsyncExitStack, suppress
from typing import Any, AsyncIterator, Dict, Iterator, Mapping, Optional

from . import errors
from ._frame_files import FrameFiles
from ._worker import wire
from ._worker.errors import WorkerError
from ._worker.frames import pack_frame, unpack_frame
from ._worker.held import Held
from ._worker.worker import Worker
from .runtime import engine, running_engine

ATTACH, RUN, INPUT, END = range(64, 68)
OUTPUT, DONE, FAILED, ANSWERED = range(97, 101)

_CHUNK_BYTES = 1 << 18
# The runtime is asked after so many bytes of input whether it has taken them, and twice as many are under way at most.
_STRETCH_BYTES = 1 << 21
# The runtime stops every node within five.
_CLOSE_SECONDS = 6
_numbers = itertools.count(1)


def folder() -> str:
    """Where the program is: relative paths are meant from there."""
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return os.curdir


class Raised:
    """What a node of this process raised last: the exception itself is worth more than its description."""

    error: Optional[BaseException] = None

    def keep(self, error: BaseException) -> None:
        self.error = error


class Kept:
    """
    What a run or a session has open, on a `stack`. A task of its own closes it: a loop that ends lets tasks come to their end, and generators only
    behind them, all at once.
    """

    def __init__(self) -> None:
        self.stack = AsyncExitStack()
        self._left = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self) -> None:
        async with self.stack:
            await self._left.wait()

    async def close(self) -> None:
        """Closes it; may be called again."""
        self._left.set()
        if not self._task.done():
            await asyncio.wait([self._task])


async def serve(kept: Kept, path: str, group: str, objects: Mapping[str, Any], held: Optional[Held] = None) -> Optional[Raised]:
    """Serves nodes of this process to the runtime, on the running loop, while it is kept: for `params: {"object": name, "group": group}`."""
    if not objects:
        return None
    attached = _connect(path)
    raised = Raised()
    server = Worker(attached, objects, held=held, on_error=raised.keep)
    kept.stack.push_async_callback(server.close)
    kept.stack.callback(_shut, attached, socket.SHUT_RDWR)
    with suppress(OSError):  # whose run it is finds out
        await asyncio.get_running_loop().sock_sendall(attached, wire.pack_json(ATTACH, 0, 0, {"name": group}))
    server.open()
    return raised


class Run:
    """One run of a manifest. Nodes of this process are asked for with `params: {"object": name, "group": run.group}`."""

    def __init__(self) -> None:
        self.group = f"{os.getpid()}-{next(_numbers)}"
        self.metrics: Optional[Dict[str, Any]] = None
        self._raised: Optional[Raised] = None
        self._reader = wire.MessageReader()
        self._unread: Iterator[wire.Message] = iter(())

    async def results(
        self, manifest: Dict[str, Any], objects: Mapping[str, Any], values: Optional[AsyncIterator[Any]], is_streaming: bool
    ) -> AsyncIterator[Any]:
        """
        Runs, and gives each result. The nodes of `objects` run on this loop. Raises what a node raised, as the cause of a `NodeError`.
        Closing the iterator cancels the run, and waits until its nodes have stopped.
        """
        loop = asyncio.get_running_loop()
        host = running_engine() or await loop.run_in_executor(None, engine)
        self._held = Held(manifest)
        self._files = FrameFiles(os.path.dirname(host.path))
        self._has_room = asyncio.Event()
        self._has_room.set()
        kept, giving = Kept(), None
        try:
            self._raised = await serve(kept, host.path, self.group, objects, self._held)
            connection = _connect(host.path)
            kept.stack.push_async_callback(self._closed, connection)
            request = {"manifest": manifest, "folder": folder(), "has_input": values is not None, "is_streaming": is_streaming}
            with suppress(_RunIsOverError):  # what is read tells why
                await _send(connection, wire.pack_json(RUN, 0, 0, request))
            if values is not None:
                giving = loop.create_task(self._give(connection, values))
                kept.stack.callback(giving.cancel)
            async for value in self._received(connection, giving):
                yield value
        finally:
            await kept.close()

    async def _give(self, connection: socket.socket, values: AsyncIterator[Any]) -> None:
        stretch = 0
        try:
            async for value in values:
                frame = self._held.frame_of(value)
                if frame is None:
                    continue
                block = pack_frame(frame)
                flags = wire.HAS_FRAME | (wire.UNTIMED if block.is_untimed else 0)
                call = 0
                stretch += block.size
                if stretch > _STRETCH_BYTES:
                    await self._has_room.wait()
                    self._has_room.clear()
                    stretch, call = 0, 1
                name = self._files.leave(block)
                if name is not None:
                    await _send(connection, wire.pack_message(INPUT, 0, call, flags | wire.IN_MEMORY, name))
                    continue
                await _send(connection, wire.pack_message(INPUT, 0, call, flags, block.head, block.data.nbytes))
                if block.data.nbytes > 0:
                    await _send(connection, block.data)
            await _send(connection, wire.pack_message(END, 0, 0))
        except _RunIsOverError:
            pass  # its reader says why
        except WorkerError as error:
            _shut(connection, socket.SHUT_WR)
            raise errors.refused(error) from None
        except BaseException:
            _shut(connection, socket.SHUT_WR)
            raise

    async def _received(self, connection: socket.socket, giving: "Optional[asyncio.Task[None]]") -> AsyncIterator[Any]:
        loop = asyncio.get_running_loop()
        while True:
            try:
                data = await loop.sock_recv(connection, _CHUNK_BYTES)
            except ConnectionError:
                data = b""
            if not data:
                if giving is not None and giving.done():
                    giving.result()  # what the input raised
                raise errors.PipelineError("the runtime ended before the run was over")
            self._unread = self._reader.feed(data)
            for op, flags, _node, _call, payload in self._unread:
                if op == OUTPUT:
                    if flags & wire.IN_MEMORY:
                        payload = self._files.take(payload)
                    yield self._held.value_of(unpack_frame(payload))
                elif op == ANSWERED:
                    self._has_room.set()
                elif op == DONE:
                    self._over(payload)
                    return
                elif op == FAILED:
                    failure = self._over(payload)
                    if giving is not None and giving.done():
                        giving.result()  # what the input raised, for which the run was cancelled
                    raise error_of(failure, self._raised)

    def _over(self, payload: memoryview) -> Dict[str, Any]:
        said = wire.json_of(payload)
        self.metrics = figures_of(said["metrics"]) if "metrics" in said else None
        return said

    async def _closed(self, connection: socket.socket) -> None:
        """Cancels what still runs. In order, while the runtime stops the nodes; at once when it does not."""
        loop = asyncio.get_running_loop()
        _shut(connection, socket.SHUT_WR)

        async def rest() -> None:
            data = b" "
            while data:
                for op, flags, _node, _call, payload in self._unread:
                    if op == OUTPUT and flags & wire.IN_MEMORY:
                        self._files.take(payload)  # so that it does not stay
                    elif op in (DONE, FAILED):
                        self._over(payload)  # the figures of what nobody wanted to the end
                data = await loop.sock_recv(connection, _CHUNK_BYTES)
                self._unread = self._reader.feed(data)

        try:
            await asyncio.wait_for(rest(), _CLOSE_SECONDS)
        except (asyncio.TimeoutError, OSError):
            pass
        finally:
            connection.close()


def error_of(failure: Dict[str, Any], kept: Optional[Raised]) -> errors.RemoteMediaError:
    """What the runtime says of a failure as an exception, with what a node of this process raised as its cause."""
    raised = kept.error if kept is not None else None
    cause = raised if type(raised).__name__ == failure.get("type") else None
    code, node = str(failure.get("code")), str(failure.get("node"))
    if cause is not None:
        error = errors.start_failed(node, cause) if code == "start-failed" else errors.node_failed(node, cause)
    else:
        error = errors.class_of(code)(_text_of(failure))
    error.code = code
    error.node = failure.get("node")
    error.__cause__ = cause
    return error


def _text_of(failure: Dict[str, Any]) -> str:
    text = str(failure.get("text") or failure.get("message"))
    faults = failure.get("faults", ())
    if len(faults) > 1:
        return "\n  ".join([f"{text}:", *(f"{one['pointer']}: {one['message']}. {one.get('fix', '')}".rstrip(". ") for one in faults)])
    expected, received = str(failure.get("expected", "")), str(failure.get("received", "something else"))
    if expected:
        text = f"{text}: expected {expected}, got {received}"
    fix = failure.get("fix")
    if expected.startswith("audio") and received in ("tensor", "binary", "json"):
        fix = "Sound is a tuple (array, sample_rate): an array of float32, int16 or int32, and a whole number."
    if fix and str(fix) not in text:
        text = f"{text.rstrip('.')}. {fix}"
    return f"{text}\n\n{failure['traceback']}" if failure.get("traceback") else text


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise errors.has_just_ended(error) from error
    connection.setblocking(False)
    return connection


class _RunIsOverError(Exception):
    """Nobody takes input any more."""


async def _send(connection: socket.socket, data: Any) -> None:
    try:
        await asyncio.get_running_loop().sock_sendall(connection, data)
    except OSError as error:
        raise _RunIsOverError from error  # an OSError of the input is the input's


def _shut(connection: socket.socket, how: int) -> None:
    """Ends a connection for everybody who has it: a fork of this process may have it too, and would keep it open."""
    try:
        connection.shutdown(how)
    except OSError:
        pass


def figures_of(metrics: Dict[str, Any]) -> Dict[str, Any]:
    """Metrics without what the runtime adds to every pipeline: the nodes `input`, through which items come."""
    return {**metrics, "node_metrics": [one for one in metrics["node_metrics"] if one["node_type"] != "input"]}
