"""
The nodes of the earlier SDK, and a class for every node of the runtime (`runtime.py`). Those that the runtime has run there; the others are Python,
and run anywhere.
"""
from __future__ import annotations

from . import runtime
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
from .remote import RemoteExecutionNode, RemoteObjectExecutionNode
from .runtime import *  # noqa: F403 - its __all__

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
    "RemoteExecutionNode",
    "RemoteObjectExecutionNode",
    "TextTransformNode",
]
__all__ += runtime.__all__
