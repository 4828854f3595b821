"""What the nodes of the earlier SDK give, in the runtime and in pure Python."""
import asyncio
import base64
import pickle
import sys
import threading
import time
import traceback
import types

import numpy as np
import pytest

from remotemedia import ConfigurationError, Node, NodeError, Pipeline, RemoteExecutionError, nodes
from remotemedia.nodes import (
    AddNode,
    BidirectionalNode,
    BufferNode,
    CalculatorNode,
    CodeExecutorNode,
    DataSinkNode,
    DataSourceNode,
    DataTransform,
    FormatConverter,
    GRPCStreamSource,
    JavaScriptBridgeNode,
    KokoroTTSNode,
    MultiplyNode,
    PassThroughNode,
    RustWhisperTranscriber,
    SerializedClassExecutorNode,
    StatefulCounter,
    TextProcessorNode,
    TextTransformNode,
    UltravoxNode,
    WhisperXTranscriber,
)


@pytest.fixture(params=["auto", "python"])
def path(request, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", request.param)


def cause_of(node, given):
    with pytest.raises(NodeError) as caught:
        Pipeline([node]).run(given)
    return caught.value.__cause__


# names


@pytest.mark.parametrize(
    "module, names",
    [
        ("base", "BufferNode PassThroughNode"),
        ("simple_math", "AddNode MultiplyNode"),
        ("calculator", "CalculatorNode"),
        ("transform", "DataTransform FormatConverter TextTransformNode"),
        ("text_processor", "TextProcessorNode"),
        ("source", "AudioTrackSource LocalMediaReaderNode MediaReaderNode VideoTrackSource"),
        ("sink", "MediaWriterNode"),
        ("video", "VideoBuffer VideoResizer VideoTransform"),
        ("io_nodes", "BidirectionalNode DataSinkNode DataSourceNode JavaScriptBridgeNode"),
        ("grpc_source", "GRPCStreamSource"),
        ("code_executor", "CodeExecutorNode"),
        ("serialized_class_executor", "SerializedClassExecutorNode"),
        ("custom", "StatefulCounter"),
        ("transcription", "RustWhisperTranscriber WhisperXTranscriber"),
        ("ml", "KokoroTTSNode UltravoxNode"),
        ("tts", "KokoroTTSNode"),
    ],
)
def test_classes_are_where_they_were(module, names):
    found = __import__(f"remotemedia.nodes.{module}", fromlist=["x"])
    for name in names.split():
        assert getattr(found, name) is getattr(nodes, name) and name in nodes.__all__


ARGUMENTS = {
    **{"TextTransformNode": [str], "GRPCStreamSource": ["s"], "MediaReaderNode": ["a"], "LocalMediaReaderNode": [__file__], "MediaWriterNode": ["a.wav"]},
    **{"AudioBuffer": [1]},
}
OURS = [name for name in nodes.__all__ if getattr(nodes, name).__module__.rpartition(".")[2] not in ("runtime", "remote")]


@pytest.mark.parametrize("name", OURS)
def test_keyword_arguments_that_nobody_knows_are_tolerated(name):
    node = getattr(nodes, name)(*ARGUMENTS.get(name, []), name="n", CATEGORY="x")
    assert (node.name, node.config["CATEGORY"]) == ("n", "x")


def test_importing_the_nodes_imports_no_other_package():
    import subprocess

    others = "numpy av whisperx kokoro torch transformers".split()
    code = f"import sys, remotemedia.nodes; print([one for one in {others} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


# numbers


@pytest.mark.parametrize(
    "node, given, wanted",
    [
        (lambda: MultiplyNode(), 3, 6),
        (lambda: MultiplyNode(2.5), 2, 5),
        (lambda: MultiplyNode(0.5), [1, 2, 3.5], [0.5, 1, 1.75]),
        (lambda: AddNode(), 1.0, 1),
        (lambda: AddNode(0.25), -0.25, 0),
        (lambda: AddNode(-10), 7, -3),
    ],
)
def test_whole_numbers_are_ints(path, node, given, wanted):
    found = Pipeline([node()]).run(given)
    assert found == wanted and [type(one) for one in np.atleast_1d(found).tolist()] == [type(one) for one in np.atleast_1d(wanted).tolist()]
    assert isinstance(found, list) or type(found) is type(wanted)


@pytest.mark.parametrize("given", [True, "5", None, {"a": 1}, [True, "x", [None]], (1, 2), [1, (2, 3)], 2**60, b"\1", [{"a": 2}]])
def test_what_is_no_number_passes(path, given):
    held = []
    Pipeline([JavaScriptBridgeNode(lambda _: [given]), MultiplyNode(3), DataSinkNode(held.append)]).run(0)
    assert held == [[given]]
    assert type(held[0][0]) is type(given)


@pytest.mark.parametrize("given, wanted", [([1, [2, [3.5, "x"]], True], [2, [4, [7, "x"]], True]), ([], []), ([[]], [[]])])
def test_lists_are_followed_to_their_ends(path, given, wanted):
    assert Pipeline([MultiplyNode(2)]).run([given]) == wanted


@pytest.mark.parametrize(
    "operation, args, wanted",
    [
        ("add", [1, 2, 3.5], 6.5),
        ("multiply", [2, 3, 4], 24),
        ("subtract", [10, 1, 2], 7),
        ("divide", [7, 2], 3.5),
        ("divide", [6, 2], 3),
        ("power", [2, 10], 1024),
        ("power", [2, -1], 0.5),
        ("power", [2, 3, 2], 64),
        ("modulo", [-7, 3], 2),
        ("modulo", [7.5, -2], -0.5),
        ("add", [5], 5),
    ],
)
def test_calculations(operation, args, wanted):
    found = Pipeline([CalculatorNode(name="c", unit="m")]).run({"operation": operation, "args": args})
    assert found == {"operation": operation, "args": args, "result": wanted, "processed_by": "CalculatorNode[c]", "node_config": {"unit": "m"}}
    assert type(found["result"]) is type(wanted)


@pytest.mark.parametrize(
    "operation, wanted", [("add", [6, 7.5, "x"]), ("subtract", [-4, -2.5, "x"]), ("multiply", [5, 12.5, "x"]), ("divide", [0.2, 0.5, "x"])]
)
def test_a_calculator_may_have_its_operation(operation, wanted):
    assert Pipeline([CalculatorNode(operation=operation, operand=5)]).run([1, 2.5, "x"]) == wanted
    assert CalculatorNode(operation=operation, operand=5).to_manifest()["params"] == {"operation": operation, "operand": 5}
    assert CalculatorNode().to_manifest()["params"] == {"operand": 0}


@pytest.mark.parametrize(
    "given, kind, text",
    [
        ({"operation": "divide", "args": [1, 0]}, ZeroDivisionError, "Division by zero"),
        ({"operation": "modulo", "args": [1, 0.0]}, ZeroDivisionError, "Division by zero"),
        ({"operation": "power", "args": [10, 10**10]}, OverflowError, "out of range|too large"),
        ({"operation": "power", "args": [-2, 0.5]}, ValueError, "-2 to the power of 0.5 is no real number"),
        ({"operation": "root", "args": [1]}, ValueError, "Unsupported operation: root"),
        ({"operation": "add", "args": []}, ValueError, "at least one number"),
        ({"operation": "add", "args": [1, "2"]}, ValueError, r"\"args\" is \[1, '2'\]"),
        ({"operation": "add"}, ValueError, "\"args\" is None"),
        ({}, ValueError, "Unsupported operation: None"),
        (5, ValueError, "got a int. It takes"),
    ],
)
def test_what_cannot_be_calculated(given, kind, text):
    with pytest.raises(kind, match=text):
        CalculatorNode().process(given)
    assert isinstance(cause_of(CalculatorNode(), given), kind)


def test_an_operation_that_does_not_exist():
    with pytest.raises(ConfigurationError, match="\"operation\" is 'root', and must be one of add, subtract"):
        CalculatorNode(operation="root")


# lists, text


def test_a_buffer_begins_anew_with_each_run(path):
    node = BufferNode(2)
    assert Pipeline([PassThroughNode(), node]).run([1, 2, 3]) == [[1, 2], [3]]
    node.buffer = ["left"]
    assert Pipeline([PassThroughNode(), node]).run([4, 5]) == [4, 5]
    assert BufferNode().buffer_size == 10


@pytest.mark.parametrize("size", [0, -1, 1.5, "2", True, None])
def test_a_buffer_has_room(size):
    with pytest.raises(ConfigurationError, match="\"buffer_size\" is .*, and must be a whole number from 1 on"):
        BufferNode(size)


def test_operations_on_text(path):
    text = "Grüße an alle"
    operations = ["uppercase", "lowercase", "reverse", "word_count", "char_count"]
    found = Pipeline([PassThroughNode(), TextProcessorNode(name="t")]).run({"text": text, "operations": operations})
    assert found == {
        "original_text": text,
        "operations": operations,
        "results": {"uppercase": "GRÜSSE AN ALLE", "lowercase": "grüße an alle", "reverse": "ella na eßürG", "word_count": 3, "char_count": 13},
        "processed_by": "TextProcessorNode[t]",
        "node_config": {},
    }


@pytest.mark.parametrize(
    "given, text",
    [
        ("text", "got a str"),
        ({"text": "x"}, r"got the keys \['text'\]"),
        ({"text": 1, "operations": []}, "takes"),
        ({"text": "x", "operations": ["shout"]}, "Unknown operation: shout. Operations are uppercase, lowercase"),
    ],
)
def test_text_that_is_none(given, text):
    with pytest.raises(ValueError, match=text):
        TextProcessorNode().process(given)


def test_a_function_of_text(path):
    node = TextTransformNode(str.upper)
    assert Pipeline([PassThroughNode(), node]).run(["a", 5, ["b"]]) == ["A", 5, ["b"]]
    assert node.process(("a", {"session_id": "s"})) == ("A", {"session_id": "s"})
    with pytest.raises(TypeError, match="transform_func is 'upper', and must be a function of text"):
        TextTransformNode("upper")


@pytest.mark.parametrize("node", [DataTransform(), FormatConverter(), FormatConverter("xml")])
def test_what_changes_nothing(path, node):
    thing = {"a": [1, (2,)]}
    assert Pipeline([PassThroughNode(), node]).run(thing) == thing


def test_a_counter_goes_on_counting(path):
    node = StatefulCounter(100)
    assert Pipeline([PassThroughNode(), node]).run(["a", "b"]) == [(100,), (101,)]
    assert Pipeline([node]).run("c") == (102,)
    assert StatefulCounter().value == 0


# the rest of the program


def test_a_source_gives_what_is_pushed(path):
    async def main():
        source = DataSourceNode(buffer_size=2)
        accepted = [await source.push_data(number) for number in (1, 2, 3)]
        running = asyncio.ensure_future(Pipeline([source, MultiplyNode(2)]).run())
        while not await source.push_data(21):
            await asyncio.sleep(0.01)
        await source.close()
        return accepted, await source.push_data(5), await running

    assert asyncio.run(main()) == ([True, True, False], False, [2, 4, 42])


def test_the_earlier_mark_ends_a_run_of_a_source(path):
    from remotemedia.core.types import _SENTINEL

    async def main():
        source = DataSourceNode(buffer_size=2)
        pipeline = Pipeline([source, MultiplyNode(2)])
        found = []
        async with pipeline.managed_execution():
            for first in (1, 5):
                assert [await source.push_data(value) for value in (first, first + 1, _SENTINEL)] == [True, True, True]
                found.append([value async for value in pipeline.process(source.process())])
                await source.push_data(first + 2)
                await source.push_data(_SENTINEL)
                found.append(await pipeline.run())
        return found

    assert asyncio.run(main()) == [[2, 4], 6, [10, 12], 14]


def test_a_source_takes_from_other_threads_and_ends_when_nothing_comes():
    source = DataSourceNode(timeout_seconds=0.3)
    thread = threading.Timer(0.05, lambda: asyncio.run(source.push_data("late")))
    thread.start()
    began = time.monotonic()
    assert Pipeline([source]).run() == "late"
    assert 0.3 <= time.monotonic() - began < 5
    assert (DataSourceNode().buffer_size, DataSourceNode().timeout_seconds) == (100, 30.0)
    with pytest.raises(ConfigurationError, match="\"buffer_size\" is 0"):
        DataSourceNode(0)


def test_a_sink_shows_and_keeps(path):
    async def main():
        seen, queue = [], asyncio.Queue()
        sink = DataSinkNode(callback=seen.append, buffer_output=True, buffer_size=2)
        sink.set_output_queue(queue)
        results = await Pipeline([AddNode(1), sink]).run([1, 2, 3])
        queued = [queue.get_nowait() for _ in range(queue.qsize())]
        kept = sink.get_buffered_output()
        sink.clear_buffer()
        return results, seen, queued, kept, sink.get_buffered_output()

    assert asyncio.run(main()) == ([2, 3, 4], [2, 3, 4], [2, 3, 4], [3, 4], [])


def test_what_a_callback_raises_is_heard():
    async def refuse(value):
        raise KeyError(value)

    assert isinstance(cause_of(DataSinkNode(refuse), "x"), KeyError)
    assert DataSinkNode().get_buffered_output() == []


def test_both_ways(path):
    async def double(value):
        return value * 2 if value else None

    async def main():
        node = BidirectionalNode(double)
        running = asyncio.ensure_future(Pipeline([node, AddNode(1)]).run())
        pulled = asyncio.ensure_future(node.pull_output(5))
        await asyncio.sleep(0)
        for number in (1, 0, 2):
            assert await node.push_input(number)
        first, second = await pulled, await node.pull_output(5)
        none = await node.pull_output(0.01)
        await node.close()
        return first, second, none, await running, await node.push_input(3)

    assert asyncio.run(main()) == (2, 4, None, [3, 5], False)


def test_a_bridge_is_two_functions(path):
    async def twice(value):
        return value * 2

    assert Pipeline([PassThroughNode(), JavaScriptBridgeNode(twice, str)]).run([1, 2]) == ["2", "4"]
    assert JavaScriptBridgeNode().transform_input is None


def test_what_needs_a_transport_says_so():
    with pytest.raises(ConfigurationError, match="\"session_id\" is None"):
        GRPCStreamSource(None)
    with pytest.raises(RemoteExecutionError, match="nothing feeds session s from gRPC here. Push into a DataSourceNode"):
        Pipeline([GRPCStreamSource("s")]).run()


# code


def test_code_finds_its_input_and_leaves_its_result():
    node = CodeExecutorNode("def double(x):\n    return x * 2\nresult = [double(x) for x in input_data]", name="c")
    assert Pipeline([node]).run({"input": [1, 2]}) == {
        **{"executed_code": node.code, "input": [1, 2], "result": [2, 4], "processed_by": "CodeExecutorNode[c]", "node_config": {}}
    }
    assert CodeExecutorNode("result = input_data + 1").process(4)["result"] == 5
    assert CodeExecutorNode("result = input_data", input_data=7).process(None)["result"] == 7
    assert CodeExecutorNode("x = 1").process({})["result"] == "No result variable set"
    assert CodeExecutorNode().process({"code": "result = input_data", "input": 3})["result"] == 3


@pytest.mark.parametrize(
    "options, code, wanted",
    [
        ({"enable_safe_imports": True}, "result = math.floor(2.5)", 2),
        ({"enable_safe_imports": True}, "import json\nresult = json.loads('[1]')", [1]),
        ({"allowed_modules": ["statistics"]}, "from statistics import mean\nresult = mean([1, 3])", 2),
        ({"allowed_modules": ["os.path"]}, "import os.path\nresult = os.path.basename('/a/b')", "b"),
        ({"enable_pickle": True}, "import pickle\nresult = pickle.loads(pickle.dumps(1))", 1),
    ],
)
def test_code_imports_what_is_allowed(options, code, wanted):
    assert CodeExecutorNode(code, **options).process()["result"] == wanted


@pytest.mark.parametrize("code", ["import os", "import math", "from os import path", "import pickle", "result = math.pi", "open('x')", "eval('1')"])
def test_code_imports_nothing_else(code):
    with pytest.raises((ImportError, NameError)):
        CodeExecutorNode(code).process()


@pytest.mark.parametrize("module, switch", [("pickle", "enable_pickle"), ("cloudpickle", "enable_cloudpickle"), ("cloudpickle.cloudpickle", "enable_cloudpickle")])
def test_pickle_is_asked_for_by_its_switch(module, switch):
    with pytest.raises(ConfigurationError, match=f"Say {switch}=True"):
        CodeExecutorNode("x = 1", allowed_modules=[module])


def test_code_that_fails():
    cause = cause_of(CodeExecutorNode("x = 1\n1 / 0"), 1)
    assert isinstance(cause, ZeroDivisionError)
    innermost = traceback.extract_tb(cause.__traceback__)[-1]
    assert (innermost.filename, innermost.lineno) == ("<CodeExecutorNode>", 2)
    assert isinstance(cause_of(CodeExecutorNode("x ="), 1), SyntaxError)
    with pytest.raises(ValueError, match="has no code"):
        CodeExecutorNode().process(1)
    with pytest.raises(ValueError, match="has its code, and an item cannot bring another"):
        CodeExecutorNode("result = 1").process({"code": "result = 2"})
    assert CodeExecutorNode(enable_pickle=True).get_security_info()["pickle_enabled"] is True


class Counter:
    def __init__(self, value):
        self.value = value

    def add(self, number, times=1):
        self.value += number * times
        return self.value


def test_a_pickled_object_is_read_only_where_that_is_wanted():
    def call(pickled, **more):
        return {"serialized_object": pickled, "method_name": "add", "method_args": [2], **more}

    pickled = base64.b64encode(pickle.dumps(Counter(1))).decode()
    with pytest.raises(ConfigurationError, match="runs code when it is read. Say enable_pickle=True"):
        SerializedClassExecutorNode().process(call(pickled))
    node = SerializedClassExecutorNode(enable_pickle=True, name="s")
    first = node.process(call(pickled))
    second = node.process(call(first["updated_serialized_object"], method_kwargs={"times": 3}))
    assert (first["result"], second["result"], second["processed_by"]) == (3, 9, "SerializedClassExecutorNode[s]")
    with pytest.raises(ValueError, match="method_name is missing"):
        node.process({"serialized_object": pickled})
    with pytest.raises(AttributeError, match="sub"):
        node.process(call(pickled, method_name="sub"))
    with pytest.raises(TypeError, match="value of a Counter is no method"):
        node.process(call(pickled, method_name="value"))


@pytest.mark.parametrize("kind", ["CodeExecutorNode", "SerializedClassExecutorNode"])
def test_a_definition_from_elsewhere_brings_no_code(kind):
    definition = {"version": "v1", "metadata": {"name": "x"}, "nodes": [{"id": "a", "node_type": kind, "params": {}}], "connections": []}
    with pytest.raises(Exception, match=f"{kind} runs code that the definition brings"):
        asyncio.run(Pipeline.from_definition(definition))
    assert len(asyncio.run(Pipeline.from_definition(definition, trusted=True))) == 1


# models of other packages


class Slow(Node):
    """Takes so long that it gets a thread."""

    log: list = []

    def process(self, data):
        time.sleep(0.02)
        return data

    async def cleanup(self):
        await super().cleanup()
        self.log.append("cleaned up")


def test_a_slow_node_is_cleaned_up(path):
    Slow.log = []
    assert Pipeline([PassThroughNode(), Slow()]).run([1, 2]) == [1, 2]
    assert Slow.log == ["cleaned up"]


@pytest.mark.parametrize(
    "node, text",
    [
        (WhisperXTranscriber(), "WhisperXTranscriber needs whisperx, .*: pip install whisperx. The runtime's own recognizer needs no package: MoonshineASRNode"),
        (KokoroTTSNode(), "KokoroTTSNode needs kokoro, .*: pip install kokoro. The runtime's own voice needs no package: FliteTTSNode"),
        (UltravoxNode(), "UltravoxNode needs torch, .*: pip install torch transformers peft. .*ChatNode"),
        (RustWhisperTranscriber(model_source="base"), "the runtime has no Whisper. .*MoonshineASRNode"),
    ],
)
def test_a_missing_package_is_told_with_what_there_is_instead(monkeypatch, node, text):
    for module in ("whisperx", "kokoro", "torch"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(NodeError, match=text) as caught:
        Pipeline([node]).run((np.zeros((1, 160), "float32"), 16000))
    assert isinstance(caught.value.__cause__, ConfigurationError)


@pytest.mark.parametrize("kind, full_scale", [("float32", 1), ("int16", 2**15), ("int32", 2**31)])
def test_whisperx_hears_16_khz_of_one_channel(monkeypatch, kind, full_scale):
    heard = {}

    class Model:
        def transcribe(self, samples, **options):
            heard.update(options, samples=samples)
            return {"segments": [{"text": " good"}, {"text": " day"}], "language": "en"}

    def load_model(size, **options):
        heard.update(options, size=size)
        return Model()

    monkeypatch.setitem(sys.modules, "whisperx", types.SimpleNamespace(load_model=load_model))
    tone = (0.5 * full_scale * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)).astype(kind)
    found = Pipeline([WhisperXTranscriber(batch_size=4)]).run((np.stack([tone, tone]), 48000))
    assert found == {
        **{"text": " good day", "segments": [{"text": " good"}, {"text": " day"}], "language": "en", "audio_duration": 1.0, "sample_rate": 48000}
    }
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert heard.pop("samples")[1000:-1000] == pytest.approx(wanted[1000:-1000], abs=1e-3)
    assert heard == {
        **{"size": "base", "device": "cpu", "compute_type": "float32", "language": None, "batch_size": 4},
        "vad_options": {"vad_onset": 0.5, "vad_offset": 0.363},
    }


def test_whisperx_aligns_words(monkeypatch):
    module = types.SimpleNamespace(
        load_model=lambda *_, **__: types.SimpleNamespace(transcribe=lambda *_, **__: {"segments": [{"text": "a"}]}),
        load_align_model=lambda language_code, device: (f"aligner {language_code}", "about it"),
        align=lambda segments, model, about, samples, device, return_char_alignments: {"segments": [{"text": f"{model}, {about}", "words": len(segments)}]},
    )
    monkeypatch.setitem(sys.modules, "whisperx", module)
    found = Pipeline([WhisperXTranscriber(language="de", align_model=True)]).run((np.zeros(160, "float32"), 16000))
    assert (found["segments"], found["language"]) == ([{"text": "aligner de, about it", "words": 1}], "de")


@pytest.mark.parametrize("options, wanted", [({}, [(1, 240), (1, 480)]), ({"stream_chunks": False}, [(1, 720)]), ({"sample_rate": 48000}, [(1, 480), (1, 960)])])
def test_kokoro_speaks_in_pieces(monkeypatch, options, wanted):
    class Speaker:
        def __init__(self, lang_code):
            self.lang_code = lang_code

        def __call__(self, text, voice, speed):
            assert (self.lang_code, text, voice, speed) == ("a", "Hello.", "af_heart", 1.0)
            return iter([("He", "", np.full(240, 0.5)), ("llo", "", np.full(480, 0.25))])

    monkeypatch.setitem(sys.modules, "kokoro", types.SimpleNamespace(KPipeline=Speaker))
    found = Pipeline([KokoroTTSNode(**options)]).run(["Hello.", "  ", 5])
    found = found if isinstance(found, list) else [found]
    assert [sound.shape for sound, _ in found] == wanted
    assert [(sound.dtype, rate) for sound, rate in found] == [(np.float32, options.get("sample_rate", 24000))] * len(wanted)
    assert found[0][0][0, 100:110] == pytest.approx(0.5, abs=0.01)


def test_ultravox_remembers_a_session(monkeypatch):
    asked = []

    def pipeline(**options):
        assert options == {"model": "fixie-ai/ultravox-v0_5-llama-3_2-1b", "torch_dtype": "float32", "device": "cpu", "trust_remote_code": True}
        return lambda given, max_new_tokens: asked.append(given) or [{"generated_text": f" answer {len(asked)} "}]

    torch = types.SimpleNamespace(cuda=types.SimpleNamespace(is_available=lambda: False), float32="float32", bfloat16="bfloat16")
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "transformers", types.SimpleNamespace(pipeline=pipeline))
    sound = np.zeros((1, 800), "float32")
    items = [(sound, 8000, {"session_id": "a", "text": "one"}), (sound, 8000, {"session_id": "b"}), (sound, 8000, {"session_id": "a"}), (sound, 8000)]
    assert Pipeline([UltravoxNode(system_prompt="Be brief.")]).run(items) == ["answer 1", "answer 2", "answer 3", "answer 4"]
    system = {"role": "system", "content": "Be brief."}
    one = {"role": "user", "content": "one"}
    assert [given["turns"] for given in asked] == [[system, one], [system], [system, one, {"role": "assistant", "content": "answer 1"}], [system]]
    assert (len(asked[0]["audio"]), asked[0]["sampling_rate"]) == (1600, 16000)
    with pytest.raises(ConfigurationError, match="calls no tools. The runtime's ChatNode does"):
        UltravoxNode(tools=[{"name": "x"}])
