"""
contestant.py INPUT SCRIPT bench|once|judge [SDK]: ten seconds of stereo at 44.1 kHz through the `job` of a script.

`bench` answers the line protocol, `once` is a whole process, `judge` prints the error of the resampling in dB and where speech begins and ends.
"""
import importlib
import json
import sys

sys.path.insert(0, f"{sys.path[0]}/../../python")
path, script, mode, *sdk = sys.argv[1:]
sys.path[:0] = sdk

RATE = 44100


def read():
    import numpy as np

    return np.fromfile(path, "<f4").reshape(2, -1)


def check(result):
    samples, rate, metadata = result
    assert (samples.shape, samples.dtype.name, rate) == ((2, 160_000), "int16", 16000), (samples.shape, samples.dtype, rate)
    assert metadata["total_frames"] == 333 and 150 <= metadata["speech_frames"] <= 183, metadata


def once():
    check(importlib.import_module(script).job(read(), RATE))


def bench():
    from serve_passes import serve_passes, skip

    try:
        module = importlib.import_module(script)
    except ImportError as error:
        skip(str(error))
    samples = read()

    async def one_pass():
        result = module.job(samples, RATE)
        check(result if isinstance(result, tuple) else await result)

    serve_passes(one_pass, {"library": module.LIBRARY} if hasattr(module, "LIBRARY") else {})


def judge():
    module = importlib.import_module(script)
    samples = read()
    print(json.dumps({"errorDb": in_band_error(samples, module.resampled(samples, RATE)[0]), "segments": segments(module.decisions(samples, RATE))}))


def in_band_error(samples, found):
    """Against trigonometric interpolation of the whole in float64, of what lies below 0.9 of the band; the first and last 50 ms apart."""
    import numpy as np

    wanted = np.fft.irfft(np.fft.rfft(samples.astype("f8"))[:, :80_001], 160_000) * (16000 / RATE)
    window = np.hanning(found.shape[1] - 1600)
    inside = slice(0, int(0.9 * 8000 * (len(window) / 16000)))
    error, whole = (np.fft.rfft(one[:, 800:-800] * window)[:, inside] for one in (found - wanted, wanted))
    return 10 * np.log10((np.abs(error) ** 2).sum() / (np.abs(whole) ** 2).sum())


def segments(decisions):
    """The first frame and the one behind the last of each stretch of speech."""
    speech = [bool(one[2]["is_speech"]) if isinstance(one, tuple) else bool(one) for one in decisions]
    changes = [index for index, (before, now) in enumerate(zip([False, *speech], [*speech, False])) if before != now]
    return list(zip(changes[::2], changes[1::2]))


{"bench": bench, "once": once, "judge": judge}[mode]()
