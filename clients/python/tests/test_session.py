"""Live sessions: what goes in and out, errors, and the end."""
import asyncio
import gc
import itertools
import json
import logging
import warnings

import numpy as np
import pytest

from remotemedia import ConfigurationError, Frame, Node, NodeError, Pipeline, PipelineError, SerializationError, runtime
from remotemedia.nodes import EnergyVADNode, GainNode, MultiplyNode, PassThroughNode, TemplateNode


class Tally(Node):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []

    async def initialize(self):
        self.seen.append("initialize")

    def process(self, number):
        self.seen.append(number)
        return sum(one for one in self.seen if isinstance(one, int))

    def cleanup(self):
        self.seen.append("cleanup")


class Broken(Node):
    def process(self, text):
        if text == "bad":
            raise KeyError("oops")
        return text


class Stuck(Node):
    def __init__(self):
        super().__init__()
        self.began, self.ended = asyncio.Event(), []

    async def process(self, text):
        self.began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise

    def cleanup(self):
        self.ended.append("cleanup")


def run(work):
    return asyncio.run(asyncio.wait_for(work, 90))


async def taken(output, count):
    return [await output.__anext__() for _ in range(count)]


def test_values_go_in_and_come_out_until_it_is_closed():
    async def talk():
        node = Tally()
        async with Pipeline([MultiplyNode(2), node]).open() as session:
            results = session.output()
            for number in (1, 2, 3):
                await session.push(number)
            assert await taken(results, 3) == [2, 6, 12]
            assert session.turn == 1
        assert node.seen == ["initialize", 2, 4, 6, "cleanup"]
        with pytest.raises(PipelineError, match="closed"):
            await session.push(4)

    run(talk())


def test_what_came_to_its_end_is_read_after_close():
    async def talk():
        session = await Pipeline([PassThroughNode()]).open()
        results = session.output("PassThroughNode")
        for number in range(5):
            await session.push(number)
        await session.close()
        await session.close()
        found = [value async for value in results]
        metrics = await session.metrics()
        return found, [(one["node_id"], one["execution_count"]) for one in metrics["node_metrics"]]

    assert run(talk()) == ([0, 1, 2, 3, 4], [("PassThroughNode_0", 5)])


def test_who_asks_for_an_output_after_the_first_push_is_warned():
    async def talk(asks_first):
        async with Pipeline([PassThroughNode()]).open() as session:
            if asks_first:
                session.tap("PassThroughNode")
            await session.push("gone")
            results = session.output()
            await session.push("heard")
            assert await taken(results, 1) == ["heard"]

    with pytest.warns(UserWarning, match=r"what the pipeline gave before .* was not kept: call session.output\(\) before the first push") as warned:
        run(talk(False))
    assert [one.filename for one in warned] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(talk(True))


def test_every_kind_of_value_passes_and_frames_say_more():
    samples = np.array([[0.5, -0.25]], np.float32)

    async def talk():
        async with Pipeline([PassThroughNode()]).open() as session:
            values, frames = session.output(), session.tap("PassThroughNode", frames=True)
            partial, marker = Frame("text", "so far", final=False), Frame("event", {"n": 1}, name="marker")
            given = ["text", {"a": [1, None]}, b"bytes", partial, marker, (samples, 8000)]
            for value in given:
                await session.push(value)
            return await taken(values, 6), await taken(frames, 6)

    values, frames = run(talk())
    assert values[:5] == ["text", {"a": [1, None]}, b"bytes", "so far", {"event": "marker", "value": {"n": 1}}]
    assert values[5][0].tolist() == samples.tolist() and values[5][1] == 8000
    assert [(one.kind, one.turn, one.sequence) for one in frames] == [(kind, 1, at) for at, kind in enumerate(
        ["text", "json", "binary", "text", "event", "audio"])]
    assert [one.final for one in frames if one.kind == "text"] == [True, False]
    again, rate = frames[5].value
    again *= 2
    assert again.tolist() == (2 * samples).tolist() and rate == 8000 and [one.value for one in frames[:5]] == values[:5]


