"""Nodes for sound: `(array, sample_rate)` or `(array, sample_rate, metadata)`, array of channels × samples."""
from __future__ import annotations

from typing import Any

from ..node import Node


class AudioResampleNode(Node):
    """Sound at another rate. `quality`: high, medium or low."""

    _is_native = True

    def __init__(self, target_sample_rate: int = 16000, quality: str = "high", runtime_hint: str = "auto", **kwargs: Any):
        super().__init__(**kwargs)
        self.target_sample_rate, self.quality, self.runtime_hint = target_sample_rate, quality, runtime_hint


class VADNode(Node):
    """Adds `is_speech`, `speech_frames` and `total_frames` to the metadata: frames whose RMS is above the threshold are speech."""

    _is_native = True

    def __init__(self, frame_duration_ms: int = 30, energy_threshold: float = 0.02, runtime_hint: str = "auto", **kwargs: Any):
        super().__init__(**kwargs)
        self.frame_duration_ms, self.energy_threshold, self.runtime_hint = frame_duration_ms, energy_threshold, runtime_hint


class FormatConverterNode(Node):
    """Samples as f32, i16 or i32. Full scale stays full scale: 1.0 becomes 32767."""

    _is_native = True

    def __init__(self, target_format: str = "f32", runtime_hint: str = "auto", **kwargs: Any):
        super().__init__(**kwargs)
        self.target_format, self.runtime_hint = target_format.lower(), runtime_hint
        if self.target_format not in ("f32", "i16", "i32"):
            raise ValueError(f"Unsupported format: {target_format}. Must be 'f32', 'i16', or 'i32'")


class AudioTransform(Node):
    """Sound with another rate and number of channels."""

    _is_native = True

    def __init__(self, output_sample_rate: int = 44100, output_channels: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.output_sample_rate, self.output_channels = output_sample_rate, output_channels


class AudioBuffer(Node):
    """Sound in pieces of one length; the last is what is left."""

    _is_native = True

    def __init__(self, buffer_size_samples: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.buffer_size_samples = buffer_size_samples


class VoiceActivityDetector(Node):
    """Says by an adaptive threshold whether sound is speech; `filter_mode` lets only speech through."""

    _is_native = True

    def __init__(
        self,
        frame_duration_ms: int = 30,
        energy_threshold: float = 0.02,
        speech_threshold: float = 0.3,
        filter_mode: bool = False,
        include_metadata: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.frame_duration_ms, self.energy_threshold, self.speech_threshold = frame_duration_ms, energy_threshold, speech_threshold
        self.filter_mode, self.include_metadata = filter_mode, include_metadata


class ExtractAudioDataNode(Node):
    """The samples alone, as one row."""

    def process(self, data: Any) -> Any:
        """`(array, sample_rate, …)` → array."""
        return data[0].reshape(-1)
