"""Nodes that are all Python run in this process, with the values themselves; in between two native ones they meet them through the runtime."""
import asyncio
import logging
import threading

import pytest

from remotemedia import ConfigurationError, Node, NodeError, Pipeline
from remotemedia.nodes import PassThroughNode


class Each(Node):
    """A node of a function."""

    def __init__(self, function, **hooks):
        super().__init__()
        self.process = function
        for name, hook in hooks.items():
            setattr(self, name, hook)


class Thing:
    pass


def test_values_are_the_objects_themselves():
    seen = []
    things = [Thing(), Thing()]
    result = Pipeline([Each(lambda thing: seen.append(thing) or thing), Each(lambda thing: thing)]).run(things)
    assert result == things and seen == things


def test_objects_pass_through_the_runtime_from_one_python_node_to_another():
    thing, lock = Thing(), threading.Lock()
    result = Pipeline([Each(lambda _: (thing, lock)), PassThroughNode(), Each(lambda pair: [pair])]).run(1)
    assert result == [(thing, lock)] or result == (thing, lock)


async def later(value):
    await asyncio.sleep(0)
    return value + 1


def several(value):
    yield value
    yield value + 100


async def several_later(value):
    yield value
    await asyncio.sleep(0)
    yield value + 100


@pytest.mark.parametrize(
    "functions, given, wanted",
    [
        ([lambda x: x + 1, lambda x: x * 2], [1, 2], [4, 6]),
        ([later, later, lambda x: x * 2], [1, 2], [6, 8]),
        ([several, lambda x: x + 1, several], 1, [2, 102, 102, 202]),
        ([several_later, later, lambda x: x * 2], [1, 2], [4, 204, 6, 206]),
        ([lambda x: later(x), lambda x: iter([x, None, x])], [1, 2], [2, 2, 3, 3]),
        ([lambda x: None if x % 2 else x, lambda x: x], list(range(40)), list(range(0, 40, 2))),
    ],
)
def test_forms(functions, given, wanted):
    assert Pipeline([Each(function) for function in functions]).run(given) == wanted


def test_what_was_held_back_goes_through_the_nodes_behind():
    held = [[], []]

    def keeping(place):
        return Each(lambda x: held[place].append(x), flush=lambda: sum(held[place]))

    assert Pipeline([keeping(0), Each(lambda x: x * 10), keeping(1), Each(lambda x: x + 1)]).run([1, 2, 3]) == 61


def test_nodes_that_wait_work_at_the_same_time():
    async def main():
        arrived = [asyncio.Event(), asyncio.Event()]

        async def first(x):
            arrived[0].set()
            if x == 2:
                await asyncio.wait_for(arrived[1].wait(), 30)  # until the other has an item in work
            await asyncio.sleep(0)
            return x

        async def second(x):
            await asyncio.sleep(0)
            if x == 1:
                arrived[1].set()
            return x

        return await Pipeline([Each(first), Each(second)]).run([0, 1, 2, 3])

    assert asyncio.run(main()) == [0, 1, 2, 3]


def test_plain_functions_that_take_long_work_at_the_same_time_and_leave_the_loop_alone():
    both = threading.Barrier(2)
    threads = set()

    def slow(x):
        threading.Event().wait(0.03 if x < 4 else 0)
        if x == 5:
            both.wait(5)
        if x > 4:
            threads.add(threading.current_thread())
        return x

    def also_slow(x):
        threading.Event().wait(0.03 if x < 4 else 0)
        if x == 4:
            both.wait(5)
        return x

    assert Pipeline([Each(slow), Each(also_slow)]).run(list(range(8))) == list(range(8))
    assert threading.main_thread() not in threads


