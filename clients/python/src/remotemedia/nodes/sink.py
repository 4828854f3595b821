"""Files as sinks."""
from __future__ import annotations

import os
import wave
from typing import Any, Optional, Tuple, Union

from ..node import Node
from ._optional import load
from ._sound import Sound, as_type, sound_of
from .source import unframed

__all__ = ["MediaWriterNode"]

_CODECS = {".mp3": "libmp3lame", ".flac": "flac", ".ogg": "libopus", ".opus": "libopus", ".m4a": "aac", ".mp4": "aac", ".mka": "aac", ".mkv": "aac"}
_INSTEAD = "WAV files are written without it."


class MediaWriterNode(Node):
    """
    Writes sound to a file: WAV of 16 bit for a path that ends in .wav, else what the ending says (mp3, flac, ogg, opus, m4a, mp4, mka, mkv) by PyAV
    (`pip install av`). Takes `(array, rate)`, frames of PyAV, and either as `{"audio": …}`; gives nothing. The file is made or emptied by the first
    item, and complete when the run ends; its folder must be there.

        Pipeline([MediaReaderNode("in.wav"), AudioTrackSource(), AudioResampleNode(16000), MediaWriterNode("out.wav")]).run()

    Raises `ValueError` for an ending that nobody knows, and for sound of another rate or number of channels than it has begun with; when the run
    begins, `FileNotFoundError` where there is no such folder, and `ConfigurationError` where PyAV is missing.
    """

    is_sink = True

    def __init__(self, output_path: Union[str, "os.PathLike[str]"], **kwargs: Any):
        super().__init__(**kwargs)
        self.output_path = os.fspath(output_path)
        self._ending = os.path.splitext(self.output_path)[1].lower()
        if self._ending not in (".wav", *_CODECS):
            raise ValueError(f"Unsupported file: {self.output_path}. It must end in .wav, {', '.join(_CODECS)}")
        self._format: Optional[Tuple[int, int]] = None
        self._writer: Any = None

    def initialize(self) -> Any:
        """Looks whether the file can be written."""
        folder = os.path.dirname(os.path.abspath(self.output_path))
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"{self.name}: there is no folder {folder}")
        if self._ending != ".wav":
            load("av", f"{self.name} ({self.output_path})", _INSTEAD)
        return super().initialize()

    def process(self, data: Any) -> None:
        """Writes one item."""
        if isinstance(data, dict):
            if "audio" not in data:
                got = ", ".join(map(str, data)) or "nothing"
                raise TypeError(f"{type(self).__name__} writes sound, and got {got}. Put AudioTrackSource before it, which drops the rest.")
            data = data["audio"]
        sound = sound_of(unframed(data), type(self).__name__)
        channels, rate = len(sound.samples), sound.rate
        if self._writer is None:
            self._writer = (_WavWriter if self._ending == ".wav" else _PyAvWriter)(self.output_path, rate, channels)
            self._format = rate, channels
        elif self._format != (rate, channels):
            had = "{} Hz, {} channels".format(*self._format or ())
            raise ValueError(f"{self.output_path} is being written with {had}, and got {rate} Hz, {channels} channels. Put AudioTransform before it.")
        self._writer.write(sound)

    def flush(self) -> None:
        """Completes the file."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def cleanup(self) -> Any:
        """Completes the file, also of a run that failed."""
        self.flush()
        return super().cleanup()


class _WavWriter:
    def __init__(self, path: str, rate: int, channels: int):
        self._file = wave.open(path, "wb")
        self._file.setnchannels(channels)
        self._file.setsampwidth(2)
        self._file.setframerate(rate)

    def write(self, sound: Sound) -> None:
        self._file.writeframesraw(as_type(sound, "int16").samples.T.astype("<i2").tobytes())

    def close(self) -> None:
        self._file.close()


class _PyAvWriter:
    def __init__(self, path: str, rate: int, channels: int):
        av = load("av", "MediaWriterNode", _INSTEAD)
        if channels > 2:
            raise ValueError(f"{path}: one or two channels, and got {channels}. Put AudioTransform before it, or write a WAV file.")
        self._frame_of = av.AudioFrame.from_ndarray
        self._layout = "mono" if channels == 1 else "stereo"
        self._container = av.open(path, "w")
        self._stream = self._container.add_stream(_CODECS[os.path.splitext(path)[1].lower()], rate, layout=self._layout)
        self._written = 0

    def write(self, sound: Sound) -> None:
        packed = as_type(sound, "int16").samples.T.reshape(1, -1)
        frame = self._frame_of(packed.copy(), format="s16", layout=self._layout)
        frame.sample_rate, frame.pts = sound.rate, self._written
        self._written += sound.samples.shape[1]
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()
