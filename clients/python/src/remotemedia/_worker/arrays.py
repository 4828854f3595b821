"""Arrays of numpy and the frames that they are: sound, tensors, pictures."""
from __future__ import annotations

import functools
import numbers
import sys
from typing import Any, Optional, Tuple

from .errors import WorkerError
from .frames import MAX_FRAME_BYTES, Frame
from .plain import PYTHON_TYPE, metadata_of

#: What metadata say of `((array, sample_rate), metadata)`, and of `(array, sample_rate, {})`.
NESTED, EMPTY = "((array, sample_rate), metadata)", "(array, sample_rate, {})"
_SAMPLES = {"f32-planar": "<f4", "f32": "<f4", "s16": "<i2", "s16-planar": "<i2", "s32": "<i4"}


class Loan:
    """Memory that the array of a value is a view of, until the call is over."""

    __slots__ = ("array",)

    def __init__(self) -> None:
        self.array: Any = None

    def is_held(self) -> bool:
        """Whether anybody still looks at the memory: every view of an array holds it, and so does whatever else looks through one. Ends the loan."""
        return self._end() > _UNHELD

    def _end(self) -> int:
        """How many hold the array, those included who ask."""
        array, self.array = self.array, None
        return 0 if array is None else sys.getrefcount(array)


def _count_of_nobody() -> int:
    """Versions of Python count variables and arguments differently."""
    loan = Loan()
    loan.array = object()
    return loan._end()


_UNHELD = _count_of_nobody()


def _array_of(frame: Frame, dtype: Any, loan: Optional[Loan]) -> Any:
    np = sys.modules.get("numpy") or load_numpy()
    array = np.frombuffer(frame.data, dtype)
    if loan is None:
        return array.copy()
    loan.array = array
    return array


@functools.lru_cache(None)
def _dtype(name: str) -> Any:
    """Reading the name of a type takes longer than reading a frame's samples."""
    return load_numpy().dtype(name)


def load_numpy() -> Any:
    """numpy, imported only where somebody has an array. Raises `WorkerError` where there is none."""
    found = sys.modules.get("numpy")
    if found is not None:
        return found
    try:
        import numpy
    except ModuleNotFoundError as error:
        what = f"arrays need numpy, which {sys.executable} does not have"
        raise WorkerError("host-unsupported", what, f"{sys.executable} -m pip install numpy, or activate the environment that has it.") from error
    return numpy


def float32(memory: memoryview, count: int, offset: int) -> Any:
    """A view of numbers in memory."""
    return sys.modules["numpy"].frombuffer(memory, _dtype("<f4"), count, offset)


def sound_of(frame: Frame, loan: Optional[Loan]) -> Tuple[Any, ...]:
    """`(array, rate)`, with a third element where the frame has metadata; the array is channels × samples."""
    sample_format, channels, frames = frame.format, frame.channels, frame.frames
    is_planar = sample_format == "f32-planar" or sample_format == "s16-planar" or channels == 1
    samples = _array_of(frame, _dtype(_SAMPLES[sample_format]), loan if is_planar else None)
    array = samples.reshape(channels, frames) if is_planar else samples.reshape(frames, channels).T.copy()
    if not frame.metadata:
        return array, frame.sample_rate
    metadata = dict(frame.metadata)
    form = metadata.pop(PYTHON_TYPE, None)
    if form == NESTED:
        return (array, frame.sample_rate), metadata
    return (array, frame.sample_rate, metadata) if metadata or form == EMPTY else (array, frame.sample_rate)


def tensor_of(frame: Frame, loan: Optional[Loan]) -> Any:
    """An array of the frame's shape."""
    return _array_of(frame, _dtype(frame.dtype), loan).reshape(tuple(frame.shape))


def picture_of(frame: Frame, loan: Optional[Loan]) -> Any:
    """An array of uint8: height × width × 4, or all planes as rows."""
    pixels = _array_of(frame, _dtype("u1"), loan)
    return pixels.reshape((frame.height, frame.width, 4) if frame.format in ("RGBA", "BGRA") else (-1, frame.width))


def is_sound(value: Any) -> bool:
    """(array, rate) or (array, rate, metadata): a pair of an array and a number is nothing else, unless its numbers are no samples, as those of pictures."""
    if len(value) not in (2, 3) or (len(value) == 3 and not isinstance(value[2], dict)):
        return False
    np = sys.modules.get("numpy")
    is_rate = type(value[1]) is int or (isinstance(value[1], numbers.Real) and not isinstance(value[1], bool))
    return np is not None and is_rate and isinstance(value[0], np.ndarray) and value[0].dtype.kind not in "ub"


