"""Files as sources, and what they hold as sound and pictures."""
from __future__ import annotations

import os
from contextlib import closing
from typing import Any, Dict, Iterator, Optional, Tuple, Union

from ..node import Node
from ._optional import load
from ._sound import as_float, floats, sound_of
from ._wav import WavLayout, layout_of, samples_of

__all__ = ["AudioTrackSource", "LocalMediaReaderNode", "MediaReaderNode", "VideoTrackSource"]

_SECONDS = 0.1
_INSTEAD = "WAV files are read without it."


class MediaReaderNode(Node):
    """
    Reads a file: `{"audio": (array, rate)}` with channels × samples of float32, 0.1 s of a WAV file, and `{"video": (array, pts)}` with height ×
    width × 3 of uint8 in the order BGR. WAV files need no other package; PyAV (`pip install av`) reads everything else, also an
    address with `://`.

        Pipeline([MediaReaderNode("in.wav"), AudioTrackSource(), AudioResampleNode(16000)]).run()

    When the run begins it raises `FileNotFoundError`, and `ConfigurationError` where PyAV is missing.
    """

    is_source = True

    def __init__(self, path: Union[str, "os.PathLike[str]"], **kwargs: Any):
        super().__init__(**kwargs)
        self.path = os.fspath(path)

    def initialize(self) -> Any:
        """Looks whether the file is there, and whether it can be read."""
        self._layout: Optional[WavLayout] = None
        if "://" not in self.path:
            _check(self.path)
            with open(self.path, "rb") as file:
                self._layout = layout_of(file)
        if self._layout is None:
            load("av", f"{self.name} ({self.path})", _INSTEAD)
        return super().initialize()

    def process(self) -> Iterator[Dict[str, Any]]:  # type: ignore[override]
        """What the file holds, in its order."""
        return self._decoded() if self._layout is None else self._wav(self._layout)

    def _wav(self, layout: WavLayout) -> Iterator[Dict[str, Any]]:
        with open(self.path, "rb") as file:
            for samples in samples_of(file, layout, _SECONDS):
                yield {"audio": (samples, layout.rate)}

    def _decoded(self) -> Iterator[Dict[str, Any]]:
        av = load("av", f"{self.name} ({self.path})", _INSTEAD)
        with closing(av.open(self.path)) as container:
            streams = [*container.streams.audio[:1], *container.streams.video[:1]]
            if not streams:
                raise ValueError(f"{self.path} holds neither sound nor pictures")
            for frame in container.decode(*streams):
                yield {"audio": unframed(frame)} if hasattr(frame, "samples") else {"video": _picture_of(frame, "bgr24")}


class LocalMediaReaderNode(MediaReaderNode):
    """As `MediaReaderNode`, for a file on this machine: raises `FileNotFoundError` when it is made."""

    def __init__(self, path: Union[str, "os.PathLike[str]"], **kwargs: Any):
        super().__init__(path, **kwargs)
        _check(self.path)


class AudioTrackSource(Node):
    """
    The sound of what a reader gives: `{"audio": …}` → `(array, rate)` with channels × samples of float32. Takes `(array, rate)`, frames of PyAV and
    aiortc, and sound that is not in a dict; everything else is dropped.
    """

    def process(self, data: Any) -> Any:
        """Sound, or None."""
        found = data.get("audio") if isinstance(data, dict) else data
        found = unframed(found)
        if not isinstance(found, (tuple, list)) or len(found) not in (2, 3) or not hasattr(found[0], "dtype"):
            return None
        return as_float(sound_of(found, type(self).__name__)).value


class VideoTrackSource(Node):
    """
    The pictures of what a reader gives: `{"video": …}` → `(array, pts)` with an array of uint8, height × width × 3 for `output_format` bgr24 and
    rgb24. Takes what `MediaReaderNode` gives, and frames of PyAV and aiortc; everything else is dropped. Other formats of PyAV need that package.
    """

    def __init__(self, output_format: str = "bgr24", **kwargs: Any):
        super().__init__(**kwargs)
        self.output_format = output_format

    def process(self, data: Any) -> Any:
        """A picture, or None."""
        found = data.get("video") if isinstance(data, dict) else data
        if hasattr(found, "to_ndarray") and hasattr(found, "pts"):
            return _picture_of(found, self.output_format)
        if not isinstance(found, (tuple, list)) or len(found) != 2 or getattr(found[0], "ndim", 0) != 3:
            return None
        picture, pts = found
        if self.output_format == "rgb24":
            picture = picture[:, :, ::-1]
        elif self.output_format != "bgr24":
            av = load("av", f"{self.name} (output_format={self.output_format!r})", "bgr24 and rgb24 need no package.")
            picture = av.VideoFrame.from_ndarray(picture, format="bgr24").to_ndarray(format=self.output_format)
        return picture, pts


def _check(path: str) -> None:
    if not os.path.exists(path):
        raise FileNotFoundError(f"Media file not found at path: {path}")


def unframed(frame: Any) -> Any:
    """A frame of PyAV, planes or one row in which the channels take turns, as `(array, rate)`; everything else as it is."""
    if not (hasattr(frame, "to_ndarray") and hasattr(frame, "sample_rate")):
        return frame
    import numpy as np

    samples = frame.to_ndarray()
    channels = len(frame.layout.channels)
    if len(samples) != channels:
        samples = samples.reshape(-1, channels).T
    return np.array(floats(samples), order="C"), frame.sample_rate


def _picture_of(frame: Any, pixels: str) -> Tuple[Any, Any]:
    return frame.to_ndarray(format=pixels), frame.pts
