"""
Conversion of sample rates: the runtime's filter, in numpy. Blocks of samples are transformed, their spectrum is weighted with the response of the
filter and cut to, or extended to, the other rate, and transformed back (overlap-save with unequal lengths: H. Bi and S. K. Mitra, "Sampling rate
conversion in the frequency domain", IEEE Signal Processing Magazine, May 2011).
"""
from __future__ import annotations

from math import ceil, gcd
from typing import Any, List, NamedTuple, Optional, Tuple

from ._sound import Sound, as_float, remixed, sound_of


class _Shape(NamedTuple):
    """A Kaiser-windowed sinc. End of its pass band (−0.1 dB) and start of its stop band, in units of half the lower rate."""

    pass_end: float
    stop: float
    beta: float
    #: Distances from the middle of the transition to its ends, in units of 1/length.
    to_pass: float
    to_stop: float


# Stop bands of −126, −100 and −70 dB, as in packages/kernels/src/resample/filter.ts.
_SHAPES = {
    "high": _Shape(0.925, 1.05, 12.926, 2.54, 4.12),
    "medium": _Shape(0.85, 1.125, 10.061, 2.21, 3.21),
    "low": _Shape(0.75, 1.25, 6.755, 1.75, 2.16),
}
QUALITIES = tuple(_SHAPES)
_SIDE_LOBES = 1.5
# Of the midpoint rule; the integrand is smooth, and the rule then errs less than the stop band.
_POINTS = 20
# Of a block: long enough to be cheap, short enough for the caches.
_BLOCK_LENGTH = 8192


class _LowPass:
    """The filter for conversions whose lower rate is `lower_rate` Hz."""

    def __init__(self, quality: str, lower_rate: int):
        shape = _SHAPES[quality]
        self._beta = shape.beta
        self._reach = shape.to_stop + _SIDE_LOBES
        #: Of the impulse response, s.
        self.length = (shape.to_pass + shape.to_stop) / ((shape.stop - shape.pass_end) * lower_rate / 2)
        self._cutoff = shape.stop * lower_rate / 2 - shape.to_stop / self.length
        #: Hz from which the response is 0.
        self.end = self._cutoff + self._reach / self.length

    def response(self, frequencies: Any) -> Any:
        """1 in the pass band; for an array of Hz."""
        import numpy as np

        middles = np.arange(_POINTS) + 0.5
        window = np.i0(self._beta * np.sqrt(1 - (middles / _POINTS) ** 2)) / np.i0(self._beta)
        distance = (self._cutoff - frequencies) * self.length
        transition = 0.5 + np.sin(np.pi / _POINTS * np.outer(distance, middles)) @ (window / (np.pi * middles))
        return np.where(np.abs(distance) < self._reach, transition, distance > 0)


