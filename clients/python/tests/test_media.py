"""Files and pictures, in the runtime and in pure Python."""
import asyncio
import json
import os
import struct
import subprocess
import sys
import wave

import numpy as np
import pytest

import remotemedia
from remotemedia import ConfigurationError, NodeError, Pipeline
from remotemedia.nodes import (
    AudioResampleNode,
    AudioTrackSource,
    FileSinkNode,
    FileSourceNode,
    LocalMediaReaderNode,
    MediaReaderNode,
    MediaWriterNode,
    PassThroughNode,
    VideoBuffer,
    VideoResizer,
    VideoTrackSource,
    VideoTransform,
)
from remotemedia.runtime import command

SOURCES = os.path.dirname(os.path.dirname(remotemedia.__file__))
WORKERS = {**os.environ, "REMOTEMEDIA_PYTHON": sys.executable, "REMOTEMEDIA_PYTHON_PACKAGE": SOURCES}
RAMP = np.arange(-4000, 4000, dtype="<i2").reshape(-1, 2)  # frames × channels


@pytest.fixture(params=["auto", "python"])
def path(request, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", request.param)


@pytest.fixture
def stereo(tmp_path):
    return wav(tmp_path / "in.wav", RAMP.tobytes(), 2, 8000, 16)


def wav(file, data, channels, rate, bits, tag=1, size=None, extra=b""):
    """A WAV file, with a chunk that nobody knows before the samples."""
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits) + extra
    size = len(data) if size is None else size
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"data" + struct.pack("<I", size) + data
    file.write_bytes(b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks)
    return file


def sound_in(file):
    found = Pipeline([MediaReaderNode(file), AudioTrackSource()]).run()
    pieces = found if isinstance(found, list) else [found]
    return np.concatenate([samples for samples, _ in pieces], 1), pieces[0][1]


def test_a_file_is_read_and_written_again(path, stereo, tmp_path):
    out = tmp_path / "out.wav"
    assert Pipeline([MediaReaderNode(stereo), AudioTrackSource(), PassThroughNode(), MediaWriterNode(out)]).run() is None
    with wave.open(str(out)) as file:
        assert file.getparams()[:4] == (2, 2, 8000, 4000)
        assert file.readframes(4000) == RAMP.tobytes()


def test_a_relative_path_is_meant_from_where_the_program_is_now(stereo, tmp_path, monkeypatch):
    Pipeline([FileSourceNode(str(stereo)), PassThroughNode()]).run()  # from here on the runtime runs, somewhere else
    monkeypatch.chdir(tmp_path)
    Pipeline([FileSourceNode("in.wav"), FileSinkNode("größer als ä.wav")]).run()
    assert sound_in("größer als ä.wav")[0].T.tolist() == (RAMP / 32768).tolist()

    async def live():
        async with Pipeline([PassThroughNode(), FileSinkNode("live.wav")]).open() as session:
            await session.push((np.zeros(800, np.float32), 8000))

    asyncio.run(live())
    assert sound_in("live.wav")[1] == 8000


def test_a_reader_gives_what_its_tracks_take(stereo):
    found = Pipeline([MediaReaderNode(stereo)]).run()
    assert [list(one) for one in found] == [["audio"]] * 5
    samples, rate = found[0]["audio"]
    assert (samples.dtype, samples.shape, rate) == (np.float32, (2, 800), 8000)
    assert samples.tolist() == (RAMP[:800].T / 32768).tolist()


def test_a_tone_at_another_rate(path, tmp_path):
    tone = np.rint(16384 * np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)).astype("<i2")
    out = tmp_path / "out.wav"
    given = wav(tmp_path / "in.wav", tone.tobytes(), 1, 44100, 16)
    Pipeline([MediaReaderNode(given), AudioTrackSource(), AudioResampleNode(16000), MediaWriterNode(out)]).run()
    samples, rate = sound_in(out)
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert (rate, samples.shape) == (16000, (1, 16000))
    assert np.abs(samples[0] - wanted)[500:-500].max() < 1e-4


GUID = struct.pack("<HHIH14s", 22, 16, 3, 1, b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71")


@pytest.mark.parametrize(
    "data, bits, tag, extra, wanted",
    [
        (bytes([0, 128, 255]), 8, 1, b"", [-1, 0, 127 / 128]),
        (b"\x00\x00\x80\xff\xff\x7f\x01\x00\x00", 24, 1, b"", [-1, (2**23 - 1) / 2**23, 2**-23]),
        (np.array([-(2**31), 2**30], "<i4").tobytes(), 32, 1, b"", [-1, 0.5]),
        (np.array([0.25, -1.5], "<f4").tobytes(), 32, 3, b"", [0.25, -1.5]),
        (np.array([0.25, -1.5], "<f8").tobytes(), 64, 3, b"", [0.25, -1.5]),
        (np.array([-32768, 16384], "<i2").tobytes(), 16, 0xFFFE, GUID, [-1, 0.5]),
    ],
)
def test_every_kind_of_samples(tmp_path, data, bits, tag, extra, wanted):
    samples, rate = sound_in(wav(tmp_path / "in.wav", data, 1, 8000, bits, tag, extra=extra))
    assert (samples[0].tolist(), rate) == ([float(np.float32(one)) for one in wanted], 8000)
    read = Pipeline([MediaReaderNode(tmp_path / "in.wav")]).run()["audio"][0]
    assert (read == samples).all() and read.flags.writeable


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 5, 100])
def test_a_length_that_is_not_true(tmp_path, size):
    samples, _ = sound_in(wav(tmp_path / "in.wav", RAMP[:3].tobytes() + b"\1", 2, 8000, 16, size=size))
    assert samples.T.tolist() == (RAMP[: 1 if size == 5 else 3] / 32768).tolist()


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="Media file not found at path: nowhere.wav"):
        LocalMediaReaderNode("nowhere.wav")
    with pytest.raises(NodeError, match="Media file not found at path: nowhere.wav") as caught:
        Pipeline([MediaReaderNode("nowhere.wav")]).run()
    assert isinstance(caught.value.__cause__, FileNotFoundError)


