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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("node", [Coroutine(), Generator(), Plain()])
def test_a_call_that_is_cancelled_before_it_has_begun_is_answered(node):
    block = pack_frame(frame_of("x"))
    process = wire.pack_message(wire.PROCESS, 1, 2, wire.HAS_FRAME, block.head, block.data.nbytes) + bytes(block.data)

    async def talk():
        loop = asyncio.get_running_loop()
        host, sock = socket.socketpair()
        with host:
            host.setblocking(False)
            serving = loop.create_task(Worker(sock, {"it": node}).serve())
            await loop.sock_sendall(host, wire.pack_json(wire.CREATE, 1, 1, {"object": "it"}) + process + wire.pack_message(wire.CANCEL, 1, 2))
            reader, answers = wire.MessageReader(), []
            while len(answers) < 2:
                answers += [(op, call) for op, _, _, call, _ in reader.feed(await loop.sock_recv(host, 4096))]
        await serving
        return answers

    assert asyncio.run(asyncio.wait_for(talk(), 5)) == [(wire.DONE, 1), (wire.DONE, 2)]


def test_a_call_that_the_end_of_the_loop_keeps_from_its_first_step_leaves_no_warning():
    block = pack_frame(frame_of("x"))

    async def end():
        host, sock = socket.socketpair()
        worker = Worker(sock, {"it": Coroutine()})
        worker.open()
        with host:
            host.sendall(wire.pack_json(wire.CREATE, 1, 1, {"object": "it"}))
            await asyncio.get_running_loop().run_in_executor(None, host.recv, 4096)
            worker._handle(wire.PROCESS, wire.HAS_FRAME, 1, 2, memoryview(block.to_bytes()))
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()  # as `asyncio.run` does
            await asyncio.sleep(0)
            await worker.close()

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", RuntimeWarning)
        asyncio.run(end())
        gc.collect()
    assert [str(one.message) for one in said] == []
