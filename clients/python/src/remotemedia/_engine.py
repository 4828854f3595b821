"""One run in the runtime. The other end is `packages/python/src/engine.ts`."""
from __future__ import annotations

import itertools
import os
import queue
import socket
import threading
from typing import Any, Dict, Iterable, Iterator, Mapping, Optional

from . import errors
from ._worker import Worker, wire
from ._worker.frames import pack_frame, unpack_frame
from ._worker.values import frame_of, value_of
from .runtime import engine

ATTACH, RUN, INPUT, END = range(64, 68)
OUTPUT, DONE, FAILED = range(97, 100)

_numbers = itertools.count(1)
_CLASSES = {
    "manifest-invalid": errors.PipelineError,
    "params-invalid": errors.ConfigurationError,
    "not-serializable": errors.SerializationError,
    "host-unsupported": errors.ConfigurationError,
}


class _Server(Worker):
    """Serves the nodes of this process, and remembers what they raised: the exception itself is worth more than its description."""

    error: Optional[BaseException] = None

    def _fail(self, node: int, call: int, error: BaseException) -> None:
        self.error = error
        super()._fail(node, call, error)


class Run:
    """
    One run of a manifest; iterating gives its results. `objects` are nodes of this process, for `params: {"object": name, "group": run.group}`.
    """

    def __init__(self) -> None:
        self.group = f"{os.getpid()}-{next(_numbers)}"
        self.metrics: Optional[Dict[str, Any]] = None
        self._socket: Optional[socket.socket] = None
        self._server: Optional[_Server] = None

    def results(self, manifest: Dict[str, Any], objects: Mapping[str, Any], values: Optional[Iterable[Any]], is_streaming: bool) -> Iterator[Any]:
        """Runs; blocks for each result. Raises what a node raised, as the cause of a `NodeError`."""
        host = engine()
        serving = self._serve(host.connect(), objects) if objects else None
        self._socket = connection = host.connect()
        try:
            connection.sendall(
                wire.pack_json(RUN, 0, 0, {"manifest": manifest, "has_input": values is not None, "is_streaming": is_streaming})
            )
            if values is not None:
                self._given: "queue.Queue[BaseException]" = queue.Queue()
                threading.Thread(target=self._give, args=(connection, values), name="remotemedia-input", daemon=True).start()
            yield from self._received(connection)
        finally:
            connection.close()
            if serving is not None:
                serving[0].shutdown(socket.SHUT_RDWR)
                serving[1].join(5)

    def cancel(self, at_once: bool = False) -> None:
        """Ends the run, from any thread; in order, when its nodes have stopped, or at once."""
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR if at_once else socket.SHUT_WR)
            except OSError:
                pass

    def _serve(self, connection: socket.socket, objects: Mapping[str, Any]) -> Any:
        connection.sendall(wire.pack_json(ATTACH, 0, 0, {"name": self.group}))
        handle = connection.dup()  # the worker closes its own
        self._server = _Server(connection, objects)
        thread = threading.Thread(target=self._server.run, name="remotemedia-nodes", daemon=True)
        thread.start()
        return _Handle(handle), thread

    def _give(self, connection: socket.socket, values: Iterable[Any]) -> None:
        try:
            for value in values:
                frame = frame_of(value)
                if frame is not None:
                    block = pack_frame(frame)
                    connection.sendall(wire.pack_message(INPUT, 0, 0, wire.HAS_FRAME, block.to_bytes()))
            connection.sendall(wire.pack_message(END, 0, 0))
        except OSError:
            pass  # the run is over; its reader says why
        except BaseException as error:
            self._given.put(error)
            self.cancel()

    def _received(self, connection: socket.socket) -> Iterator[Any]:
        reader = wire.MessageReader()
        while True:
            try:
                data = connection.recv(1 << 18)
            except ConnectionError:
                data = b""
            if not data:
                if hasattr(self, "_given") and not self._given.empty():
                    raise self._given.get()
                raise errors.PipelineError("the runtime ended before the run was over")
            for op, _flags, _node, _call, payload in reader.feed(data):
                if op == OUTPUT:
                    yield value_of(unpack_frame(payload))
                elif op == DONE:
                    self.metrics = _figures(wire.json_of(payload).get("metrics"))
                    return
                elif op == FAILED:
                    self._raise(wire.json_of(payload))

    def _raise(self, failure: Dict[str, Any]) -> None:
        cause = self._server.error if self._server is not None else None
        text = str(failure.get("text") or failure.get("message"))
        if cause is None and failure.get("traceback"):
            text = f"{text}\n\n{failure['traceback']}"
        kind = errors.NodeError if cause is not None else _CLASSES.get(str(failure.get("code")), errors.NodeError if failure.get("node") else errors.PipelineError)
        error = kind(text)
        error.code = str(failure.get("code"))
        raise error from cause


def _figures(metrics: Optional[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    """Without what the runtime adds to every pipeline: the node `input`, through which items come."""
    if metrics is not None:
        metrics["node_metrics"] = [one for one in metrics["node_metrics"] if one["node_type"] != "input"]
    return metrics


class _Handle:
    """A second name of a worker's socket: shutting it down ends the worker."""

    def __init__(self, handle: socket.socket):
        self._handle = handle

    def shutdown(self, how: int) -> None:
        try:
            self._handle.shutdown(how)
        except OSError:
            pass
        self._handle.close()
