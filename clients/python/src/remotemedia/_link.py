"""The connection of a live session to the runtime: what is asked and answered. The other end is `packages/python/src/engine-session.ts`."""
from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import Any, Callable, Dict, Optional

from ._worker import wire
from ._worker.frames import Block
from .errors import has_just_ended

OPEN, PUSH, PORT, ASK, READ, MORE, LEAVE = range(68, 75)
OUTPUT, DONE, FAILED, ANSWERED, OVER, TURN, ERROR = range(97, 104)

_CHUNK_BYTES = 1 << 18


class Link:
    """
    Gives every request its answer. What else comes goes to `hear(op, node, payload)`; `lost` is called when nothing more can come.
    `error_of` makes an exception of what the runtime says of a failure.
    """

    def __init__(
        self,
        hear: Callable[[int, int, memoryview], None],
        lost: Callable[[], None],
        error_of: Callable[[Dict[str, Any]], BaseException],
    ):
        self._hear = hear
        self._lost = lost
        self._error_of = error_of
        self._calls = itertools.count(1)
        self._answers: "Dict[int, asyncio.Future[Any]]" = {}
        self._writer: Optional[asyncio.StreamWriter] = None
        self._listening: "Optional[asyncio.Task[None]]" = None

    async def connect(self, path: str) -> None:
        """Connects; who calls closes it."""
        try:
            reader, self._writer = await asyncio.open_unix_connection(path)
        except OSError as error:
            raise has_just_ended(error) from error
        self._listening = asyncio.get_running_loop().create_task(self._listen(reader))

    def close(self) -> None:
        """Hangs up: a session that still runs is closed by the runtime."""
        if self._writer is not None and self._listening is not None:
            with suppress(OSError):
                self._writer.write_eof()  # a fork may have the connection too, and would keep it open
            self._writer.close()
            self._listening.cancel()

    def ask(self, op: int, value: Optional[Dict[str, Any]] = None, node: int = 0, block: Optional[Block] = None) -> "asyncio.Future[Any]":
        """Sends a request; its answer comes, or what it failed with."""
        call = next(self._calls)
        answer = self._answers[call] = asyncio.get_running_loop().create_future()

        def forget(answer: "asyncio.Future[Any]") -> None:
            self._answers.pop(call, None)
            if not answer.cancelled():
                answer.exception()  # nobody may wait for it

        answer.add_done_callback(forget)
        if block is None:
            self.send(wire.pack_json(op, node, call, value or {}))
        else:
            flags = wire.HAS_FRAME | (wire.UNTIMED if block.is_untimed else 0)
            self.send(wire.pack_message(op, node, call, flags, block.head, block.data.nbytes), block.data)
        return answer

    def send(self, message: bytes, data: Optional[memoryview] = None) -> None:
        """Sends a message that has no answer."""
        # Nothing piles up here: who asks waits for the answer.
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(message)
            if data is not None and data.nbytes > 0:
                self._writer.write(data)

    def fail(self, error: BaseException) -> None:
        """Whoever waits for an answer gets this."""
        for answer in list(self._answers.values()):
            if not answer.done():
                answer.set_exception(error)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        messages = wire.MessageReader()
        try:
            while True:
                data = await reader.read(_CHUNK_BYTES)
                if not data:
                    break
                for op, _flags, node, call, payload in messages.feed(data):
                    if op == ANSWERED or op == FAILED:
                        self._settle(call, op == ANSWERED, wire.json_of(payload))
                    else:
                        self._hear(op, node, payload)
        except ConnectionError:
            pass
        finally:
            self._lost()

    def _settle(self, call: int, is_well: bool, given: Dict[str, Any]) -> None:
        answer = self._answers.get(call)
        if answer is None or answer.done():
            return  # who asked has given up
        if is_well:
            answer.set_result(given.get("value"))
        else:
            answer.set_exception(self._error_of(given))
