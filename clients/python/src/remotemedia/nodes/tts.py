"""Voices of other packages."""
from __future__ import annotations

from typing import Any, Iterator

from ..node import Node
from ._optional import load
from ._resampling import mono_at

__all__ = ["KokoroTTSNode"]

_OWN_RATE = 24_000


class KokoroTTSNode(Node):
    """
    Speaks text by Kokoro (`pip install kokoro`): `(array, sample_rate)`, 1 × samples of float32, a piece at a time with `stream_chunks`, else all of
    a text at once. `sample_rate` is Kokoro's, 24,000 Hz, unless another one is asked for. The model is loaded when the run begins, and
    `ConfigurationError` is raised where the package is missing. What is no text, or none with letters in it, is dropped.

        Pipeline([KokoroTTSNode(voice="af_heart")]).run("Hello there.")
    """

    def __init__(
        self, lang_code: str = "a", voice: str = "af_heart", speed: float = 1.0, sample_rate: int = 24000, stream_chunks: bool = True, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.lang_code, self.voice, self.speed = lang_code, voice, speed
        self.sample_rate, self.stream_chunks = sample_rate, stream_chunks
        self._speaker: Any = None

    def initialize(self) -> Any:
        """Loads the model."""
        if self._speaker is None:
            instead = "The runtime's own voice needs no package: FliteTTSNode, or OpenAITTSNode with a server."
            self._speaker = load("kokoro", self.name, instead).KPipeline(lang_code=self.lang_code)
        return super().initialize()

    def process(self, data: Any) -> Iterator[Any]:
        """The text, spoken."""
        import numpy as np

        text = data[0] if isinstance(data, tuple) and data else data
        if not isinstance(text, str) or not text.strip():
            return
        pieces = (np.asarray(piece[2], "float32").reshape(-1) for piece in self._speaker(text, voice=self.voice, speed=self.speed))
        for samples in pieces if self.stream_chunks else [np.concatenate([np.zeros(0, "float32"), *pieces])]:
            yield self._at_rate(samples)

    def _at_rate(self, samples: Any) -> Any:
        if self.sample_rate == _OWN_RATE:
            return samples.reshape(1, -1), _OWN_RATE
        return mono_at(self.sample_rate, (samples, _OWN_RATE), type(self).__name__)[0].reshape(1, -1), self.sample_rate
