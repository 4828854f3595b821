"""
Nodes for sound: `(array, sample_rate)` or `(array, sample_rate, metadata)`, array of channels × samples (one row may be flat): float32 with full
scale 1, int16 or int32. The runtime has them; without it, or with `runtime_hint="python"`, they are numpy, with the same values.

The items of a run are one sound: what a node knows goes on from one to the next, until the rate changes. `process` called by hand, outside of a
run, takes one item that is a sound by itself.
"""
from __future__ import annotations

from typing import Any, Dict, List, Optional

from ..node import Node
from ._params import check, check_number
from ._resampling import QUALITIES, ItemResampler
from ._sound import Sound, answer, as_float, as_type, remixed, sound_of
from ._voice import SpeechDetector

_RATES = (8_000, 192_000)
_FORMATS = {"f32": "float32", "i16": "int16", "i32": "int32"}


class _SoundNode(Node):
    """What they have in common. `runtime_hint="python"` runs one in this process."""

    def __init__(self, runtime_hint: str = "auto", **kwargs: Any):
        super().__init__(**kwargs)
        self.runtime_hint = runtime_hint

    def _sound(self, data: Any) -> Sound:
        return sound_of(data, type(self).__name__)


class _ResamplingNode(_SoundNode):
    """What needs a sound whole: in a run it gives an item when the next one has come."""

    def initialize(self) -> Any:
        """Begins anew."""
        self._resampler = self._begin()
        return super().initialize()

    def process(self, data: Any) -> Any:
        """The item at the other rate."""
        return answer(self._begin().whole(self._sound(data)))

    @property
    def _process_in_run(self) -> Any:
        # A subclass with a `process` of its own calls the one above, for a result that it can use.
        return self._continue if type(self).process is _ResamplingNode.process else self.process

    def _continue(self, data: Any) -> Any:
        """The items that are complete with this one."""
        return answer(self._resampler.process(self._sound(data)))

    def flush(self) -> Any:
        """The rest."""
        return answer(self._resampler.flush())

    def _begin(self) -> ItemResampler:
        raise NotImplementedError


class AudioResampleNode(_ResamplingNode):
    """
    Sound at another rate, item for item, of float32; sound that has the rate passes. `quality`: high (within 0.1 dB up to 92.5 % of the band,
    −120 dB beyond it), medium or low. Raises `ConfigurationError` for another, and for a rate that is not 8,000 to 192,000 Hz.

        Pipeline([AudioResampleNode(16000)]).run((samples, 44100))  # (array of float32, 16000)
    """

    _is_native = True

    def __init__(self, target_sample_rate: int = 16000, quality: str = "high", runtime_hint: str = "auto", **kwargs: Any):
        super().__init__(runtime_hint, **kwargs)
        self.target_sample_rate, self.quality = target_sample_rate, quality
        check_number(self, "target_sample_rate", *_RATES)
        check(self, "quality", quality in QUALITIES, f"one of {', '.join(QUALITIES)}")

    def _begin(self) -> ItemResampler:
        return ItemResampler(self.target_sample_rate, self.quality)


class AudioResampler(AudioResampleNode):
    """The same by another name, for 44,100 Hz."""

    _is_native = True
    _node_type = "AudioResampleNode"

    def __init__(self, target_sample_rate: int = 44100, **kwargs: Any):
        super().__init__(target_sample_rate, **kwargs)


class _HearingNode(_SoundNode):
    """What says of sound whether it is speech."""

    #: What the run has heard so far; outside of one there is nothing to go on from.
    _detector: Optional[SpeechDetector] = None

    def initialize(self) -> Any:
        """Begins anew."""
        self._detector = self._begin()
        return super().initialize()

    def cleanup(self) -> Any:
        """Forgets what it heard."""
        self._detector = None
        return super().cleanup()

    def _hear(self, sound: Sound) -> Dict[str, Any]:
        return (self._detector or self._begin()).hear(sound)

    def _begin(self) -> SpeechDetector:
        raise NotImplementedError


class VADNode(_HearingNode):
    """
    Adds what was heard to the metadata: `is_speech` (any frame is), `speech_frames`, `total_frames`, `speech_ratio`, `avg_energy` (the mean RMS) and
    `frame_duration_ms`. Frames whose RMS is at least the threshold are speech; a frame may begin in one item and end in the next.
    """

    _is_native = True

    def __init__(self, frame_duration_ms: int = 30, energy_threshold: float = 0.02, runtime_hint: str = "auto", **kwargs: Any):
        super().__init__(runtime_hint, **kwargs)
        self.frame_duration_ms, self.energy_threshold = frame_duration_ms, energy_threshold
        check_number(self, "frame_duration_ms", 5, 100)
        check_number(self, "energy_threshold", 0, 1)

    def _begin(self) -> SpeechDetector:
        return SpeechDetector(self.frame_duration_ms, self.energy_threshold)

    def process(self, data: Any) -> Any:
        """The sound, of float32, with what was heard."""
        sound = as_float(self._sound(data))
        return sound.with_metadata(self._hear(sound)).value


