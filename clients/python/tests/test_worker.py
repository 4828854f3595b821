"""What a worker answers to messages that come at an odd time."""
import asyncio
import gc
import socket
import warnings

import pytest

from remotemedia._worker import wire
from remotemedia._worker.frames import pack_frame
from remotemedia._worker.values import frame_of
from remotemedia._worker.worker import Worker


class Coroutine:
    async def process(self, item):
        await asyncio.sleep(60)


class Generator:
    async def process(self, item):
        while True:
            yield item


class Plain:
    answers = True

    def process(self, item):
        return item


class Saving:
    """Its end takes more than one step of the loop."""

    def __init__(self):
        self.saved = []

    async def process(self, item):
        try:
            while True:
                yield item
        finally:
            await asyncio.sleep(0)
            self.saved.append(item)


BLOCK = pack_frame(frame_of("x"))
PROCESS = wire.pack_message(wire.PROCESS, 1, 2, wire.HAS_FRAME, BLOCK.head, BLOCK.data.nbytes) + bytes(BLOCK.data)
NEXT = wire.pack_message(wire.NEXT, 1, 2)
CANCEL = wire.pack_message(wire.CANCEL, 1, 2)


def answers_of(node, *exchanges):
    """The answers of a worker, which gets each of `exchanges` at once, and the next when it has given as many answers as that one says."""

    async def talk():
        loop = asyncio.get_running_loop()
        host, sock = socket.socketpair()
        with host:
            host.setblocking(False)
            serving = loop.create_task(Worker(sock, {"it": node}).serve())
            reader, answers, expected = wire.MessageReader(), [], 0
            for messages, count in exchanges:
                await loop.sock_sendall(host, messages)
                expected += count
                while len(answers) < expected:
                    answers += [(op, call) for op, _, _, call, _ in reader.feed(await loop.sock_recv(host, 4096))]
        await serving
        return answers

    return asyncio.run(asyncio.wait_for(talk(), 30))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("node", [Coroutine(), Generator(), Plain()])
def test_a_call_that_is_cancelled_before_it_has_begun_is_answered(node):
    create = wire.pack_json(wire.CREATE, 1, 1, {"object": "it"})
    assert answers_of(node, (create + PROCESS + CANCEL, 2)) == [(wire.DONE, 1), (wire.DONE, 2)]


@pytest.mark.parametrize("last", [CANCEL, NEXT + CANCEL], ids=["cancel", "next and cancel"])
def test_what_ends_because_it_is_cancelled_is_not_cancelled_again_meanwhile(last):
    node = Saving()
    create = wire.pack_json(wire.CREATE, 1, 1, {"object": "it"})
    assert answers_of(node, (create + PROCESS, 2), (last, 1)) == [(wire.DONE, 1), (wire.ITEM, 2), (wire.DONE, 2)]
    assert node.saved == ["x"]


def test_a_call_that_the_end_of_the_loop_keeps_from_its_first_step_leaves_no_warning():
    async def end():
        host, sock = socket.socketpair()
        worker = Worker(sock, {"it": Coroutine()})
        worker.open()
        with host:
            host.sendall(wire.pack_json(wire.CREATE, 1, 1, {"object": "it"}))
            await asyncio.get_running_loop().run_in_executor(None, host.recv, 4096)
            worker._handle(wire.PROCESS, wire.HAS_FRAME, 1, 2, memoryview(BLOCK.to_bytes()))
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()  # as `asyncio.run` does
            await asyncio.sleep(0)
            await worker.close()

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", RuntimeWarning)
        asyncio.run(end())
        gc.collect()
    assert [str(one.message) for one in said] == []
