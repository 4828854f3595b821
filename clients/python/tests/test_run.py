"""What a run gives, in the runtime and in pure Python."""
import asyncio
import time
import traceback

import numpy as np
import pytest

from remotemedia import ConfigurationError, Node, NodeError, Pipeline, PipelineError
from remotemedia.nodes import AddNode, BufferNode, DataSourceNode, FormatConverterNode, MultiplyNode, PassThroughNode


class Total(Node):
    is_streaming = True

    async def process(self, numbers):
        total = 0
        async for number in numbers:
            total += number
        yield total


class Count(Node):
    is_source = True

    async def process(self):
        for number in range(3):
            yield number


class Scale(Node):
    def __init__(self, factor):
        super().__init__()
        self.factor, self.seen = factor, []

    async def initialize(self):
        self.seen.append("initialize")

    async def process(self, number):
        self.seen.append(number)
        return number * self.factor

    def cleanup(self):
        self.seen.append("cleanup")


class Broken(Node):
    def __init__(self):
        super().__init__()
        self.seen = []

    def initialize(self):
        self.seen.append("initialize")

    def process(self, data):
        self.seen.append(data)
        raise KeyError("oops")


@pytest.fixture(params=["auto", "python"])
def path(request, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", request.param)


@pytest.mark.parametrize(
    "nodes, given, wanted",
    [
        (lambda: [MultiplyNode(factor=2), AddNode(10)], [5, 7, 3], [20, 24, 16]),
        (lambda: [MultiplyNode(2, bogus=1)], [1, 2.5, "x", [1, 2]], [2, 5, "x", [2, 4]]),
        (lambda: [PassThroughNode()], {"a": 1}, {"a": 1}),
        (lambda: [BufferNode(2)], [1, 2, 3], [[1, 2], [3]]),
        (lambda: [Total()], [1, 2, 3], 6),
        (lambda: [Count(), MultiplyNode()], None, [0, 2, 4]),
    ],
)
def test_values(path, nodes, given, wanted):
    assert Pipeline(nodes()).run(given) == wanted


class Numbers(Node):
    """Begins by itself where it is given nothing, as sources of earlier scripts do."""

    async def process(self, data=None):
        for number in range(3 if data is None else data):
            yield number


@pytest.mark.parametrize("others", [[], [MultiplyNode(1)]])
def test_a_first_node_without_an_input_is_called_once(path, others):
    async def plain(_):
        return 7

    node = Scale(2)
    node.process = plain
    assert Pipeline([Numbers(), *others]).run() == [0, 1, 2]
    assert Pipeline([Numbers(), *others]).run([2, 1]) == [0, 1, 0]
    assert Pipeline([node, *others]).run() == 7


@pytest.mark.parametrize("others", [[], [MultiplyNode(1)]])
def test_an_input_is_never_lost_to_a_source(path, others):
    assert Pipeline([DataSourceNode(), *others]).run([5, 6]) == [5, 6]
    with pytest.raises(PipelineError, match="^input was given, but Count is a source that takes none. Run it without input.$"):
        Pipeline([Count(), *others]).run([5, 6])
    assert Pipeline([Count(), *others]).run() == [0, 1, 2]


def test_a_node_is_used_as_it_is(path):
    node = Scale(3)
    assert Pipeline([node]).run([1, 2]) == [3, 6]
    assert node.seen == ["initialize", 1, 2, "cleanup"]


def test_what_a_node_raises_comes_back_once(path):
    node = Broken()
    with pytest.raises(NodeError, match="oops") as caught:
        Pipeline([node]).run(1)
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.node == "Broken_0"
    innermost = traceback.extract_tb(caught.value.__cause__.__traceback__)[-1]
    assert (innermost.filename, innermost.line) == (__file__, 'raise KeyError("oops")')
    assert node.seen == ["initialize", 1]


def test_metrics_have_real_figures(path):
    pipeline = Pipeline([MultiplyNode()], enable_metrics=True)
    assert pipeline.get_metrics() is None
    pipeline.run([1, 2, 3])
    figures = pipeline.get_metrics()
    assert figures["total_duration_us"] > 0 and figures["peak_memory_bytes"] > 0
    (node,) = figures["node_metrics"]
    assert (node["node_id"], node["execution_count"], node["success_rate"]) == ("MultiplyNode_0", 3, 1)


def test_streams_two_at_once_and_a_running_loop():
    async def items():
        for number in (1, 2):
            yield number

    async def everything():
        both = await asyncio.gather(Pipeline([MultiplyNode(3)]).run(items()), Pipeline([Scale(2)]).run(4))
        return both, [item async for item in Pipeline([AddNode(1)]).process(items())]

    assert asyncio.run(everything()) == ([[3, 6], 8], [2, 3])


def test_a_run_can_be_cancelled_and_its_node_is_cleaned_up():
    class Slow(Scale):
        async def process(self, number):
            began.set()
            await asyncio.sleep(60)

    node = Slow(1)

    async def impatient():
        nonlocal began
        began = asyncio.Event()
        running = asyncio.ensure_future(Pipeline([node]).run(1))
        await began.wait()
        running.cancel()
        await running

    began = None
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(impatient())
    assert node.seen == ["initialize", "cleanup"]


@pytest.mark.parametrize("size", [100, 200_000, 2_000_000])
def test_a_run_whose_input_waits_for_room_is_cancelled_at_once(size):
    item, given = b"x" * size, 0

    class Stuck(Scale):
        async def process(self, data):
            began.set()
            await asyncio.sleep(60)

    async def items():
        nonlocal given
        while True:
            given += 1
            yield item

    async def impatient():
        nonlocal began
        began = asyncio.Event()
        running = asyncio.ensure_future(Pipeline([PassThroughNode(), node]).run(items()))
        await began.wait()
        known = -1
        while known < given:  # which ends because the input has to wait
            known = given
            await asyncio.sleep(0.3)
        running.cancel()
        begun = time.monotonic()
        await asyncio.wait([running])
        return time.monotonic() - begun

    began, node = None, Stuck(1)
    assert asyncio.run(impatient()) < 15
    assert node.seen == ["initialize", "cleanup"]


def test_more_input_than_may_wait_all_comes_through():
    items = [bytes([n]) * 300_000 for n in range(60)] + [bytes([n % 256]) * 3000 for n in range(3000)]
    assert Pipeline([PassThroughNode(), Scale(1)]).run(items) == items


def test_sound_keeps_its_full_scale():
    samples, rate = Pipeline([FormatConverterNode("i16")]).run((np.array([[1.0, -1.0, 0.5]], np.float32), 16000))
    assert (samples.tolist(), samples.dtype, rate) == ([[32767, -32768, 16384]], np.int16, 16000)


def test_what_only_the_runtime_has_says_so(monkeypatch):
    class Tone(Node):
        _is_native = True

    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", "python")
    with pytest.raises(ConfigurationError, match="Tone needs the runtime: REMOTEMEDIA_RUNTIME=python"):
        Pipeline([Tone()]).run(1)


def test_a_pipeline_is_built_of_nodes():
    assert Pipeline("named").add(PassThroughNode()).name == "named"
    with pytest.raises(PipelineError, match="Expected Node instance"):
        Pipeline([1])
    with pytest.raises(PipelineError, match="empty"):
        Pipeline().run(1)


@pytest.mark.parametrize("error", [OSError("disk"), ValueError("odd")])
@pytest.mark.parametrize("nodes", [[MultiplyNode()], [Scale(2)], [Scale(2), MultiplyNode()]])
def test_what_an_input_raises_comes_as_it_is(nodes, error):
    def items():
        yield 1
        raise error

    with pytest.raises(type(error)) as caught:
        Pipeline(nodes).run(items())
    assert caught.value is error