class VoiceActivityDetector(_HearingNode):
    """
    Says by an adaptive threshold whether sound is speech: `((array, sample_rate), metadata)` with what `VADNode` adds. A frame is speech when its
    RMS is at least `energy_threshold` and three times the noise floor; an item, when more than `speech_threshold` of its frames are.
    `filter_mode` lets only speech through; without `include_metadata` the sound comes as it was.
    """

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
        check_number(self, "frame_duration_ms", 5, 100)
        check_number(self, "energy_threshold", 0, 1)
        check_number(self, "speech_threshold", 0, 1)

    def _begin(self) -> SpeechDetector:
        return SpeechDetector(self.frame_duration_ms, self.energy_threshold, 3, self.speech_threshold)

    def process(self, data: Any) -> Any:
        """The sound, of float32, with what was heard; None for what is filtered out."""
        sound = as_float(self._sound(data))
        heard = self._hear(sound)
        if self.filter_mode and not heard["is_speech"]:
            return None
        return (sound.with_metadata(heard, True) if self.include_metadata else sound).value


class FormatConverterNode(_SoundNode):
    """
    Samples as f32, i16 or i32: rounded half to even, and never wrapped: 1.0 becomes 32767. Raises `ValueError` for another format.
    """

    _is_native = True

    def __init__(self, target_format: str = "f32", runtime_hint: str = "auto", **kwargs: Any):
        super().__init__(runtime_hint, **kwargs)
        self.target_format = str(target_format).lower()
        if self.target_format not in _FORMATS:
            raise ValueError(f"Unsupported format: {target_format}. Must be 'f32', 'i16', or 'i32'")

    def process(self, data: Any) -> Any:
        """The sound with other samples."""
        return as_type(self._sound(data), _FORMATS[self.target_format]).value


class AudioTransform(_ResamplingNode):
    """Sound of float32 with another rate and number of channels: one is the mean of all, or goes to all; else the first ones, and silence."""

    _is_native = True

    def __init__(self, output_sample_rate: int = 44100, output_channels: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.output_sample_rate, self.output_channels = output_sample_rate, output_channels
        check_number(self, "output_sample_rate", *_RATES)
        check_number(self, "output_channels", 1, 64)

    def _begin(self) -> ItemResampler:
        return ItemResampler(self.output_sample_rate, "high")

    def _sound(self, data: Any) -> Sound:
        return remixed(super()._sound(data), self.output_channels)


class AudioBuffer(_SoundNode):
    """
    Sound of float32 in pieces of `buffer_size_samples` per channel; the last one, and the last before another rate or number of channels, is
    what is left.
    """

    _is_native = True

    def __init__(self, buffer_size_samples: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.buffer_size_samples = buffer_size_samples
        check_number(self, "buffer_size_samples", 1, 10_000_000)
        #: Sound not yet given out, with the metadata of each item.
        self._held: List[Sound] = []

    def initialize(self) -> Any:
        """Begins anew."""
        self._held = []
        return super().initialize()

    def process(self, data: Any) -> Any:
        """The pieces that are full."""
        sound = as_float(self._sound(data))
        pieces = []
        if self._held and (self._held[0].rate, len(self._held[0].samples)) != (sound.rate, len(sound.samples)):
            pieces = self._cut(1)
        if sound.samples.shape[1] > 0:
            self._held.append(sound)
        return answer([*pieces, *self._cut(self.buffer_size_samples)])

    def flush(self) -> Any:
        """What is left."""
        return answer(self._cut(1))

    def _cut(self, least: int) -> List[Sound]:
        """Pieces of the full length, and a shorter one of at least so many samples; each has the metadata of the item in which it begins."""
        import numpy as np

        pieces = []
        while sum(sound.samples.shape[1] for sound in self._held) >= least:
            first, missing, parts = self._held[0], self.buffer_size_samples, []
            while self._held and missing > 0:
                sound = self._held.pop(0)
                parts.append(sound.samples[:, :missing])
                missing -= parts[-1].shape[1]
                if parts[-1].shape[1] < sound.samples.shape[1]:
                    self._held.insert(0, sound._replace(samples=sound.samples[:, parts[-1].shape[1] :]))
            pieces.append(first._replace(samples=np.concatenate(parts, 1)))
        return pieces


class ExtractAudioDataNode(_SoundNode):
    """The samples alone, all channels in one row."""

    def process(self, data: Any) -> Any:
        """`(array, sample_rate, …)` → array."""
        return self._sound(data).samples.reshape(-1)
