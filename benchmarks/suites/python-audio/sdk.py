"""A Python user's script, with the SDK."""
from remotemedia import Pipeline
from remotemedia.nodes import AudioResampleNode, FormatConverterNode, VADNode


def job(samples, rate):
    """Sound at 16 kHz in int16, and whether somebody speaks in it."""
    return Pipeline([AudioResampleNode(16000), VADNode(), FormatConverterNode("i16")]).run((samples, rate))


def resampled(samples, rate):
    """The first step alone."""
    return Pipeline([AudioResampleNode(16000)]).run((samples, rate))


def decisions(samples, rate):
    """For each frame of 30 ms whether it is speech: given in such pieces, the node says it of each."""
    length = rate * 30 // 1000
    pieces = [(samples[:, start : start + length], rate) for start in range(0, samples.shape[1] - length + 1, length)]
    return Pipeline([AudioResampleNode(16000), VADNode()]).run(pieces)
