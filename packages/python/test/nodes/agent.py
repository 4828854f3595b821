"""The stages of a conversation: a recognizer, a language model, a voice."""
import asyncio
import itertools

import numpy as np

from remotemedia import Frame

RATE = 16_000


class Ear:
    """Takes the seconds of speech for its words, and tells meanwhile how long it was so far."""

    def __init__(self):
        self.seconds = 0.0

    def process(self, sound, frame):
        samples, rate = sound[:2]
        self.seconds += samples.shape[1] / rate
        if not frame.is_end:
            return Frame("text", f"{self.seconds:.1f}", final=False)
        text, self.seconds = f"{self.seconds:.1f} seconds", 0.0
        return text


class Mind:
    """Repeats what it is told, and has no end of it when it is to talk forever."""

    answers = True

    async def process(self, text):
        try:
            for number in itertools.count(1) if "forever" in text else (1, 2):
                yield f"{text} "
                await asyncio.sleep(0)
                yield f"{number}. "
        except (asyncio.CancelledError, GeneratorExit):
            print(f"stopped {text}")
            raise

    def interrupt(self, turn, heard):
        print(f"turn {turn}, heard {heard}")


class Voice:
    """A tone, a tenth of a second for every word."""

    answers = True

    def process(self, text):
        count = len(text.split()) * RATE // 10
        return (0.25 * np.sin(np.arange(count) / 5, dtype=np.float32)[np.newaxis], RATE) if count else None