def sound_frame(value: Any) -> Frame:
    """The frame of what `is_sound`. Raises `WorkerError` where no sound is like that."""
    array, rate = value[0], value[1]
    if not (1 <= rate <= 768_000 and rate == int(rate)):
        raise WorkerError("media-invalid", f"a sample rate of {rate!r} Hz", "Give whole Hz, 1 to 768000.")
    if array.ndim not in (1, 2):
        raise WorkerError("media-invalid", f"audio of shape {array.shape}", "Give samples (mono) or channels × samples.")
    channels, frames = (1, array.shape[0]) if array.ndim == 1 else array.shape
    if not 1 <= channels <= 64:
        advice = "Channels come first: give array.T." if array.ndim == 2 and 1 <= frames <= 64 else "Give channels × samples, 1 to 64 channels."
        raise WorkerError("media-invalid", f"audio of shape {array.shape} has {channels} channels", advice)
    data, sample_format = _samples_of(array, channels)
    frame = Frame("audio", data, format=sample_format, sample_rate=int(rate), channels=channels, frames=frames)
    frame.duration_us = round(frames * 1e6 / rate)
    if len(value) == 3:
        frame.metadata = metadata_of(value[2], "value[2]") or {PYTHON_TYPE: EMPTY}
    return frame


def _samples_of(array: Any, channels: int) -> Tuple[memoryview, str]:
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "f" and size <= 8:
        return _bytes_of(array, _dtype("<f4")), "f32-planar"
    if kind == "i" and size == 2:
        return _bytes_of(array, _dtype("<i2")), "s16-planar"
    if kind == "i" and size == 4:
        return _bytes_of(array if channels == 1 else array.T, _dtype("<i4")), "s32"
    raise WorkerError(
        "media-invalid", f"audio samples of {_dtype_name(array)}", "Give float32 in -1 … 1, int16 or int32: array.astype(\"float32\")."
    )


def tensor_frame(array: Any) -> Frame:
    """The frame of any other array of numbers."""
    if array.dtype.kind not in "biufc" or array.dtype.itemsize > 16:
        raise WorkerError(
            "not-serializable", f"a numpy array of {_dtype_name(array)} cannot be sent", "Give numbers: array.astype(\"float32\"), or a list."
        )
    return Frame("tensor", _bytes_of(array, array.dtype.newbyteorder("<")), dtype=array.dtype.name, shape=array.shape)


def _bytes_of(array: Any, dtype: Any) -> memoryview:
    """The bytes of an array: little-endian, rows one after another; copied only where they are not."""
    if hasattr(array, "mask"):
        raise WorkerError("not-serializable", "a masked array cannot be sent: its mask would be lost", "Give array.filled(0).")
    if array.size == 0:
        return memoryview(b"")
    check_size(array.nbytes)
    if array.dtype != dtype or not array.flags.c_contiguous:
        array = load_numpy().ascontiguousarray(array, dtype)
    return memoryview(array.reshape(-1).view(_dtype("u1")))


def check_size(size: int) -> None:
    """Raises `WorkerError` for more than a frame may hold."""
    if size > MAX_FRAME_BYTES:
        raise WorkerError("limit-exceeded", f"{size:,} bytes in one frame; at most {MAX_FRAME_BYTES:,}", "Yield it in parts.")


def _dtype_name(array: Any) -> str:
    return "objects" if array.dtype.kind == "O" else f"dtype {array.dtype}"


def plain_sound(value: Any) -> Optional[memoryview]:
    """The bytes of `(array, rate)` where they can be sent as they are: float32, channels × samples, one after another."""
    if type(value) is not tuple or len(value) != 2 or type(value[1]) is not int:
        return None
    array, rate = value
    np = sys.modules.get("numpy")
    if np is None or type(array) is not np.ndarray or array.ndim != 2 or array.dtype != _dtype("<f4"):
        return None
    data = memoryview(array)
    is_sound = data.c_contiguous and 1 <= rate <= 768_000 and 1 <= array.shape[0] <= 64 and 0 < data.nbytes <= MAX_FRAME_BYTES
    return data.cast("B") if is_sound else None
