"""Stages of a conversation in Python: recognizer, language model and voice take part in turns."""
import asyncio
import itertools

import numpy as np
import pytest

from remotemedia import Frame, Node, Pipeline
from remotemedia.nodes import EnergyVADNode, SentencesNode, TurnPolicyNode

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
    return asyncio.run(asyncio.wait_for(work, 30))


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