@pytest.mark.parametrize("data", [b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEfmt \x04\0\0\0abcd"])
def test_a_file_that_ends_early(tmp_path, data):
    (tmp_path / "in.wav").write_bytes(data)
    with pytest.raises(NodeError, match="the WAV file ends before its samples"):
        Pipeline([MediaReaderNode(tmp_path / "in.wav")]).run()


@pytest.mark.parametrize("node", [lambda folder: MediaReaderNode(folder / "a.mp3"), lambda _: MediaReaderNode("rtsp://host/x"), lambda folder: MediaWriterNode(folder / "b.mp3")])
def test_other_files_need_another_package(monkeypatch, tmp_path, node):
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "a.mp3").write_bytes(b"ID3")
    with pytest.raises(NodeError, match=r"needs av, which this Python does not have: pip install av. WAV files are (read|written) without it") as caught:
        Pipeline([node(tmp_path)]).run()
    assert isinstance(caught.value.__cause__, ConfigurationError)


def test_what_cannot_be_written(tmp_path):
    sound = np.zeros((1, 80), "float32")
    with pytest.raises(ValueError, match="Unsupported file: a.xyz. It must end in .wav, .mp3"):
        MediaWriterNode("a.xyz")
    with pytest.raises(NodeError, match="MediaWriterNode: there is no folder"):
        Pipeline([MediaWriterNode(tmp_path / "none" / "a.wav")]).run((sound, 8000))
    with pytest.raises(NodeError, match="MediaWriterNode takes sound, .* got a str"):
        Pipeline([MediaWriterNode(tmp_path / "a.wav")]).run("text")
    with pytest.raises(NodeError, match="MediaWriterNode writes sound, and got video. Put AudioTrackSource before it, which drops the rest"):
        Pipeline([MediaWriterNode(tmp_path / "a.wav")]).run({"video": (np.zeros((2, 2, 3), "uint8"), 0)})
    with pytest.raises(NodeError, match="is being written with 8000 Hz, 1 channels, and got 16000 Hz, 1 channels. Put AudioTransform before it"):
        Pipeline([MediaWriterNode(tmp_path / "a.wav")]).run([(sound, 8000), (sound, 16000)])
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getnframes() == 80  # what came before is there


def test_samples_beyond_full_scale_are_clipped(tmp_path):
    Pipeline([MediaWriterNode(tmp_path / "a.wav")]).run((np.array([[1.0, -1.5, 0.5, 2]], "float32"), 8000))
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert struct.unpack("<4h", file.readframes(4)) == (32767, -32768, 16384, 32767)


@pytest.mark.parametrize("given", ["text", 5, {"video": 1}, {}, (1, 2), {"audio": "x"}])
def test_a_track_drops_what_is_not_its_own(given):
    assert (AudioTrackSource().process(given), VideoTrackSource().process(given)) == (None, None)


def test_frames_of_other_packages(tmp_path):
    class Frame:
        sample_rate, pts = 8000, 7
        layout = type("", (), {"channels": "LR"})

        def to_ndarray(self, format=None):
            return np.array([[1, 2, 3, 4]], "int16") if format is None else np.zeros((1, 1, 3), "uint8")

    Pipeline([MediaWriterNode(tmp_path / "a.wav")]).run([{"audio": Frame()}, Frame()])
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), struct.unpack("<8h", file.readframes(4))) == (8000, (1, 2, 3, 4, 1, 2, 3, 4))
    samples, rate = AudioTrackSource().process({"audio": Frame()})
    assert (samples.tolist(), rate) == ((np.array([[1, 3], [2, 4]]) / 32768).tolist(), 8000)
    assert VideoTrackSource().process({"video": Frame()})[1] == 7


def test_a_manifest_that_names_them_runs(stereo, tmp_path):
    out = tmp_path / "out.wav"
    pipeline = Pipeline([MediaReaderNode(stereo), AudioTrackSource(), AudioResampleNode(8000), MediaWriterNode(out)])
    pipeline.export(tmp_path / "m.json")
    done = subprocess.run([*command(), "run", str(tmp_path / "m.json")], capture_output=True, text=True, env=WORKERS, timeout=120)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    with wave.open(str(out)) as file:
        assert file.readframes(4000) == RAMP.tobytes()


