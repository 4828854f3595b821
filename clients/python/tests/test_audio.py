"""The nodes for sound: what they give in the runtime is what they give in numpy, and both are what they should be."""
import math
import os

import numpy as np
import pytest

from remotemedia import ConfigurationError, Node, NodeError, Pipeline, RemoteMediaError, SerializationError
from remotemedia.nodes import (
    AudioBuffer,
    AudioResampleNode,
    AudioResampler,
    AudioTransform,
    ExtractAudioDataNode,
    FormatConverterNode,
    MultiplyNode,
    PassThroughNode,
    VADNode,
    VoiceActivityDetector,
)
from remotemedia.runtime import engine


@pytest.fixture(autouse=True)
def no_fallback(monkeypatch):
    # Without the runtime both paths would be the same one.
    monkeypatch.setenv("REMOTEMEDIA_ENABLE_FALLBACK", "false")


@pytest.fixture(params=["auto", "python"])
def path(request, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", request.param)


@pytest.fixture
def both(monkeypatch):
    """Runs nodes in the runtime and in numpy."""

    def run(nodes, given):
        results = []
        for runtime in ("auto", "python"):
            monkeypatch.setenv("REMOTEMEDIA_RUNTIME", runtime)
            results.append(Pipeline(nodes()).run(given))
        return results

    return run


def tone(hertz, rate, count, channels=1, level=0.5):
    phase = 2 * np.pi * hertz * np.arange(count) / rate
    return np.stack([level * np.sin(phase + channel) for channel in range(channels)]).astype("float32")


def noise(count, channels=2, seed=1):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, count)).astype("float32")


def decibels(difference, of):
    return 20 * math.log10(max(float(np.sqrt(np.mean(np.square(difference, dtype="float64")) / np.mean(np.square(of, dtype="float64")))), 1e-12))


def pieces(samples, lengths):
    ends = np.cumsum(lengths)
    assert ends[-1] == samples.shape[1]
    return [samples[:, end - length : end] for end, length in zip(ends, lengths)]


# resampling

RATES = [(44100, 16000), (48000, 16000), (16000, 44100), (8000, 48000), (22050, 16000), (44100, 48000), (96000, 8000), (11025, 16000), (44101, 16000)]


