"""The Python end of the protocol: serves nodes over one socket, on one event loop."""
from __future__ import annotations

import asyncio
import functools
import importlib.util
import os
import platform
import socket
import sys
import threading
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from . import forked, wire
from .errors import WorkerError, describe_error
from .frames import Block, unpack_frame
from .held import Held
from .lane import Lane
from .loading import make_node
from .node_runner import NodeRunner
from .values import frame_of, value_of

_CHUNK_BYTES = 1 << 18
# Beyond it records of a host that does not read are let go: a log must not eat the memory.
_MAX_WAITING_LOG_BYTES = 1 << 20


class _Served:
    """A node with the memory that it shares with the host."""

    def __init__(self, runner: NodeRunner, node: int, send: Callable[[bytes], None]):
        self.runner = runner
        self.slots: Dict[str, wire.Slot] = {}
        self.lane = Lane(runner, self.slots, node, send) if runner.is_plain else None
        #: The call of its STOP, from when that came.
        self.last_call = 0

    def close(self) -> None:
        """Forgets what runs and lets its memory go."""
        self.runner.close()
        for slot in self.slots.values():
            slot.close()


def _raise(error: BaseException) -> None:
    raise error


class Worker:
    """
    Serves nodes to a runtime at the other end of `sock`, until that end closes.

    `objects` are nodes that live in this process, by the name under which a manifest asks for them (`params: {"object": name}`). Coroutines
    run on the loop that `serve` runs on. `prepare` is called once with what the host says of itself, `on_error` with every exception that a node
    raised. With `held`, values that no frame can carry pass between its nodes all the same.
    """

    def __init__(
        self,
        sock: socket.socket,
        objects: Optional[Mapping[str, Any]] = None,
        prepare: Optional[Callable[[Dict[str, Any]], None]] = None,
        held: Optional[Held] = None,
        on_error: Optional[Callable[[BaseException], None]] = None,
    ):
        self._socket = sock
        self._objects = dict(objects or {})
        self._prepare = prepare
        self._held = held
        self._on_error = on_error
        self._nodes: Dict[int, _Served] = {}
        self._reader = wire.MessageReader()
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._closed: "Optional[asyncio.Future[None]]" = None
        self._pid = os.getpid()
        #: False once something could not be sent because there is nobody at the other end.
        self.has_host = True

    def run(self) -> None:
        """Serves on a loop of its own; returns when the host has closed."""
        asyncio.run(self.serve())

    async def serve(self) -> None:
        """Serves on the running loop; returns when the host has closed, after `cleanup` of the nodes that are left."""
        closed = self.open()
        try:
            await closed
        finally:
            await self.close()

    def open(self) -> "asyncio.Future[None]":
        """Serves on the running loop, until `close`; what it gives is done when the host has closed."""
        self._loop = asyncio.get_running_loop()
        self._closed = self._loop.create_future()
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._read)
        return self._closed

    async def close(self) -> None:
        """Ends, after `cleanup` of the nodes that are left."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)
        loop.remove_writer(self._socket)
        try:
            await self._abandon()
        finally:
            self._socket.close()

    # out

    def send(self, message: bytes) -> None:
        """Sends a message, from any thread. What the socket does not take now waits."""
        if os.getpid() != self._pid:
            forked.end()
        with self._lock:
            sent = 0 if self._waiting else self._send_now(message)
            if sent == len(message):
                return
            self._waiting += memoryview(message)[sent:]
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._write_later)

    def log(self, level: str, logger: str, message: str) -> None:
        """A log record for the host; let go while too many wait."""
        if len(self._waiting) < _MAX_WAITING_LOG_BYTES:
            self.send(wire.pack_json(wire.LOG, 0, 0, {"level": level, "logger": logger, "message": message}))

    def _send_now(self, data: Any) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.has_host = False
            return len(data)  # nobody hears it; the reader finds out

    def _write_later(self) -> None:
        if self._loop is not None and self._waiting:
            self._loop.add_writer(self._socket, self._write)

    def _write(self) -> None:
        with self._lock:
            try:
                del self._waiting[: self._send_now(self._waiting)]
            except OSError:
                self._waiting.clear()
            if not self._waiting and self._loop is not None:
                self._loop.remove_writer(self._socket)

    # in

    def _read(self) -> None:
        try:
            data = self._socket.recv(_CHUNK_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            return self._close()
        message = self._reader.one(data)
        if message is not None:
            self._handle(*message)
            return
        for message in self._reader.feed(data):
            self._handle(*message)

    def _close(self) -> None:
        if self._loop is not None and self._closed is not None and not self._closed.done():
            self._loop.remove_reader(self._socket)
            self._closed.set_result(None)

    def _handle(self, op: int, flags: int, node: int, call: int, payload: memoryview) -> None:
        try:
            if op == wire.PROCESS:
                served = self._nodes[node]
                is_in_memory = flags & wire.IN_MEMORY != 0
                if is_in_memory and served.lane is not None and served.lane.takes(call):
                    return
                served.runner.process(call, unpack_frame(served.slots["in"].view if is_in_memory else payload), is_in_memory)
            else:
                self._obey(op, node, call, payload)
        except BaseException as error:  # also what imports and constructors of user code may throw: SystemExit, KeyboardInterrupt
            self._fail(node, call, error)

    def _obey(self, op: int, node: int, call: int, payload: memoryview) -> None:
        if op == wire.NEXT or op == wire.CANCEL:
            return self._tell_call(op, node, call)
        if op == wire.FLUSH:
            return self._nodes[node].runner.flush(call)
        if op == wire.PRODUCE:
            return self._nodes[node].runner.produce(call)
        given = wire.json_of(payload)
        if op == wire.CREATE:
            return self._create(node, call, given)
        if op == wire.START:
            return self._nodes[node].runner.hook(call, "initialize")
        if op == wire.INTERRUPT and node in self._nodes:
            return self._nodes[node].runner.interrupt(given["turn"], given.get("heard"))
        if op == wire.CONFIGURE:
            return self._configure(node, call, given)
        if op == wire.STOP:
            return self._stop(node, call)
        if op == wire.MEMORY:
            return self._map(node, call, given)
        if op == wire.HELLO:
            return self._hello(given)
        if op == wire.CLOSE:
            return self._close()
        if op != wire.INTERRUPT:
            raise WorkerError("host-unsupported", f"message {op} is not known here", "Use the same version of runtime and Python package.")

    def _hello(self, given: Dict[str, Any]) -> None:
        if given.get("protocol") != wire.PROTOCOL:
            what = f"the runtime speaks protocol {given.get('protocol')}, and this package {wire.PROTOCOL}"
            raise WorkerError("host-unsupported", what, "Use the same version of runtime and Python package.")
        if self._prepare is not None:
            self._prepare(given)
        about = {"protocol": wire.PROTOCOL, "pid": os.getpid(), "python": platform.python_version(), "executable": sys.executable}
        self.send(wire.pack_json(wire.READY, 0, 0, {**about, "numpy": importlib.util.find_spec("numpy") is not None}))

    def _create(self, node: int, call: int, given: Dict[str, Any]) -> None:
        for path in reversed(given.get("paths", [])):
            if path not in sys.path:
                sys.path.insert(0, path)
        instance = self._objects.get(given["object"]) if "object" in given else make_node(given["class"], given.get("params", {}))
        if instance is None:
            raise WorkerError("node-unknown", f"no object {given.get('object')!r} is served here", "Serve it while the pipeline runs.")
        if given.get("is_streaming"):
            instance.is_streaming = True
        runner = NodeRunner(
            instance,
            functools.partial(self._answer, node),
            functools.partial(self._fail, node),
            value_of if self._held is None else self._held.value_of,
            frame_of if self._held is None else self._held.frame_of,
            answers=bool(given.get("answers")),
        )
        self._nodes[node] = _Served(runner, node, self.send)
        self.send(wire.pack_json(wire.DONE, node, call, {"is_streaming": runner.is_streaming, "is_source": runner.is_source}))

    def _configure(self, node: int, call: int, given: Dict[str, Any]) -> None:
        runner = self._nodes[node].runner
        if not callable(getattr(runner.node, "configure", None)):
            name = type(runner.node).__name__
            raise WorkerError("host-unsupported", f"{name} cannot be changed while it runs", "Give the class a method configure(self, params).")
        runner.hook(call, "configure", given["params"])

    def _stop(self, node: int, call: int) -> None:
        served = self._nodes.get(node)
        if served is None:
            return self.send(wire.pack_message(wire.DONE, node, call))  # it could not be made
        served.last_call = call
        served.runner.hook(call, "cleanup")

    def _map(self, node: int, call: int, given: Dict[str, Any]) -> None:
        slots = self._nodes[node].slots
        slot = wire.Slot(given["path"], given["bytes"])
        old = slots.pop(given["direction"], None)
        slots[given["direction"]] = slot
        if old is not None:
            old.close()
        self.send(wire.pack_message(wire.DONE, node, call))

    def _tell_call(self, op: int, node: int, number: int) -> None:
        served = self._nodes.get(node)
        call = served.runner.call_of(number) if served is not None else None
        if call is None:
            return  # it has answered meanwhile
        if op == wire.NEXT:
            call.go_on()
        else:
            call.cancel()

    # answers

    def _answer(self, node: int, call: int, block: Optional[Block], is_done: bool) -> None:
        served = self._nodes.get(node)
        if served is None:
            return  # it was abandoned
        op = wire.DONE if is_done else wire.ITEM
        flags, payload = (0, b"") if block is None else self._place(block, served.slots.get("out"))
        if is_done and served.runner.has_kept(call):
            flags |= wire.KEPT
        self.send(wire.pack_message(op, node, call, flags, payload))
        if is_done:
            self._forget(node, call)

    def _place(self, block: Block, slot: Optional[wire.Slot]) -> Tuple[int, bytes]:
        """Puts a frame where the host will find it: flags and payload of the message that says so."""
        flags = wire.HAS_FRAME | (wire.UNTIMED if block.is_untimed else 0)
        if slot is None or block.size > slot.size:
            return flags, block.to_bytes()
        block.write_to(slot.view)
        return flags | wire.IN_MEMORY, b""

    def _fail(self, node: int, call: int, error: BaseException) -> None:
        if os.getpid() != self._pid:
            forked.end(error)
        if self._on_error is not None:
            self._on_error(error)
        served = self._nodes.get(node)
        flags = wire.KEPT if served is not None and served.runner.has_kept(call) else 0
        self.send(wire.pack_json(wire.FAILED, node, call, describe_error(error), flags))
        self._forget(node, call)
        if isinstance(error, KeyboardInterrupt) and self._on_error is not None and self._loop is not None:
            self._loop.call_soon(_raise, error)  # the program's own Ctrl-C ends the program, whichever node it came upon

    def _forget(self, node: int, call: int) -> None:
        """A node whose `cleanup` is over is gone."""
        served = self._nodes.get(node)
        if served is not None and call == served.last_call != 0:
            self._nodes.pop(node).close()

    async def _abandon(self) -> None:
        """The host is gone: nodes that it did not stop are cleaned up."""
        for served in self._nodes.values():
            cleanup = getattr(served.runner.node, "cleanup", None)
            try:
                result = cleanup() if callable(cleanup) else None
                if asyncio.iscoroutine(result):
                    await asyncio.wait_for(result, 1)
            except (Exception, SystemExit) as error:
                print(f"{type(served.runner.node).__name__}.cleanup: {error}", file=sys.stderr)
            served.close()
        self._nodes.clear()
