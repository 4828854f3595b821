"""What nodes should not do: it is told in the same way wherever they run, nothing hangs, and nothing is lost."""
import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from remotemedia import Node, NodeError, Pipeline, SerializationError
from remotemedia.nodes import PassThroughNode

EVERYWHERE = pytest.mark.parametrize("others", [[], [PassThroughNode()]], ids=["python", "runtime"])


class Gives(Node):
    """Whatever it is asked for."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def process(self, data):
        return self.make()


class Chorus(Node):
    """Speaks before anything comes, between items, and at the end."""

    is_streaming = True

    async def process(self, stream):
        waiting = asyncio.Queue()

        async def pull():
            async for data in stream:
                waiting.put_nowait(data)
            waiting.put_nowait(None)

        task = asyncio.ensure_future(pull())
        yield "first"
        while True:
            data = await waiting.get()
            if data is None:
                break
            for voice in "ab":
                await asyncio.sleep(0)
                yield f"{data}{voice}"
        await task
        yield "last"


SPOKEN = ["first", *(f"{index}{voice}" for index in range(20) for voice in "ab"), "last"]


@EVERYWHERE
def test_a_stream_speaks_at_any_time(others):
    pipeline = Pipeline([Chorus(), *others])
    assert pipeline.run(list(range(20))) == SPOKEN
    assert pipeline.run([]) == ["first", "last"]


def test_a_stream_speaks_at_any_time_of_a_session():
    async def talk():
        async with Pipeline([Chorus()]).open() as session:
            output = session.output()
            for index in range(20):
                await session.push(index)
            await session.close()
            return [item async for item in output]

    assert asyncio.run(asyncio.wait_for(talk(), 60)) == SPOKEN


def interrupted():
    raise KeyboardInterrupt


async def interrupted_later():
    raise KeyboardInterrupt


@EVERYWHERE
@pytest.mark.parametrize("make", [interrupted, interrupted_later])
def test_ctrl_c_is_no_failure_of_the_node_that_it_came_upon(others, make):
    with pytest.raises(KeyboardInterrupt):
        Pipeline([Gives(make), *others]).run(1)


def test_what_no_sound_can_be_is_also_the_exception_that_python_has_for_it():
    with pytest.raises(ValueError, match=r"Gives_0: audio of shape \(1, 2, 3\)") as caught:
        Pipeline([Gives(lambda: (np.zeros((1, 2, 3)), 8000)), PassThroughNode()]).run(1)
    assert isinstance(caught.value, NodeError)
    assert (caught.value.code, caught.value.node) == ("media-invalid", "Gives_0")


def test_what_cannot_leave_a_session_says_its_type_and_where_it_is():
    async def talk():
        async with Pipeline([Gives(lambda: {"a": [1, object()]})]).open() as session:
            session.output()
            await session.push(1)
            async for error in session.errors:
                return error

    error = asyncio.run(asyncio.wait_for(talk(), 60))
    assert type(error) is SerializationError and "value['a'][1] is a object" in str(error)
    assert (error.code, error.node) == ("not-serializable", "Gives_0")


@EVERYWHERE
def test_a_node_that_cannot_start_is_named(others):
    class Unready(Node):
        def initialize(self):
            raise OSError("no device")

        def process(self, data):
            return data

    with pytest.raises(NodeError, match="Unready_0: OSError: no device") as caught:
        Pipeline([Unready(), *others]).run(1)
    assert (caught.value.code, caught.value.node) == ("start-failed", "Unready_0")


FORKS = """
import os, sys, time
from remotemedia import Node, Pipeline
from remotemedia.nodes import PassThroughNode

class Forks(Node):
    def process(self, data):
        time.sleep({pause})
        child = os.fork()
        if child:
            print(os.waitpid(child, 0)[1] >> 8, flush=True)
            return data
        print("child", flush=True)
        {what}

print(Pipeline([PassThroughNode(), Forks(), PassThroughNode()]).run([1, 2, 3]))
"""


@pytest.mark.parametrize("pause", [0, 0.05], ids=["loop", "thread"])
@pytest.mark.parametrize("what, code, said", [("return data", 0, ""), ("sys.exit(3)", 3, ""), ("raise ValueError('mine')", 1, "ValueError: mine")])
def test_a_fork_that_comes_back_from_a_node_ends(what, code, said, pause):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}
    arguments = [sys.executable, "-W", "ignore", "-c", FORKS.format(what=what, pause=pause)]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [*3 * ["child", str(code)], "[1, 2, 3]"]
    assert said in done.stderr


class Locks(Node):
    """Gives what no frame can carry."""

    def process(self, data):
        return threading.Lock()


class TypeOf(Node):
    def process(self, data):
        return type(data).__name__


class FailsOnce(TypeOf):
    failures = 0

    def process(self, data):
        self.failures += 1
        if self.failures == 1:
            raise ValueError("once")
        return super().process(data)


@pytest.mark.parametrize(
    "takers, on_error, ends, wanted",
    [
        (["TypeOf", "TypeOf"], {}, [(0, 1), (1, 2), (1, 3)], ["lock", "lock"]),
        (["FailsOnce"], {"retry": {"attempts": 1, "base_ms": 1}}, [(0, 1), (1, 2)], "lock"),
    ],
    ids=["branches", "another attempt"],
)
def test_what_no_frame_can_carry_is_there_for_everybody_who_takes_it(takers, on_error, ends, wanted):
    kinds = ["pass-through" if kind == "pass-through" else f"{__name__}:{kind}" for kind in ("Locks", "pass-through", *takers)]
    nodes = [{"id": f"n{index}", "node_type": kind} for index, kind in enumerate(kinds)]
    nodes[2]["on_error"] = on_error
    connections = [{"from": f"n{start}", "to": f"n{end}"} for start, end in ends]

    async def results():
        return await (await Pipeline.from_definition({"version": "v1", "nodes": nodes, "connections": connections})).run(1)

    assert asyncio.run(results()) == wanted
