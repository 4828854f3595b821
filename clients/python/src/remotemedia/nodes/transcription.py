"""Recognizers of other packages."""
from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Dict, Optional

from ..errors import ConfigurationError
from ..node import Node
from ._optional import load
from ._resampling import mono_at

__all__ = ["RustWhisperTranscriber", "WhisperXTranscriber"]

_RATE = 16_000
_INSTEAD = "The runtime's own recognizer needs no package: MoonshineASRNode, or OpenAIASRNode with a server."


class WhisperXTranscriber(Node):
    """
    What is said in each item, by WhisperX (`pip install whisperx`): `{"text", "segments", "language", "audio_duration", "sample_rate"}`, duration in
    seconds. Takes sound of any rate. With `align_model` and a `language`, segments have times of words. The model is loaded when the run begins, and
    `ConfigurationError` is raised where the package is missing.
    """

    is_streaming = True

    def __init__(
        self,
        model_size: str = "base",
        device: str = "cpu",
        compute_type: str = "float32",
        batch_size: int = 16,
        language: Optional[str] = None,
        align_model: bool = False,
        vad_onset: float = 0.5,
        vad_offset: float = 0.363,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.model_size, self.device, self.compute_type, self.batch_size = model_size, device, compute_type, batch_size
        self.language, self.align_model, self.vad_onset, self.vad_offset = language, align_model, vad_onset, vad_offset
        self._model: Any = None
        self._aligner: Any = None

    async def initialize(self) -> None:
        """Loads the model."""
        super().initialize()
        if self._model is None:
            whisperx = load("whisperx", self.name, _INSTEAD)
            await asyncio.get_running_loop().run_in_executor(None, self._load, whisperx)

    def _load(self, whisperx: Any) -> None:
        vad = {"vad_onset": self.vad_onset, "vad_offset": self.vad_offset}
        options = {"device": self.device, "compute_type": self.compute_type, "language": self.language, "vad_options": vad}
        self._model = whisperx.load_model(self.model_size, **options)
        if self.align_model and self.language:
            self._aligner = whisperx.load_align_model(language_code=self.language, device=self.device)

    async def process(self, data: AsyncIterator[Any]) -> AsyncIterator[Dict[str, Any]]:
        """One answer for each item."""
        async for item in data:
            yield await asyncio.get_running_loop().run_in_executor(None, self._transcribed, item)

    def _transcribed(self, item: Any) -> Dict[str, Any]:
        samples, rate = mono_at(_RATE, item, type(self).__name__)
        found = self._model.transcribe(samples, batch_size=self.batch_size, language=self.language)
        language = found.get("language", self.language)
        if self._aligner is not None:
            whisperx = load("whisperx", self.name, _INSTEAD)
            found = whisperx.align(found["segments"], *self._aligner, samples, self.device, return_char_alignments=False)
        segments = found.get("segments", [])
        text = found.get("text") or "".join(segment.get("text", "") for segment in segments)
        return {"text": text, "segments": segments, "language": language, "audio_duration": len(samples) / _RATE, "sample_rate": rate}


class RustWhisperTranscriber(Node):
    """Whisper inside of the earlier runtime. This one has another recognizer: running the node raises `ConfigurationError`, which names it."""

    def __init__(
        self,
        model_path: Optional[str] = None,
        model_source: Optional[str] = None,
        language: Optional[str] = None,
        n_threads: int = 4,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.model_path, self.model_source, self.language, self.n_threads = model_path, model_source, language, n_threads

    def initialize(self) -> Any:
        """Raises `ConfigurationError`."""
        raise ConfigurationError(f"{self.name}: the runtime has no Whisper. {_INSTEAD} WhisperXTranscriber is Whisper, in Python.")

    def process(self, data: Any) -> Any:
        """Raises `ConfigurationError`."""
        return self.initialize()
