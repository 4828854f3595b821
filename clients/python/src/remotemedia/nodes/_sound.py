"""Sound as nodes take and give it, by the rules that the runtime has for it."""
from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Union

from .._worker.errors import WorkerError
from .._worker.values import frame_of, value_of
from ..errors import refused


class Sound(NamedTuple):
    """`(array, sample_rate)`, `(array, sample_rate, metadata)` or, a pair, `((array, sample_rate), metadata)`, taken apart."""

    #: Channels × samples: float32, int16 or int32.
    samples: Any
    rate: int
    metadata: Dict[str, Any]
    is_pair: bool

    @property
    def value(self) -> Any:
        """As it was."""
        if self.is_pair:
            return (self.samples, self.rate), self.metadata
        return (self.samples, self.rate, self.metadata) if self.metadata else (self.samples, self.rate)

    def with_metadata(self, metadata: Dict[str, Any], is_pair: bool = False) -> "Sound":
        """The same sound, of which more is known."""
        return self._replace(metadata={**self.metadata, **metadata}, is_pair=self.is_pair or is_pair)


def sound_of(data: Any, taker: str) -> Sound:
    """
    Reads what a node was given; the array is a copy. Raises `TypeError` for what is no sound, naming the node `taker`, and `SerializationError`
    for sound that the runtime refuses: a rate of 0 Hz, more than 64 channels, samples of another type.
    """
    try:
        frame = frame_of(data)
    except WorkerError as error:
        raise refused(error) from None
    if frame is None or frame.kind != "audio":
        given = f"a tuple of {', '.join(type(item).__name__ for item in data)}" if isinstance(data, tuple) else f"a {type(data).__name__}"
        raise TypeError(f"{taker} takes sound, (array, sample_rate) with an array of channels × samples, and got {given}")
    value = value_of(frame)
    if isinstance(value[0], tuple):
        (samples, rate), metadata = value
        return Sound(samples, rate, metadata, True)
    return Sound(value[0], value[1], value[2] if len(value) == 3 else {}, False)


def as_float(sound: Sound) -> Sound:
    """With samples of float32, full scale 1."""
    return sound._replace(samples=floats(sound.samples))


def floats(samples: Any) -> Any:
    """An array of any floats or integers as float32, full scale 1; of unsigned integers the middle is silence."""
    kind, found = samples.dtype.kind, samples.astype("float32", copy=False)
    if kind == "f":
        return found
    full_scale = 2.0 ** (8 * samples.dtype.itemsize - 1)
    if kind == "u":
        found -= full_scale
    found *= 1 / full_scale
    return found


def as_type(sound: Sound, kind: str) -> Sound:
    """With samples of `float32`, `int16` or `int32`: rounded half to even, clipped at full scale; what is no number becomes 0."""
    import numpy as np

    if sound.samples.dtype.name == kind:
        return sound
    sound = as_float(sound)
    if kind == "float32":
        return sound
    limit = -float(np.iinfo(kind).min)
    scaled = np.rint(sound.samples.astype("float64") * limit)
    scaled[np.isnan(scaled)] = 0
    return sound._replace(samples=np.clip(scaled, -limit, limit - 1).astype(kind))


def remixed(sound: Sound, channels: int) -> Sound:
    """
    With samples of float32 and so many channels: one is the mean of all, or goes to all; 5.1 becomes stereo by ITU-R BS.775; else the first ones,
    and silence.
    """
    import numpy as np

    sound = as_float(sound)
    had, length = sound.samples.shape
    if had == channels:
        return sound
    if channels == 1:
        samples = mono(sound.samples).reshape(1, length)
    elif had == 1:
        samples = np.repeat(sound.samples, channels, 0)
    elif (had, channels) == (6, 2):
        left, right, center, _effects, left_back, right_back = sound.samples
        half = np.float32(np.sqrt(0.5))
        samples = np.stack([left + half * center + half * left_back, right + half * center + half * right_back])
    else:
        samples = np.zeros((channels, length), "float32")
        samples[:had] = sound.samples[:channels]
    return sound._replace(samples=samples)


def mono(samples: Any) -> Any:
    """The mean of the channels, of float32."""
    import numpy as np

    return (samples * np.float32(1 / len(samples))).sum(0) if len(samples) > 1 else samples[0]


def answer(sounds: List[Sound]) -> Union[None, Any, Iterator[Any]]:
    """What a node's `process` gives back: nothing, one value, or an iterator of several."""
    values = [sound.value for sound in sounds]
    return (values[0] if values else None) if len(values) < 2 else iter(values)
