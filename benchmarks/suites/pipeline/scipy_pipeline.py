"""The ten-second job in numpy and scipy: s16 stereo 48 kHz -> mono -> 16 kHz -> energy VAD -> s16.

`scipy_pipeline.py bench` speaks the protocol of native/contestant.h; `scipy_pipeline.py memory` does it once and prints the peak of its
resident memory. `resample_poly` with its defaults is what people write; its filter is of draft quality (-12 dB at 1.05 f).
"""

import json
import sys
import time

import numpy
import scipy
from scipy.signal import resample_poly

FRAME = 480  # 30 ms at 16 kHz
THRESHOLD = 0.01


def job(interleaved):
    mono = interleaved.reshape(-1, 2).mean(axis=1, dtype=numpy.float32) * numpy.float32(1 / 32768)
    resampled = resample_poly(mono, 1, 3)
    frames = resampled[: len(resampled) // FRAME * FRAME].reshape(-1, FRAME)
    decisions = numpy.sqrt((frames * frames).mean(axis=1)) > THRESHOLD
    return numpy.clip(numpy.rint(resampled * 32768), -32768, 32767).astype(numpy.int16), decisions


def peak_kib():
    # Not ru_maxrss: it keeps the size of the parent from before exec.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def bench(samples):
    print(json.dumps({"ready": True, "library": f"numpy {numpy.__version__}, scipy {scipy.__version__}"}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            started = time.perf_counter_ns()
            job(samples)
            times.append(time.perf_counter_ns() - started)
        print(json.dumps({"ns": times}), flush=True)


noise = numpy.random.default_rng(1).integers(-9830, 9830, 2 * 480_000).astype(numpy.int16)
if sys.argv[1] == "bench":
    bench(noise)
else:
    job(noise)
    print(json.dumps({"peakKib": peak_kib()}))
