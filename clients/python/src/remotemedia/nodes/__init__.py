"""The nodes of the earlier SDK. Those that the runtime has run there; the others are Python, and run anywhere."""
from __future__ import annotations

from .audio import (
    AudioBuffer,
    AudioResampleNode,
    AudioResampler,
    AudioTransform,
    ExtractAudioDataNode,
    FormatConverterNode,
    VADNode,
    VoiceActivityDetector,
)
from .flow import AddNode, BufferNode, CalculatorNode, MultiplyNode, PassThroughNode, TextTransformNode

__all__ = [
    "AudioBuffer",
    "AudioResampleNode",
    "AudioResampler",
    "AudioTransform",
    "ExtractAudioDataNode",
    "FormatConverterNode",
    "VADNode",
    "VoiceActivityDetector",
    "AddNode",
    "BufferNode",
    "CalculatorNode",
    "MultiplyNode",
    "PassThroughNode",
    "TextTransformNode",
]