@pytest.mark.parametrize("rates", RATES)
def test_a_tone_keeps_its_level_and_phase_at_another_rate(path, rates):
    rate, target = rates
    samples, given_rate = Pipeline([AudioResampleNode(target)]).run((tone(440, rate, rate, 2), rate))
    assert (given_rate, samples.dtype, samples.shape, samples.flags.c_contiguous) == (target, np.float32, (2, target), True)
    wanted = tone(440, target, target, 2)
    middle = slice(target // 20, -target // 20)
    assert decibels(samples[:, middle] - wanted[:, middle], wanted[:, middle]) < -100


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("quality", ["high", "medium", "low"])
def test_numpy_has_the_filter_of_the_runtime(both, rates, quality):
    rate, target = rates
    (one, _), (other, _) = both(lambda: [AudioResampleNode(target, quality)], (noise(rate // 2 + 7), rate))
    assert one.shape == other.shape == (2, -(-(rate // 2 + 7) * target // rate))
    # Such odd ratios the runtime interpolates, and takes what the filter makes of the time before the start for silence.
    inner = slice(20, -20) if rate == 44101 else slice(None)
    assert decibels((one - other)[:, inner], one) < {"high": -110, "medium": -90, "low": -60}[quality]


def band_limited(samples, rate, target):
    """What an ideal converter gives: trigonometric interpolation of the whole, which knows no filter, in float64."""
    count = samples.shape[1]
    wanted = count * target // rate
    spectrum = np.fft.rfft(samples.astype("float64"))[:, : wanted // 2 + 1]
    return np.fft.irfft(spectrum, wanted) * wanted / count


@pytest.mark.parametrize("rates", [(44100, 16000), (48000, 16000), (16000, 48000)])
def test_the_error_in_the_band_is_below_80_dB(path, rates):
    rate, target = rates
    # Noise up to 90 % of the band, over four seconds: the spectrum is drawn, and so is known exactly.
    count = 4 * rate
    bins = np.zeros(count // 2 + 1, complex)
    inside = slice(40, int(0.9 * min(rates) / 2 * 4))
    chance = np.random.default_rng(3)
    bins[inside] = chance.normal(size=inside.stop - 40) + 1j * chance.normal(size=inside.stop - 40)
    samples = np.fft.irfft(bins, count)[None]
    samples = (samples / np.abs(samples).max()).astype("float32")
    found, _ = Pipeline([AudioResampleNode(target)]).run((samples, rate))
    wanted = band_limited(samples, rate, target)
    middle = slice(target // 10, -target // 10)
    assert decibels(found[:, middle] - wanted[:, middle], wanted[:, middle]) < -80


def test_what_the_lower_rate_cannot_hold_is_gone(path):
    samples, _ = Pipeline([AudioResampleNode(16000)]).run((tone(9000, 48000, 48000), 48000))
    assert decibels(samples[:, 800:-800], tone(440, 16000, 14400)) < -110


def test_items_come_out_one_for_one_and_go_on_from_each_other(both):
    lengths = [441, 44100, 4410, 1, 22050, 882, 882]
    samples = noise(sum(lengths))
    items = [(part, 44100, {"number": number}) for number, part in enumerate(pieces(samples, lengths))]
    (whole, _), _ = both(lambda: [AudioResampleNode(16000)], (samples, 44100))
    for found in both(lambda: [AudioResampleNode(16000)], items):
        ends = [-(-int(end) * 160 // 441) for end in np.cumsum(lengths)]
        wanted = [(number, end - start) for number, (start, end) in enumerate(zip([0, *ends], ends))]
        assert [(metadata["number"], part.shape[1]) for part, _, metadata in found] == wanted
        assert decibels(np.concatenate([part for part, _, _ in found], 1) - whole, whole) < -110


def test_another_rate_or_number_of_channels_begins_anew(both):
    samples = noise(4410)
    items = [(samples, 44100, {"a": 1}), (samples, 48000, {"a": 2}), (samples[:1], 48000, {"a": 3}), (samples[:1], 16000, {"a": 4})]
    for found in both(lambda: [AudioResampleNode(16000)], items):
        assert [(part.shape, rate, metadata["a"]) for part, rate, metadata in found] == [
            ((2, 1600), 16000, 1),
            ((2, 1470), 16000, 2),
            ((1, 1470), 16000, 3),
            ((1, 4410), 16000, 4),
        ]
        np.testing.assert_allclose(found[1][0][:1], found[2][0], atol=1e-6)
        np.testing.assert_array_equal(found[3][0], samples[:1])


LAYOUTS = [lambda x: x, lambda x: x[0], lambda x: x.astype("float64"), np.asfortranarray, lambda x: x.astype(">f4")]


@pytest.mark.parametrize("change", LAYOUTS)
def test_any_layout_of_floats_is_the_same_sound(both, change):
    samples = tone(440, 48000, 9600)
    for found, _ in both(lambda: [AudioResampleNode(16000)], (change(samples), 48000)):
        np.testing.assert_allclose(found[:, 400:-400], tone(440, 16000, 3200)[:, 400:-400], atol=1e-5)


def test_sound_of_the_right_rate_passes_and_integers_become_floats(path):
    samples = noise(1000)
    same, rate, metadata = Pipeline([AudioResampleNode(16000)]).run((samples, 16000, {"session_id": "a"}))
    np.testing.assert_array_equal(same, samples)
    assert (rate, metadata) == (16000, {"session_id": "a"})
    short, _ = Pipeline([AudioResampleNode(16000)]).run((np.array([[16384, -32768]], "int16"), 16000))
    assert (short.tolist(), short.dtype) == ([[0.5, -1]], np.float32)
    assert Pipeline([AudioResampleNode(16000)]).run((samples[:, :0], 44100)) is None
    assert Pipeline([AudioResampler()]).run((samples, 22050))[1] == 44100


def test_a_node_serves_again(path):
    node, samples = AudioResampleNode(16000), noise(44100)
    pipeline = Pipeline([node])
    first, second = pipeline.run((samples, 44100)), pipeline.run((samples, 44100))
    np.testing.assert_array_equal(first[0], second[0])


def test_a_hint_chooses_python_within_a_pipeline_of_the_runtime():
    samples = noise(44100)
    nodes = [AudioResampleNode(16000, runtime_hint="python"), VADNode(), AudioTransform(16000, 1, runtime_hint="python"), FormatConverterNode("i16")]
    mixed, _, metadata = Pipeline(nodes).run((samples, 44100))
    whole, _, wanted = Pipeline([AudioResampleNode(16000), VADNode(), AudioTransform(16000, 1), FormatConverterNode("i16")]).run((samples, 44100))
    assert np.abs(mixed.astype(int) - whole).max() <= 1
    assert metadata["total_frames"] == wanted["total_frames"] == 33


# speech

SECONDS = [0.001, 0.2, 0.2, 0.001, 0.3, 0.001]


def spoken(rate=16000):
    """Six seconds, quiet and loud by turns as SECONDS says, each a level."""
    return np.concatenate([noise(rate, 1, seed) * 2 * level for seed, level in enumerate(SECONDS)], 1)


def test_speech_is_what_is_loud(both):
    items = [(part, 16000, {"second": second}) for second, part in enumerate(pieces(spoken(), [16000] * 6))]
    for found in both(lambda: [VADNode(frame_duration_ms=20, energy_threshold=0.02)], items):
        assert [metadata["is_speech"] for _, _, metadata in found] == [level > 0.1 for level in SECONDS]
        for (samples, rate, metadata), (given, _, _), level in zip(found, items, SECONDS):
            np.testing.assert_array_equal(samples, given)
            assert (rate, metadata["total_frames"], metadata["frame_duration_ms"]) == (16000, 50, 20)
            assert metadata["speech_frames"] == (50 if level > 0.1 else 0)
            assert metadata["speech_ratio"] == metadata["speech_frames"] / 50
            assert metadata["avg_energy"] == pytest.approx(level / math.sqrt(3), rel=0.02)


def test_speech_begins_and_ends_in_the_same_frame_on_both_paths(both):
    frame = 480
    samples = spoken()[:, : 6 * 16000 // frame * frame]
    items = [(part, 16000) for part in pieces(samples, [frame] * (samples.shape[1] // frame))]
    for detector in (VADNode, VoiceActivityDetector):
        one, other = both(lambda: [detector()], items)
        heard = [[item[-1]["is_speech"] for item in found] for found in (one, other)]
        assert heard[0] == heard[1]
        if detector is VADNode:
            loud = np.repeat([level > 0.1 for level in SECONDS], 16000)
            wanted = [bool(loud[start : start + frame].mean() > 0.05) for start in range(0, len(loud) - frame + 1, frame)]
            assert np.abs(np.array(heard[0], int) - wanted).sum() <= 5  # one frame at each change
        for (_, _, first), (_, _, second) in zip(*[[unpaired(item) for item in found] for found in (one, other)]):
            assert first == {**second, "avg_energy": pytest.approx(second["avg_energy"], rel=1e-5, abs=1e-9)}


def unpaired(item):
    return item if len(item) == 3 else (*item[0], item[1])


def test_a_frame_may_lie_in_two_items(both):
    items = [(part, 16000) for part in pieces(noise(2000, 1), [100, 300, 1600])]
    for found in both(lambda: [VADNode()], items):
        assert [metadata["total_frames"] for _, _, metadata in found] == [0, 0, 4]
        assert [metadata["is_speech"] for _, _, metadata in found] == [False, False, True]


def test_the_detector_gives_pairs_and_may_let_only_speech_through(both):
    items = [(part, 16000, {"second": second}) for second, part in enumerate(pieces(spoken(), [16000] * 6))]
    for found in both(lambda: [VoiceActivityDetector()], items):
        assert [(rate, metadata["second"]) for (_, rate), metadata in found] == [(16000, second) for second in range(6)]
        # Loud noise that goes on for long is noise after all: the floor follows it.
        assert [metadata["is_speech"] for _, metadata in found][:2] == [False, True]
    for found in both(lambda: [VoiceActivityDetector(filter_mode=True)], items[:3]):
        assert [metadata["second"] for _, metadata in (found if isinstance(found, list) else [found])][0] == 1
    for found in both(lambda: [VoiceActivityDetector(include_metadata=False)], items[:2]):
        assert [(rate, metadata) for _, rate, metadata in found] == [(16000, {"second": 0}), (16000, {"second": 1})]


# formats, channels, pieces

EDGES = [1.0, -1.0, 0.5, 1.5, -1.5, 0.0, -0.0, 0.5 / 32768, 1.5 / 32768, 2.5 / 32768]
EDGES += [-0.5 / 32768, 3e-10, 1e-38, 0.999999, math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("source", ["float32", "int16", "int32", "float64"])
@pytest.mark.parametrize("target", ["f32", "i16", "I32"])
def test_formats_are_equal_to_the_bit(both, source, target):
    integers = {"int16": 2**15, "int32": 2**31}
    if source in integers:
        samples = np.random.default_rng(5).integers(-integers[source], integers[source], (2, 999)).astype(source)
    else:
        samples = np.array([EDGES, EDGES[::-1]], source)
    one, other = both(lambda: [FormatConverterNode(target)], (samples, 16000, {"kept": [1]}))
    assert one[0].dtype == other[0].dtype == {"f32": "float32", "i16": "int16", "I32": "int32"}[target]
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1:] == other[1:] == (16000, {"kept": [1]})


def test_full_scale_stays_full_scale(path):
    samples, _ = Pipeline([FormatConverterNode("i16")]).run((np.array([EDGES[:10]], "float32"), 8000))
    assert samples.tolist() == [[32767, -32768, 16384, 32767, -32768, 0, 0, 0, 2, 2]]
    samples, _ = Pipeline([FormatConverterNode("i32")]).run((np.array([[1.0, -1.0, 0.5, math.nan]], "float32"), 8000))
    assert samples.tolist() == [[2147483647, -2147483648, 1073741824, 0]]
    samples, _ = Pipeline([FormatConverterNode("f32")]).run((np.array([[-32768, 16384]], "int16"), 8000))
    assert samples.tolist() == [[-1, 0.5]]


@pytest.mark.parametrize("had", [1, 2, 3, 6])
@pytest.mark.parametrize("wanted", [1, 2, 4])
def test_channels_are_mixed_as_everybody_expects(both, had, wanted):
    samples = np.arange(1, had + 1, dtype="float32")[:, None] * np.ones((1, 50), "float32") / 8
    results = both(lambda: [AudioTransform(16000, wanted)], (samples, 16000, {"kept": 1}))
    half = math.sqrt(0.5)
    first = [number / 8 for number in range(1, had + 1)]
    levels = first if wanted == had else [sum(first) / had] if wanted == 1 else first * wanted if had == 1 else (first + [0.0] * wanted)[:wanted]
    if (had, wanted) == (6, 2):
        levels = [(1 + 3 * half + 5 * half) / 8, (2 + 3 * half + 6 * half) / 8]
    for found, rate, metadata in results:
        assert (found.shape, rate, metadata) == ((wanted, 50), 16000, {"kept": 1})
        np.testing.assert_allclose(found[:, 0], levels, rtol=1e-6)


def test_a_transform_changes_both(both):
    for samples, rate in both(lambda: [AudioTransform()], (tone(440, 16000, 16000), 16000)):
        assert (samples.shape, rate) == ((2, 44100), 44100)
        np.testing.assert_allclose(samples[:, 2000:-2000], np.repeat(tone(440, 44100, 44100), 2, 0)[:, 2000:-2000], atol=1e-5)


def test_a_buffer_cuts_pieces_of_one_length(both):
    samples = noise(2350)
    items = [(part, 16000, {"number": number}) for number, part in enumerate(pieces(samples, [300, 300, 300, 300, 0, 1150]))]
    for found in both(lambda: [AudioBuffer(1000)], items):
        assert [(part.shape, metadata["number"]) for part, _, metadata in found] == [((2, 1000), 0), ((2, 1000), 3), ((2, 350), 5)]
        np.testing.assert_array_equal(np.concatenate([part for part, _, _ in found], 1), samples)
    for found in both(lambda: [AudioBuffer(1000)], [(samples[:, :1500], 16000), (samples[:, :700], 48000)]):
        assert [(part.shape[1], rate) for part, rate in found] == [(1000, 16000), (500, 16000), (700, 48000)]


def test_the_samples_alone(path):
    samples = noise(8)
    np.testing.assert_array_equal(Pipeline([ExtractAudioDataNode()]).run((samples, 16000, {"a": 1})), samples.reshape(-1))
    found = Pipeline([VoiceActivityDetector(), ExtractAudioDataNode()]).run((samples, 16000))
    np.testing.assert_array_equal(found, samples.reshape(-1))


def test_large_items_pass_whole_and_leave_nothing_behind(both):
    items = [noise(200_000, 2, seed) for seed in range(8)]
    for found in both(lambda: [FormatConverterNode("i32"), FormatConverterNode("f32")], [(samples, 48000) for samples in items]):
        for (samples, rate), given in zip(found, items):
            assert rate == 48000
            np.testing.assert_allclose(samples, given, atol=1e-7)
    assert not [name for name in os.listdir(os.path.dirname(engine().path)) if name.startswith("from-")]


# what is wrong


@pytest.mark.parametrize(
    "given, message",
    [
        ((noise(100).T, 16000), r"has 100 channels. Channels come first: give array.T"),
        ((noise(8)[:0], 16000), "has 0 channels"),
        ((noise(8)[None], 16000), r"audio of shape \(1, 2, 8\)"),
        ((noise(8), 0), "a sample rate of 0 Hz"),
        ((noise(8), 16000.5), "a sample rate of 16000.5 Hz"),
        ((noise(8).astype("int8"), 16000), 'int8. Give float32 in -1 … 1, int16 or int32: array.astype'),
        ((noise(8).astype(object), 16000), "audio samples of objects"),
    ],
)
def test_sound_that_cannot_be_says_why(path, given, message):
    with pytest.raises(SerializationError, match=message):
        Pipeline([AudioResampleNode(44100)]).run(given)


def test_a_node_of_ones_own_that_gives_sound_that_cannot_be_is_told_what_to_do(path):
    class Turned(Node):
        def process(self, sound):
            return sound[0].T, sound[1]

    with pytest.raises(RemoteMediaError, match=r"audio of shape \(100, 1\) has 100 channels. Channels come first: give array.T.$") as caught:
        Pipeline([Turned(), AudioResampleNode(44100)]).run((noise(100)[:1], 16000))
    assert "WorkerError" not in str(caught.value)


@pytest.mark.parametrize("given", ["text", {"a": 1}, noise(8), ([0.1, 0.2], 16000), (noise(8), "16000"), 5, (noise(8).astype("uint8"), 16000)])
@pytest.mark.parametrize("node", [AudioResampleNode, VADNode, FormatConverterNode, AudioTransform, VoiceActivityDetector])
def test_what_is_no_sound_is_an_error_of_the_node(path, node, given):
    with pytest.raises(NodeError, match=rf"{node.__name__}.*(takes sound|expected audio)"):
        Pipeline([node()]).run(given)


@pytest.mark.parametrize(
    "make, name",
    [
        (lambda: AudioResampleNode(3), "target_sample_rate"),
        (lambda: AudioResampleNode("16000"), "target_sample_rate"),
        (lambda: AudioResampleNode(16000, "best"), "quality"),
        (lambda: VADNode(frame_duration_ms=1000), "frame_duration_ms"),
        (lambda: VoiceActivityDetector(speech_threshold=2), "speech_threshold"),
        (lambda: AudioTransform(output_channels=0), "output_channels"),
        (lambda: AudioBuffer(0), "buffer_size_samples"),
    ],
)
def test_parameters_out_of_bounds_are_named(path, make, name):
    with pytest.raises(ConfigurationError, match=name):
        Pipeline([make()]).run((noise(8), 16000))


def test_unknown_formats_are_refused_and_unknown_arguments_are_not(path):
    with pytest.raises(ValueError, match="Unsupported format: u8. Must be 'f32', 'i16', or 'i32'"):
        FormatConverterNode("u8")
    samples, _ = Pipeline([FormatConverterNode("I16", bogus=1), MultiplyNode(1)]).run((np.array([[0.5]], "float32"), 8000))
    assert samples.tolist() == [[16384]]


# called by hand


@pytest.mark.parametrize(
    "make",
    [
        lambda: AudioResampleNode(16000),
        lambda: AudioResampler(22050),
        lambda: AudioTransform(16000, 1),
        VADNode,
        VoiceActivityDetector,
        lambda: FormatConverterNode("i16"),
    ],
)
def test_a_node_that_is_called_by_hand_takes_each_item_as_a_sound_by_itself(make):
    node, sound = make(), (noise(44_100), 44_100)
    whole = Pipeline([make()]).run(sound, use_rust=False)
    for _ in range(2):
        found = node.process(sound)
        assert str(found[1:]) == str(whole[1:])
        np.testing.assert_array_equal(found[0][0], whole[0][0])


def test_a_node_within_a_node_gives_its_items_at_once(path):
    class Wrapped(Node):
        async def initialize(self):
            self.inner = AudioResampleNode(16000)
            await self.inner.initialize()

        def process(self, sound):
            return self.inner.process(sound)[0].shape

    class Derived(AudioResampleNode):
        def process(self, sound):
            return super().process(sound)[0].shape

    items = [(noise(4_800), 48_000)] * 2
    for node in (Wrapped(), Derived(16000), Derived(target_sample_rate=16000, name="d")):
        for others in ([], [PassThroughNode()]):
            assert [tuple(shape) for shape in Pipeline([node, *others]).run(items)] == [(2, 1600), (2, 1600)]


def test_a_resampler_in_python_between_nodes_of_the_runtime_goes_on_from_item_to_item():
    given = noise(48_000)
    items = [(given[:, at : at + 4_800], 48_000) for at in range(0, 48_000, 4_800)]
    nodes = [AudioResampleNode(16000, runtime_hint="python"), FormatConverterNode("f32")]
    found = np.concatenate([samples for samples, _ in Pipeline(nodes).run(items)], 1)
    whole, _ = Pipeline(nodes[:1]).run((given, 48_000))
    np.testing.assert_allclose(found, whole, atol=1e-6)


def test_parameters_may_be_numbers_of_numpy(path):
    nodes = [AudioTransform(np.int64(16000), np.int32(2)), VADNode(np.int64(20), np.float32(0.25)), AudioBuffer(np.int64(100))]
    found = Pipeline(nodes).run((noise(480, 1), 48_000))
    assert [(samples.shape, rate, heard["total_frames"]) for samples, rate, heard in found] == [((2, 100), 16000, 0), ((2, 60), 16000, 0)]


def test_pieces_by_hand():
    node = AudioBuffer(3)
    assert node.process((np.zeros((1, 2), "float32"), 8000)) is None
    assert node.process((np.ones((1, 2), "float32"), 8000))[0].tolist() == [[0, 0, 1]]
    assert node.flush()[0].tolist() == [[1]]


def test_a_wrapper_around_a_resampler_is_what_runs(path):
    class Proxy:
        def __init__(self, inner):
            self.inner = inner

        def __getattr__(self, name):
            return getattr(self.inner, name)

    class Shape(Proxy):
        def process(self, sound):
            return list(self.inner.process(sound)[0].shape)

    items = [(noise(4_800), 48_000)] * 3
    inner = AudioResampleNode(16000, runtime_hint="python")
    plain = Pipeline([inner]).run(items)
    for others in ([], [PassThroughNode()]):
        assert Pipeline([Shape(inner), *others]).run(items) == [[2, 1600]] * 3
        for found, wanted in zip(Pipeline([Proxy(inner), *others]).run(items), plain):
            np.testing.assert_array_equal(found[0], wanted[0])
