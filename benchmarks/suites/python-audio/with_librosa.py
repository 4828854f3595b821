"""The same script with librosa, at its default quality."""
import librosa
import numpy as np

LIBRARY = f"librosa {librosa.__version__}"
RATE, FRAME, THRESHOLD = 16000, 480, 0.02


def resampled(samples, rate):
    return librosa.resample(samples, orig_sr=rate, target_sr=RATE), RATE


def is_loud(samples):
    return librosa.feature.rms(y=librosa.to_mono(samples), frame_length=FRAME, hop_length=FRAME, center=False)[0] >= THRESHOLD


def job(samples, rate):
    samples, rate = resampled(samples, rate)
    speech = is_loud(samples)
    metadata = {"is_speech": bool(speech.any()), "speech_frames": int(speech.sum()), "total_frames": len(speech)}
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16), rate, metadata


def decisions(samples, rate):
    return is_loud(resampled(samples, rate)[0])