def test_connections_beside_the_row_are_honored_everywhere():
    made = Pipeline([GainNode(1.0), EnergyVADNode(name="detect"), Tally(name="tally")]).connect("detect.events", "tally")
    assert json.loads(made.serialize())["connections"][-1] == {"from": "detect_1.events", "to": "tally_2"}
    with pytest.raises(PipelineError, match="no node is called 'nobody'; there are GainNode, detect"):
        Pipeline([GainNode(1.0), EnergyVADNode(name="detect")]).connect("nobody", "GainNode")
    with pytest.raises(PipelineError, match='"nothing"'):
        Pipeline([GainNode(1.0), EnergyVADNode(name="detect")]).connect("detect.nothing", "GainNode").run((np.zeros((1, 8), np.float32), 8000))
    twice_wrong = Pipeline([GainNode(1.0), EnergyVADNode(name="detect")]).connect("detect.nothing", "GainNode.nowhere")
    with pytest.raises(PipelineError, match='(?s)^the manifest has 2 faults:\n  /connections/1/from: .*"nothing".*\n  /connections/1/to: .*"nowhere"'):
        twice_wrong.run((np.zeros((1, 8), np.float32), 8000))
    with pytest.raises(PipelineError, match="2 nodes have the name 'MultiplyNode'.*MultiplyNode_0, MultiplyNode_1"):
        Pipeline([MultiplyNode(), MultiplyNode()]).connect("MultiplyNode", "MultiplyNode_1")

    double = Pipeline([MultiplyNode(2, name="a"), MultiplyNode(3, name="b"), MultiplyNode(5, name="c")]).connect("a", "c")
    assert sorted(double.run(1)) == [10, 30]

    async def live():
        async with double.open() as session:
            results = session.output("c")
            await session.push(1)
            return sorted(await taken(results, 2))

    assert run(live()) == [10, 30]


def test_inputs_and_outputs_are_named_and_wrong_names_say_what_there_is():
    async def talk():
        async with Pipeline([TemplateNode("<{{text}}>", name="first"), TemplateNode("[{{text}}]", name="second")]).open() as session:
            results = session.output("second")
            await session.push("a", "second")
            await session.push("b", "first.in")
            found = await taken(results, 2)
            for name, said in (("third", "no node is called 'third'; there are first, second"), ("first.down", "is no input")):
                with pytest.raises(PipelineError, match=said):
                    await session.push("c", name)
            with pytest.raises(PipelineError, match="no output .*one of: second_1"):
                await session.output("first").__anext__()
            with pytest.raises(PipelineError, match="read already"):
                await session.output("second").__anext__()
            with pytest.raises(SerializationError, match="object"):
                await session.push(object())
            with pytest.raises(ConfigurationError):
                await session.configure("first", template=5)
            return found

    assert run(talk()) == ["[a]", "[<b>]"]


def test_errors_come_as_they_happen_with_what_was_raised():
    async def talk():
        async with Pipeline([Broken()]).open() as session:
            results = session.output()
            for text in ("a", "bad", "b"):
                await session.push(text)
            async for error in session.errors:
                break
            return error, await taken(results, 2)

    error, found = run(talk())
    assert isinstance(error, NodeError) and isinstance(error.__cause__, KeyError) and error.count == 1
    assert "oops" in str(error) and found[0] == "a" and found[-1] == "b"


def test_an_error_that_nobody_reads_is_logged_when_it_comes_with_its_place(caplog):
    async def talk():
        async with Pipeline([Broken()]).open() as session:
            results = session.output()
            await session.push("bad")
            await session.push("fine")
            while await results.__anext__() != "fine":
                pass
            return [(record.message, record.exc_text) for record in caplog.records]

    with caplog.at_level(logging.ERROR, "remotemedia.session"):
        told = run(talk())
    assert [(one, "in process" in place and "KeyError" in place) for one, place in told] == [("Broken_0: KeyError: 'oops'", True)]
    assert len(caplog.records) == 1


def test_what_cannot_start_raises():
    class Unready(Node):
        def initialize(self):
            raise OSError("no device")

        def process(self, data):
            return data

    async def talk():
        async with Pipeline([PassThroughNode(), Unready()]).open():
            raise AssertionError("it opened")

    with pytest.raises(NodeError, match="no device") as caught:
        run(talk())
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(PipelineError, match="empty"):
        Pipeline().open()


