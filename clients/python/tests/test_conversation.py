"""Stages of a conversation in Python: recognizer, language model and voice take part in turns."""
import asyncio
import importlib.util
import itertools
import json
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from remotemedia import Frame, Node, Pipeline, runtime
from remotemedia.nodes import EnergyVADNode, FliteTTSNode, MoonshineASRNode, SentencesNode, SileroVADNode, TurnPolicyNode

RATE = 16000


class Ear(Node):
    """Takes the seconds of speech for its words; tells how long it was so far."""

    def __init__(self):
        super().__init__()
        self.parts = []

    def process(self, sound, frame):
        self.parts.append(sound[0])
        seconds = sum(part.shape[1] for part in self.parts) / RATE
        if not frame.is_end:
            return Frame("text", f"{seconds:.2f}", final=False)
        self.parts = []
        return f"{seconds:.1f} seconds"


class Mind(Node):
    """Repeats what it is told; "forever" without end. Says what becomes of it."""

    answers = True

    def __init__(self, form="async generator"):
        super().__init__()
        self.log = []
        self.process = {"async generator": self.in_pieces, "generator": self.at_once, "coroutine": self.whole}[form]

    async def in_pieces(self, text):
        try:
            for number in itertools.count(1) if "forever" in text else (1, 2):
                yield f"{text} "
                await asyncio.sleep(0)
                yield f"{number}. "
            self.log.append(f"said {text}")
        except (asyncio.CancelledError, GeneratorExit):
            self.log.append(f"stopped {text}")
            raise

    def at_once(self, text):
        yield f"{text} "
        yield "1. "
        yield f"{text} 2."

    async def whole(self, text):
        return f"{text} 1. {text} 2."

    def interrupt(self, turn, heard):
        self.log.append((turn, heard and heard["text"]))