class Resampler:
    """A stream of float32, channels × samples, at another rate."""

    def __init__(self, rates: Tuple[int, int], channels: int, quality: str):
        import numpy as np

        rate, divisor = rates[0], gcd(*rates)
        self._up, self._down = rates[1] // divisor, rates[0] // divisor
        low_pass = _LowPass(quality, min(rates))
        # What a block reads before its hop, and behind it: whole steps of the ratio, so that its output begins at a whole sample.
        steps = ceil(ceil(low_pass.length * rate / 2) / self._down)
        blocks = 2
        while self._down * blocks < max(_BLOCK_LENGTH, 6 * steps * self._down):
            blocks *= 2
        self._lead = steps * self._down
        self._in_length, self._out_length = self._down * blocks, self._up * blocks
        self._hop = self._in_length - 2 * self._lead
        self._hop_out = slice(steps * self._up, (blocks - steps) * self._up)
        bin_width = rate / self._in_length
        bins = np.arange(ceil(low_pass.end / bin_width))
        self._weights = low_pass.response(bins * bin_width) * (self._up / self._down)
        self._held = np.zeros((channels, self._lead), "float32")
        self._received = self._given = 0

    def process(self, samples: Any) -> Any:
        """What can be given for these samples, and those before."""
        import numpy as np

        self._received += samples.shape[1]
        self._held = np.concatenate((self._held, samples), 1)
        parts = []
        while self._held.shape[1] >= self._in_length:
            parts.append(self._convert(self._held[:, : self._in_length]))
            self._held = self._held[:, self._hop :]
        given = np.concatenate(parts, 1) if parts else self._held[:, :0]
        self._given += given.shape[1]
        return given

    def flush(self) -> Any:
        """The rest, after which nothing may follow."""
        import numpy as np

        missing = self.length_of(self._received) - self._given
        given = self.process(np.zeros((len(self._held), self._in_length + missing * self._down // self._up), "float32"))
        return given[:, :missing]

    def length_of(self, count: int) -> int:
        """How many samples so many become."""
        return -(-count * self._up // self._down)

    def _convert(self, block: Any) -> Any:
        import numpy as np

        weighted = self._spectrum(block)[:, : len(self._weights)] * self._weights
        middle = self._out_length // 2
        spectrum = np.zeros((len(block), middle + 1), complex)
        kept = min(len(self._weights), middle + 1)
        spectrum[:, :kept] = weighted[:, :kept]
        # What the filter lets through of frequencies beyond the output's band folds onto their aliases.
        beyond = weighted[:, middle:]
        spectrum[:, middle + 1 - beyond.shape[1] :] += beyond[:, ::-1].conj()
        return np.fft.irfft(spectrum, self._out_length)[:, self._hop_out].astype("float32")

    def _spectrum(self, block: Any) -> Any:
        """Of as many bins as there are weights: beyond half the rate it goes on as that of any real signal."""
        import numpy as np

        spectrum = np.fft.rfft(block)
        missing = len(self._weights) - spectrum.shape[1]
        if missing <= 0:
            return spectrum
        last = self._in_length // 2
        return np.concatenate((spectrum, spectrum[:, last - missing : last][:, ::-1].conj()), 1)


class ItemResampler:
    """Items at another rate, one for one and of the same time: sound goes on from one to the next, so an item may have to wait for the next."""

    def __init__(self, target: int, quality: str):
        self._target = target
        self._quality = quality
        self.reset()

    def reset(self) -> None:
        """Forgets what it holds."""
        self._format: Optional[Tuple[int, int]] = None
        self._resampler: Optional[Resampler] = None
        #: Items without samples yet, and how long they will be.
        self._waiting: List[Tuple[Sound, int]] = []
        self._ready: List[Any] = []
        self._heard = 0

    def process(self, sound: Sound) -> List[Sound]:
        """The items that are complete with this one."""
        sound = as_float(sound)
        before = self._follow(sound)
        if self._resampler is None:
            return [*before, sound]
        length = self._resampler.length_of(self._heard + sound.samples.shape[1]) - self._resampler.length_of(self._heard)
        self._heard += sound.samples.shape[1]
        if length > 0:
            self._waiting.append((sound._replace(samples=None), length))
        return [*before, *self._fill(self._resampler.process(sound.samples))]

    def flush(self) -> List[Sound]:
        """The rest."""
        rest = self._fill(self._resampler.flush()) if self._resampler is not None else []
        self.reset()
        return rest

    def whole(self, sound: Sound) -> List[Sound]:
        """What becomes of one item that is a sound by itself."""
        return [*self.process(sound), *self.flush()]

    def _follow(self, sound: Sound) -> List[Sound]:
        """What another rate or number of channels ends."""
        if self._format == (sound.rate, len(sound.samples)):
            return []
        rest = self.flush()
        self._format = sound.rate, len(sound.samples)
        if sound.rate != self._target:
            self._resampler = Resampler((sound.rate, self._target), len(sound.samples), self._quality)
        return rest

    def _fill(self, samples: Any) -> List[Sound]:
        import numpy as np

        samples = np.concatenate((*self._ready, samples), 1)
        full = []
        while self._waiting and self._waiting[0][1] <= samples.shape[1]:
            sound, length = self._waiting.pop(0)
            full.append(sound._replace(samples=np.ascontiguousarray(samples[:, :length]), rate=self._target))
            samples = samples[:, length:]
        self._ready = [samples]
        return full


def mono_at(rate: int, item: Any, taker: str) -> Any:
    """The samples of one item, all channels as one, at `rate` Hz, and the rate that they had. Also of `{"audio": array, "sample_rate": rate}`."""
    import numpy as np

    if isinstance(item, dict) and "sample_rate" in item:
        item = item.get("audio_data", item.get("audio")), item["sample_rate"]
    sound = sound_of(item, taker)
    pieces = ItemResampler(rate, "high").whole(remixed(sound, 1))
    return np.concatenate([np.zeros(0, "float32"), *(piece.samples[0] for piece in pieces)]), sound.rate