def test_an_error_ends_the_run_and_everything_is_cleaned_up(caplog):
    seen = []

    def hooks(name):
        return {"initialize": lambda: seen.append(f"+{name}"), "cleanup": lambda: seen.append(f"-{name}")}

    def fail(x):
        seen.append(x)
        raise KeyError("oops")

    def unclean():
        raise OSError("unclean")

    with pytest.raises(NodeError, match=r"Each_1: KeyError: 'oops'") as caught:
        Pipeline([Each(lambda x: x, **{**hooks("a"), "cleanup": unclean}), Each(fail, **hooks("b"))]).run([1, 2])
    assert isinstance(caught.value.__cause__, KeyError)
    assert seen == ["+a", "+b", 1, "-b"]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == ["Each_0: cleanup: OSError: unclean"]


@pytest.mark.parametrize("form", ["plain", "later", "slow"])
def test_an_exit_is_an_error_of_the_node(form):
    async def leave_later(x):
        await asyncio.sleep(0)
        raise SystemExit(3)

    def leave(x):
        if form == "slow" and x < 3:
            threading.Event().wait(0.02)
            return x
        raise SystemExit(3)

    with pytest.raises(NodeError, match=r"Each_0: called sys.exit\(3\)"):
        Pipeline([Each(leave_later if form == "later" else leave)]).run([0, 1, 2, 3])


def test_metrics_count_every_call_and_say_where_it_ran():
    pipeline = Pipeline([Each(several), Each(lambda x: x)], enable_metrics=True)
    pipeline.run(list(range(100)))
    one, other = pipeline.get_metrics()["node_metrics"]
    assert (one["execution_count"], other["execution_count"]) == (200, 200)
    assert (one["runtime"], one["runtime_reason"]) == ("cpython", "every node is Python code of this process")


def test_closing_a_stream_stops_what_runs_ahead():
    stopped = []

    async def endless(x):
        try:
            while True:
                yield x
                await asyncio.sleep(0)
        finally:
            stopped.append(x)

    async def main():
        results = Pipeline([Each(endless), Each(later)]).process(iter([1]))
        async for value in results:
            break
        await results.aclose()
        return value, stopped, [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(main()) == (2, [1], [])


def test_an_error_is_that_of_the_node_that_raised_it_and_keeps_its_cause():
    def fail(x):
        try:
            {}[x]
        except KeyError as error:
            raise ConfigurationError("no such thing") from error

    async def stream(items):
        async for item in items:
            yield item

    pipeline = Pipeline([Each(fail), Each(stream, is_streaming=True)], enable_metrics=True)
    with pytest.raises(ConfigurationError, match="no such thing") as caught:
        pipeline.run(1)
    assert (type(caught.value.__cause__), caught.value.node) == (KeyError, "Each_0")
    assert [one["error_count"] for one in pipeline.get_metrics()["node_metrics"]] == [1, 0]


class Cancelled(Node):
    async def process(self, value):
        waited_for = asyncio.get_running_loop().create_future()
        waited_for.cancel()
        await waited_for


class Passes(Node):
    async def process(self, value):
        yield value


@pytest.mark.parametrize("nodes", [[Cancelled()], [Cancelled(), Passes()], [Passes(), Cancelled(), Passes()]], ids=len)
def test_a_node_whose_work_was_cancelled_ends_the_run(nodes):
    async def main():
        await asyncio.wait_for(Pipeline(nodes).run([1, 2]), 30)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


def test_what_came_before_an_error_is_given_first():
    def numbers():
        yield from range(40)
        raise KeyError("forty")

    async def main():
        found = []
        with pytest.raises(KeyError, match="forty"):
            async for value in Pipeline([Passes(), Passes()]).process(numbers()):
                found.append(value)
        return found

    assert asyncio.run(main()) == list(range(40))


class Unreadable(Exception):
    def __str__(self):
        raise RuntimeError("nobody reads me")


@pytest.mark.parametrize(("error", "told"), [(Unreadable(), "Unreadable: (its message cannot be read)"), (AssertionError(), "AssertionError")])
def test_an_error_without_a_message_that_can_be_read_is_told_by_its_type(error, told):
    def fails(value):
        raise error

    with pytest.raises(NodeError) as found:
        Pipeline([Each(fails)]).run("x")
    assert str(found.value) == f"Each_0: {told}"
    assert found.value.__cause__ is error
