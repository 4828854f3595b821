"""Detection of speech by its energy: the runtime's rules, in numpy."""
from __future__ import annotations

from math import floor, inf
from typing import Any, Dict, List

from ._sound import Sound, mono

# 8 sections of 12 frames: at 30 ms a frame, the floor is the quietest frame of the last 2.5 to 2.9 s.
_SECTIONS = 8
_FRAMES = 12


class _NoiseFloor:
    """The lowest level of the last seconds: people pause, and then only the noise is left (R. Martin, "minimum statistics", 2001)."""

    def __init__(self) -> None:
        self.level = 0.0
        self._minima: List[float] = [inf]
        self._frames = 0

    def observe(self, level: float) -> None:
        """Takes the level (RMS) of the next frame."""
        if level < self._minima[-1]:
            self._minima[-1] = level
        if level < self.level:
            self.level = level
        self._frames += 1
        if self._frames == _FRAMES:
            self._frames = 0
            self._minima = [*self._minima[1 - _SECTIONS :], inf]
            lowest = min(self._minima)
            self.level = lowest if lowest < inf else 0.0


class SpeechDetector:
    """
    Says of each item how many of its frames are speech: those whose RMS is at least `threshold` and above `floor_ratio` × the noise floor. A frame
    may lie in two items.
    """

    def __init__(self, frame_ms: float, threshold: float, floor_ratio: float = 0, speech_ratio: float = 0):
        self._frame_ms = frame_ms
        self._threshold = threshold
        self._floor_ratio = floor_ratio
        self._speech_ratio = speech_ratio
        self._rate = 0
        self._noise = _NoiseFloor()
        self._held: Any = None
        self._is_speech = False

    def hear(self, sound: Sound) -> Dict[str, Any]:
        """What is said of an item of float32."""
        import numpy as np

        if sound.rate != self._rate:
            self._rate, self._held, self._noise = sound.rate, np.zeros(0, "float32"), _NoiseFloor()
        heard = np.concatenate((self._held, mono(sound.samples)))
        length = floor(sound.rate * self._frame_ms / 1000 + 0.5)
        count = len(heard) // length
        self._held = heard[count * length :]
        frames = heard[: count * length].reshape(count, length)
        levels = np.sqrt(np.einsum("ij,ij->i", frames, frames, dtype="float64") / length)
        speech = sum(map(self._decide, levels.tolist()))
        if count > 0:
            self._is_speech = speech > count * self._speech_ratio
        mean = float(levels.mean()) if count > 0 else 0.0
        return {
            "is_speech": self._is_speech,
            "speech_frames": speech,
            "total_frames": count,
            "speech_ratio": speech / count if count > 0 else 0,
            "avg_energy": mean if np.isfinite(mean) else 0,
            "frame_duration_ms": self._frame_ms,
        }

    def _decide(self, level: float) -> bool:
        self._noise.observe(level)
        return level >= self._threshold and (self._floor_ratio == 0 or level > self._floor_ratio * self._noise.level)