@pytest.mark.parametrize("kind", ["BufferNode", "TextProcessorNode", "FormatConverter", "VideoBuffer", "VideoTransform", "DataSourceNode"])
def test_a_manifest_with_one_of_them(kind, tmp_path):
    nodes = [{"id": "a", "node_type": kind}]
    (tmp_path / "m.json").write_text(json.dumps({"version": "v1", "metadata": {"name": "x"}, "nodes": nodes, "connections": []}))
    item = {"text": "abc", "operations": ["reverse"]}
    (tmp_path / "in.json").write_text(json.dumps(item))
    run = [*command(), "run", str(tmp_path / "m.json"), "-i", str(tmp_path / "in.json")]
    done = subprocess.run(run, capture_output=True, text=True, env=WORKERS, timeout=120)
    assert done.returncode == 0 and "error" not in done.stderr, done.stderr
    found = json.loads(done.stdout)
    wanted = {"BufferNode": [item], "TextProcessorNode": {**found, "results": {"reverse": "cba"}} if isinstance(found, dict) else None}
    assert found == wanted.get(kind, item)


# pictures


def test_a_picture_of_another_size():
    steps = np.arange(8, dtype="uint8").reshape(1, 8, 1) * np.full((4, 1, 3), 10, "uint8")
    found = Pipeline([VideoResizer((4, 2))]).run(steps)
    assert (found.shape, found.dtype) == ((2, 4, 3), np.uint8)
    assert found[0, 1:3, 0].tolist() == [25, 45] and (found == found[:1, :, :1]).all()
    larger = Pipeline([VideoTransform((16, 4))]).run((steps, 3))
    assert larger[1] == 3 and larger[0][0, :6, 0].tolist() == [0, 2, 8, 12, 18, 22]
    flat = np.full((5, 7), 200, "uint8")
    assert (VideoResizer((31, 3)).process(flat) == 200).all()


def test_what_is_no_picture_passes(path):
    sound = np.zeros((1, 8), "float32"), 8000
    assert VideoResizer((2, 2)).process(sound) is sound
    assert Pipeline([PassThroughNode(), VideoResizer((2, 2)), VideoBuffer()]).run(["a", 1]) == ["a", 1]
    assert (VideoTransform().resolution, VideoResizer().target_resolution) == ((1920, 1080), (1920, 1080))


@pytest.mark.parametrize("resolution", [(0, 1), (1,), "640x480", (1.5, 2), None, (1, 20000)])
def test_a_resolution_is_width_and_height(resolution):
    with pytest.raises(ConfigurationError, match="must be .width, height. in pixels"):
        VideoTransform(resolution)


def test_pictures_change_their_order():
    picture = np.arange(12, dtype="uint8").reshape(2, 2, 3)
    found, pts = VideoTrackSource("rgb24").process({"video": (picture, 5)})
    assert (found[0, 0].tolist(), pts) == ([2, 1, 0], 5)
    assert VideoTrackSource().process({"video": (picture, 5)})[0] is picture


# PyAV


@pytest.mark.parametrize("ending", ["flac", "mp3", "m4a", "mkv", "opus", "ogg"])
def test_compressed_sound(tmp_path, ending):
    pytest.importorskip("av", reason="PyAV is not installed (Debian: python3-av)")
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)).astype("float32")[None]
    out = tmp_path / f"a.{ending}"
    Pipeline([MediaWriterNode(out)]).run([(tone[:, :20000], 48000), (tone[:, 20000:], 48000)])
    samples, rate = sound_in(out)
    assert rate == 48000 and samples.dtype == np.float32 and abs(samples.shape[1] - 48000) < 3000
    if ending == "flac":
        assert np.abs(samples - tone).max() < 1 / 32768
    middle = samples[0, 12000:36000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size)))
    assert spectrum.argmax() == 220 and np.sqrt(np.mean(middle**2)) == pytest.approx(0.3536, rel=0.06)


def test_pictures_of_a_file(tmp_path):
    av = pytest.importorskip("av", reason="PyAV is not installed (Debian: python3-av)")
    file = tmp_path / "v.mkv"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr0"
        for number in range(3):
            picture = np.zeros((48, 64, 3), "uint8") + np.array([10 * number, 100, 200], "uint8")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    found = Pipeline([LocalMediaReaderNode(file), VideoTrackSource("rgb24"), VideoResizer((32, 24))]).run()
    assert [(picture.shape, picture[5, 5].tolist(), pts) for picture, pts in found] == [((24, 32, 3), [200, 100, 10 * n], 40 * n) for n in range(3)]


def test_a_picture_with_a_number_is_no_sound():
    """Where it crosses to the runtime: samples are no unsigned numbers."""
    picture = np.arange(6, dtype="uint8").reshape(1, 2, 3)
    found, pts = Pipeline([PassThroughNode()]).run((picture, 40))
    assert (found.tolist(), found.dtype, pts) == (picture.tolist(), np.uint8, 40)
