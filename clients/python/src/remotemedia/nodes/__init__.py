"""
The nodes of the earlier SDK, and a class for every node of the runtime (`runtime.py`). Those that the runtime has run there; the others are Python,
and run anywhere.
"""
from __future__ import annotations

from ..node import Node
from . import runtime
from .audio import (
    AudioBuffer, AudioResampleNode, AudioResampler, AudioTransform, ExtractAudioDataNode, FormatConverterNode, VADNode, VoiceActivityDetector,
)
from .base import BufferNode, PassThroughNode
from .calculator import CalculatorNode
from .code_executor import CodeExecutorNode
from .custom import StatefulCounter
from .grpc_source import GRPCStreamSource
from .io_nodes import BidirectionalNode, DataSinkNode, DataSourceNode, JavaScriptBridgeNode
from .ml import KokoroTTSNode, UltravoxNode
from .remote import RemoteExecutionNode, RemoteObjectExecutionNode
from .runtime import *  # noqa: F403 - its __all__
from .serialized_class_executor import SerializedClassExecutorNode
from .simple_math import AddNode, MultiplyNode
from .sink import MediaWriterNode
from .source import AudioTrackSource, LocalMediaReaderNode, MediaReaderNode, VideoTrackSource
from .text_processor import TextProcessorNode
from .transcription import RustWhisperTranscriber, WhisperXTranscriber
from .transform import DataTransform, FormatConverter, TextTransformNode
from .video import VideoBuffer, VideoResizer, VideoTransform

__all__ = [
    "Node", "AudioBuffer", "AudioResampleNode", "AudioResampler", "AudioTransform", "ExtractAudioDataNode", "FormatConverterNode", "VADNode",
    "VoiceActivityDetector", "AddNode", "AudioTrackSource", "BidirectionalNode", "BufferNode", "CalculatorNode", "CodeExecutorNode", "DataSinkNode",
    "DataSourceNode", "DataTransform", "FormatConverter", "GRPCStreamSource", "JavaScriptBridgeNode", "KokoroTTSNode", "LocalMediaReaderNode",
    "MediaReaderNode", "MediaWriterNode", "MultiplyNode", "PassThroughNode", "RemoteExecutionNode", "RemoteObjectExecutionNode",
    "RustWhisperTranscriber", "SerializedClassExecutorNode", "StatefulCounter", "TextProcessorNode", "TextTransformNode", "UltravoxNode",
    "VideoBuffer", "VideoResizer", "VideoTrackSource", "VideoTransform", "WhisperXTranscriber",
]
__all__ += runtime.__all__