class Voice(Node):
    """A tenth of a second of sound for every word."""

    answers = True

    def process(self, text):
        words = len(text.split())
        return (np.full((1, words * RATE // 10), 0.25, np.float32), RATE) if words else None


def run(work):
    return asyncio.run(asyncio.wait_for(work, 90))


def at_once(**params):
    """A turn ends with its text."""
    return TurnPolicyNode(mode="silence", silence_ms=0, name="turns", **params)


async def until(output, is_last):
    found = []
    async for value in output:
        found.append(value)
        if is_last(value):
            return found


@pytest.mark.parametrize("form", ["async generator", "generator", "coroutine"])
def test_what_a_language_model_says_in_any_form_is_spoken_in_sentences(form):
    async def talk():
        async with Pipeline([at_once(), Mind(form), SentencesNode(), Voice()]).open() as session:
            texts, sounds = session.tap("SentencesNode", frames=True), session.output("Voice", frames=True)
            await session.push("hello")
            return await until(texts, lambda one: one.is_end), await until(sounds, lambda one: one.is_end)

    texts, sounds = run(talk())
    assert [one.data for one in texts if one.data] == ["hello 1.", "hello 2."]
    assert sum(one.frames for one in sounds) == 4 * RATE // 10
    assert {one.turn for one in (*texts, *sounds)} == {1}


def test_an_interruption_stops_the_model_and_nothing_stale_comes_out():
    mind = Mind()

    async def talk():
        async with Pipeline([at_once(), mind, SentencesNode()]).open() as session:
            texts = session.output(frames=True)
            await session.push("forever")
            first = [await texts.__anext__() for _ in range(3)]
            await session.interrupt()
            await session.push("second")
            return first, await until(texts, lambda one: one.is_end)

    first, second = run(talk())
    assert [(one.turn, one.data) for one in first] == [(1, "forever 1."), (1, "forever 2."), (1, "forever 3.")]
    assert [(one.turn, one.data) for one in second if one.data] == [(2, "second 1."), (2, "second 2.")]
    assert sorted(map(str, mind.log)) == ["(2, '')", "said second", "stopped forever"] and mind.log[-1] == "said second"


def test_who_speaks_while_an_answer_is_played_interrupts_it_and_the_model_knows_what_was_heard():
    mind, changes = Mind(), []

    async def talk():
        ended = asyncio.Event()

        def follow(change):
            changes.append((change.type, change.turn, (change.heard or {}).get("text")))
            if change.type == "playback-ended":
                ended.set()

        async with Pipeline([at_once(barge_in="immediate"), mind, SentencesNode(), Voice()]).open() as session:
            session.on_turn(follow)
            sounds = session.output("Voice", plays=True)
            await session.push("tell forever")
            for _ in range(3):  # who comes for the third has played two
                await sounds.__anext__()
            await session.push(Frame("event", {}, name="speech-started", timestamp_us=0), "turns.events")
            await session.push(Frame("event", {}, name="speech-stopped", timestamp_us=500_000), "turns.events")
            await session.push(Frame("text", "stop it", timestamp_us=100_000), "turns")
            reading = asyncio.ensure_future(until(sounds, lambda _: False))
            await ended.wait()
            reading.cancel()

    run(talk())
    assert changes == [
        ("playback-started", 1, None),
        ("interrupted", 1, "tell forever 1. tell forever 2."),
        ("playback-started", 2, None),
        ("playback-ended", 2, "stop it 1. stop it 2."),
    ]
    assert (2, "tell forever 1. tell forever 2.") in mind.log and "stopped tell forever" in mind.log and "said stop it" in mind.log


def test_a_recognizer_hears_where_speech_ends_and_its_text_is_answered():
    async def talk():
        detector = EnergyVADNode(segments=True, hangover_ms=100, pre_roll_ms=0, min_speech_ms=0, name="detector")
        pipeline = Pipeline([detector, Ear(), at_once(), Mind(), SentencesNode()]).connect("detector.events", "turns.events")
        async with pipeline.open() as session:
            heard, answers = session.tap("Ear", frames=True), session.output(frames=True)
            for level in (*[0.0] * 10, *[0.5] * 30, *[0.0] * 30):
                await session.push((np.full((1, RATE // 50), level, np.float32) * np.resize([1, -1], RATE // 50).astype(np.float32), RATE))
            return await until(heard, lambda one: one.final), await until(answers, lambda one: one.is_end)

    heard, answers = run(talk())
    assert len(heard) > 10 and [one.final for one in heard] == [False] * (len(heard) - 1) + [True]
    seconds = heard[-1].data
    assert seconds in ("0.6 seconds", "0.7 seconds", "0.8 seconds")
    assert [one.data for one in answers if one.data] == [f"{seconds} 1.", f"{seconds} 2."]


def test_what_is_said_while_a_recognizer_works_waits_as_long_as_its_queue_says():
    class SlowEar(Ear):
        async def process(self, sound, frame):
            text = super().process(sound, frame)
            await asyncio.sleep(1 if frame.is_end else 0)
            return text if frame.is_end else None

    async def talk():
        pipeline = Pipeline([EnergyVADNode(segments=True, hangover_ms=100, name="detector"), SlowEar()])
        pipeline.connect("detector", "SlowEar", queue={"size": 1500, "max_age_ms": 30_000})
        async with pipeline.open() as session:
            texts = session.output()
            for level in (*[0.0] * 20, *[0.5] * 50, *[0.0] * 30, *[0.5] * 50, *[0.0] * 30):
                await session.push((np.full((1, RATE // 50), level, np.float32) * np.resize([1, -1], RATE // 50).astype(np.float32), RATE))
                await asyncio.sleep(0.001)
            return [await texts.__anext__() for _ in range(2)]

    first, second = run(talk())
    assert first == second and float(first.split()[0]) >= 1


def test_an_answer_without_a_last_word_still_ends():
    class Mute(Voice):
        def process(self, text):
            return super().process(text) if "1" in text else None

    async def talk():
        async with Pipeline([at_once(), Mind(), SentencesNode(), Mute()]).open() as session:
            sounds = session.output(frames=True)
            await session.push("hello")
            return await until(sounds, lambda one: one.is_end)

    assert [one.frames for one in run(talk())] == [2 * RATE // 10, 0]


@pytest.fixture
def models():
    needed = {"silero-vad", "moonshine-tiny", "flite"}
    said = subprocess.run([*runtime.command(), "models", "list", "--json"], capture_output=True, text=True, timeout=120, check=True).stdout
    missing = needed - {one["name"] for one in json.loads(said) if one["state"] == "installed"}
    if missing:
        pytest.skip(f"not installed: {', '.join(sorted(missing))} (remotemedia models install)")


def test_the_example_answers_a_call(models, tmp_path):
    examples = Path(__file__).parents[3] / "examples"
    spec = importlib.util.spec_from_file_location("voice_agent", examples / "python" / "voice_agent.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    pipeline = example.agent(str(next(examples.glob("media/*0870.wav"))), str(tmp_path / "answer.wav"))
    assert pipeline.run() is None
    question, answer = pipeline.get_node("MyLLM").history
    assert "leisure to consider" in question["content"] and answer["content"] == "I heard 22 words. The last was: them."
    with wave.open(str(tmp_path / "answer.wav")) as file:
        assert 2 < file.getnframes() / file.getframerate() < 6
        assert np.abs(np.frombuffer(file.readframes(file.getnframes()), np.int16)).max() > 3000


def test_an_agent_with_its_models_hears_python_and_is_interrupted(models):
    """The example live: a recording is heard, and the user talks over the answer of a model that has no end."""
    mind = Mind()

    class Forever(Node):
        def process(self, text):
            return f"{text} forever" if text else None

    async def talk():
        ears = [SileroVADNode(hangover_ms=250, name="vad"), MoonshineASRNode(), TurnPolicyNode(name="turns")]
        pipeline = Pipeline([*ears, Forever(), mind, SentencesNode(), FliteTTSNode()]).connect("vad.events", "turns.events")
        with wave.open(str(next((Path(__file__).parents[3] / "examples/media").glob("*0870.wav")))) as file:
            rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), np.int16)
        async with pipeline.open() as session:
            sounds = session.output("FliteTTSNode", frames=True, plays=True)
            for at in range(0, len(samples) + rate, rate // 50):
                part = np.zeros(rate // 50, np.int16)
                part[: len(samples[at : at + len(part)])] = samples[at : at + len(part)]
                await session.push((part[None], rate))
                await asyncio.sleep(0.002)
            heard = [await sounds.__anext__() for _ in range(100)]
            await session.interrupt()
            return heard, await session.turns()

    heard, turns = run(talk())
    assert {one.turn for one in heard} == {1} and sum(one.duration_us for one in heard) == 2_000_000
    assert "leisure to consider" in turns[0]["transcripts"]["turns_2"]["text"]
    assert [one for one in mind.log if isinstance(one, tuple) and one[0] == 2][0][1].startswith("And Mr. John Dashwood")
    assert any(str(one).startswith("stopped And Mr.") for one in mind.log)