def test_a_cancelled_task_closes_its_session():
    async def talk():
        node = Stuck()
        session = Pipeline([node]).open()

        async def use():
            async with session:
                await session.push("x")
                async for _ in session.output():
                    pass

        task = asyncio.ensure_future(use())
        await node.began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return node.ended

    assert run(talk()) == ["cancelled", "cleanup"]


def test_nothing_piles_up_before_a_node_that_is_stuck_and_an_interruption_passes():
    class Slow(Node):
        answers = True

        async def process(self, text):
            await asyncio.sleep(60)

    async def talk():
        async with Pipeline([Slow()]).open() as session:
            pushed = 0
            with pytest.raises(PipelineError, match="holds 128 frames") as caught:
                while True:
                    await session.push(str(pushed))
                    pushed += 1
            await asyncio.wait_for(session.interrupt(), 20)
            return pushed, caught.value.code, session.turn

    assert run(talk()) == (129, "overflow", 2)


def test_a_reader_that_gives_up_waiting_loses_nothing_and_one_that_left_holds_nothing_back():
    async def talk():
        async with Pipeline([PassThroughNode()]).open() as session:
            results = session.output()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(results.__anext__(), 0.05)
            await session.push(1)
            assert await results.__anext__() == 1
            await session.push(2)
            async for value in results:
                assert value == 2
                break
            del results
            gc.collect()
            for number in range(300):
                await asyncio.wait_for(session.push(number), 20)
            again = session.output()
            await session.push("new")
            return await again.__anext__()

    assert run(talk()) == "new"


def test_a_source_runs_until_the_session_is_closed():
    class Clock(Node):
        is_source = True

        def __init__(self):
            super().__init__()
            self.log = []

        async def process(self):
            try:
                for number in itertools.count():
                    yield number
                    await asyncio.sleep(0.005)
            finally:
                self.log.append("ended")

        def cleanup(self):
            self.log.append("cleanup")

    async def talk():
        clock = Clock()
        async with Pipeline([clock, MultiplyNode(2)]).open() as session:
            found = await taken(session.output(), 5)
        return found, clock.log

    found, log = run(talk())
    assert found == list(range(found[0], found[0] + 10, 2)) and log == ["ended", "cleanup"]


def test_answers_are_held_and_released_and_parameters_change_meanwhile():
    class Answer(Node):
        answers = True

        def process(self, text):
            return text

    async def talk():
        changes = []
        async with Pipeline([TemplateNode("<{{text}}>", name="template"), Answer()]).open() as session:
            stop_listening = session.on_turn(lambda change: changes.append(change.type))
            results = session.output()
            await session.hold()
            await session.push("a")
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(results.__anext__(), 0.2)
            await session.release()
            found = [await results.__anext__()]
            stop_listening()
            await session.interrupt()
            await session.push("b")
            return [*found, await results.__anext__()], changes, [one["turn"] for one in await session.turns()]

    assert run(talk()) == (["<a>", "<b>"], ["held", "released"], [1, 2])


def test_a_runtime_that_dies_ends_its_sessions_and_the_next_has_another():
    async def talk():
        session = await Pipeline([PassThroughNode()]).open()
        reading = asyncio.ensure_future(session.output().__anext__())
        dying = runtime.running_engine()
        dying._process.kill()
        for waiting in (reading, session.done(), session.push(1)):
            with pytest.raises(PipelineError, match="the runtime ended before the session was closed"):
                await waiting
        await session.close()
        while dying.is_running:
            await asyncio.sleep(0.01)
        async with Pipeline([PassThroughNode()]).open() as again:
            results = again.output()
            await again.push("there")
            return await results.__anext__()

    assert run(talk()) == "there"


def test_two_sessions_at_once_do_not_mix():
    async def talk(factor):
        async with Pipeline([MultiplyNode(factor), Tally()]).open() as session:
            results = session.output()
            found = []
            for number in range(1, 20):
                await session.push(number)
                found.append(await results.__anext__())
            return found

    async def both():
        return await asyncio.gather(talk(1), talk(10))

    one, ten = run(both())
    assert one == [n * (n + 1) // 2 for n in range(1, 20)] and ten == [10 * value for value in one]


def test_without_the_runtime_it_says_so(monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", "python")

    async def talk():
        await Pipeline([PassThroughNode()]).open()

    with pytest.raises(ConfigurationError, match="a live session needs the runtime: REMOTEMEDIA_RUNTIME=python"):
        run(talk())
