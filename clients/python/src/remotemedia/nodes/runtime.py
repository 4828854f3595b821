"""
The nodes of the runtime, each with its parameters and their defaults. What they do is on the pages nodes.md and voice-agent.md of the documentation.

Made by scripts/generate.mjs from the declarations: do not edit.
"""
from __future__ import annotations

from typing import Any, Dict, Literal, Mapping, Optional, Sequence

from ..node import Node

__all__ = [
    "AudioTransformNode", "CalculateNode", "ChatNode", "ChunkNode", "DelayNode", "DenoiseNode", "EchoGateNode", "FileSinkNode", "FileSourceNode",
    "FliteTTSNode", "FormatConvertNode", "GainNode", "LevelNode", "MoonshineASRNode", "NoiseNode", "OpenAIASRNode", "OpenAITTSNode", "PCMSinkNode",
    "PCMSourceNode", "RemixNode", "ResampleNode", "SelectNode", "SentencesNode", "SilenceNode", "SileroVADNode", "TemplateNode", "ToneNode",
    "TurnPolicyNode", "EnergyVADNode",
]


class _OfRuntime(Node):
    def __init_subclass__(cls, node_type: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if node_type:
            cls._is_native, cls._node_type = True, node_type

    def _extract_params(self) -> Dict[str, Any]:
        return {key: value for key, value in super()._extract_params().items() if value is not None}


class AudioTransformNode(_OfRuntime, node_type="audio-transform"):
    """
    Changes the number of channels and the sample rate.

    sample_rate: Rate of the output, Hz.
    channels: Channels of the output.
    """

    def __init__(self, sample_rate: int = 44100, channels: int = 2, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class CalculateNode(_OfRuntime, node_type="calculate"):
    """
    Arithmetic on numbers in JSON.

    operation: What is done with every number. Default: what the frame's `operation` says, to its `args` from left to right.
    operand: The right-hand side.
    """

    def __init__(
        self, operation: Optional[Literal["add", "subtract", "multiply", "divide", "power", "modulo"]] = None, operand: float = 0, *,
        name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class ChatNode(_OfRuntime, node_type="chat"):
    """
    Answers what the user says, by an OpenAI-compatible server or by simple built-in rules.

    base_url: Root of the OpenAI-compatible API, such as http://127.0.0.1:11434/v1 or https://api.openai.com/v1. Default: none, so that built-in rules
        answer and nothing leaves the machine; no variable of the environment changes that.
    model: The model's name as the server knows it; servers with a single model mostly need none.
    api_key_env: Name of the environment variable that holds the key; its name must end in _API_KEY, so that a manifest cannot send other secrets
        away. Default: OPENAI_API_KEY where it is set and the server is reached by https or on this machine; a manifest never holds a key.
    timeout_ms: Silence of the server that ends a request, ms: until its answer begins, attempts after failures included, and between its parts. Live,
        on_error.timeout_ms (30 s) counts as well.
    instructions: What the model is told before everything else. An answer that was interrupted stands in the history as far as it was heard, and ends
        in an ellipsis.
    temperature: How freely the model chooses its words. Default: the server's.
    max_tokens: The most tokens of an answer. Default: the server's.
    history_turns: The most exchanges that are remembered.
    history_characters: The most characters of them, about four to a token; the oldest exchanges are forgotten first.
    apology: Said when the server fails before anything came; empty: nothing.
    tools: Functions that the model may call, each at an address: the arguments are posted there as JSON, the text of the answer is the result. In
        TypeScript, chatWithTools takes functions.
    """

    def __init__(
        self, base_url: Optional[str] = None, model: Optional[str] = None, api_key_env: Optional[str] = None, timeout_ms: int = 10000,
        instructions: str = "You are a friendly voice assistant. Answer in one to three short sentences of plain spoken language, without lists, markup or emoji.",
        temperature: Optional[float] = None, max_tokens: Optional[int] = None, history_turns: int = 20, history_characters: int = 16000,
        apology: str = "Sorry, I cannot answer right now.", tools: Sequence[Mapping[str, Any]] = (), *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class ChunkNode(_OfRuntime, node_type="chunk"):
    """
    Cuts audio into frames of one length.

    frame_ms: Length of a frame, ms.
    samples: Length of a frame in samples per channel; decides instead of frame_ms where it is given.
    """

    def __init__(self, frame_ms: float = 20, samples: Optional[int] = None, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class DelayNode(_OfRuntime, node_type="delay"):
    """
    Gives audio later by a set time.

    delay_ms: How much later, ms of media time.
    """

    def __init__(self, delay_ms: float = 500, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class DenoiseNode(_OfRuntime, node_type="denoise"):
    """
    Takes noise out of speech, for people who listen: it makes recognition worse.
    """

    def __init__(self, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class EchoGateNode(_OfRuntime, node_type="echo-gate"):
    """
    Lets the microphone through unless it hears only what is played. Inputs: in, reference.

    max_delay_ms: How much later what is played may be heard by the microphone, ms.
    """

    def __init__(self, max_delay_ms: float = 300, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class FileSinkNode(_OfRuntime, node_type="file-sink"):
    """
    Writes a file: audio as WAV, text, JSON and events as lines, bytes as they are.

    path: The file. It is made or emptied; its folder must be there.
    format: How samples are stored: integers of 8 to 32 bit, or floats.
    """

    is_sink = True

    def __init__(self, path: str, format: Literal["u8", "s16", "s24", "s32", "f32"] = "s16", *, name: Optional[str] = None) -> None:
        super().__init__(name)


class FileSourceNode(_OfRuntime, node_type="file-source"):
    """
    Reads a WAV file: integers of 8 to 32 bit, floats of 32 or 64 bit, also over 4 GiB.

    path: The file.
    pace: Play in real time, as a live source does.
    loop: Begin again at the end, until the session is closed; time goes on.
    """

    is_source = True

    def __init__(self, path: str, pace: bool = False, loop: bool = False, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class FliteTTSNode(_OfRuntime, node_type="flite-tts"):
    """
    Speaks text in English, on this machine: clear and quick, with a voice of the 2000s.

    voice: slt: a woman; rms: a man; awb: a man from Scotland; kal16: a robotic man, five times as fast to compute.
    speed: 2 is twice as fast.
    pitch: Factor on the voice's pitch; rms has one only.
    """

    def __init__(
        self, voice: Literal["slt", "rms", "awb", "kal16"] = "slt", speed: float = 1, pitch: float = 1, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class FormatConvertNode(_OfRuntime, node_type="format-convert"):
    """
    Changes the sample format: rounds half to even, clamps, never wraps.

    format: Sample format of the output; f32 full scale is ±1, `-planar` keeps each channel in one piece.
    """

    def __init__(self, format: Literal["f32-planar", "f32", "s16", "s16-planar", "s32"], *, name: Optional[str] = None) -> None:
        super().__init__(name)


class GainNode(_OfRuntime, node_type="gain"):
    """
    Makes audio louder or softer.

    gain_db: Gain in dB.
    factor: Factor on the samples, on top of gain_db; negative inverts.
    """

    def __init__(self, gain_db: float = 0, factor: float = 1, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class LevelNode(_OfRuntime, node_type="level"):
    """
    Measures how loud audio is, and lets it through. Outputs: out, levels.

    interval_ms: Length of one measurement, ms of media time. Each gives {rms, peak, rms_db, peak_db, channels: [the same per channel]}; full scale is
        1 and 0 dB, silence −120 dB.
    """

    def __init__(self, interval_ms: float = 100, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class MoonshineASRNode(_OfRuntime, node_type="moonshine-asr"):
    """
    Recognizes English speech on this machine (Moonshine); partial texts while speech goes on.

    size: The model: `base` makes fewer errors and takes about twice the time.
    partial_interval_ms: Live, what was said so far is recognized anew after so much more speech, ms; 0 gives only finals.
    max_speech_ms: Longer speech is recognized in parts, cut at the quietest place; their texts are joined, ms.
    """

    def __init__(
        self, size: Literal["tiny", "base"] = "tiny", partial_interval_ms: int = 400, max_speech_ms: int = 12000, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class NoiseNode(_OfRuntime, node_type="noise"):
    """
    White noise.

    amplitude: The largest sample; full scale is 1. The RMS is this ÷ √3.
    seed: Start of the random numbers. Default: from the session's seed.
    sample_rate: Sample rate, Hz.
    channels: Number of channels.
    duration_ms: How long it lasts, ms; 0 goes on until the session is closed.
    frame_ms: Length of a frame, ms.
    pace: Play in real time, as a live source does.
    """

    is_source = True

    def __init__(
        self, amplitude: float = 0.5, seed: Optional[int] = None, sample_rate: int = 48000, channels: int = 1, duration_ms: float = 1000,
        frame_ms: float = 20, pace: bool = False, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class OpenAIASRNode(_OfRuntime, node_type="openai-asr"):
    """
    Recognizes segments of speech by an OpenAI-compatible server.

    base_url: Root of the OpenAI-compatible API, such as http://127.0.0.1:11434/v1 or https://api.openai.com/v1.
    model: The model's name as the server knows it.
    api_key_env: Name of the environment variable that holds the key; its name must end in _API_KEY, so that a manifest cannot send other secrets
        away. Default: OPENAI_API_KEY where it is set and the server is reached by https or on this machine; a manifest never holds a key.
    timeout_ms: Silence of the server that ends a request, ms: until its answer begins, attempts after failures included, and between its parts. Live,
        on_error.timeout_ms (30 s) counts as well.
    language: What is spoken, such as en. Default: the server finds out.
    prompt: Names and words that are likely to come, for the model.
    """

    def __init__(
        self, base_url: str = "https://api.openai.com/v1", model: str = "whisper-1", api_key_env: Optional[str] = None, timeout_ms: int = 10000,
        language: Optional[str] = None, prompt: Optional[str] = None, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class OpenAITTSNode(_OfRuntime, node_type="openai-tts"):
    """
    Speaks text by an OpenAI-compatible server.

    base_url: Root of the OpenAI-compatible API, such as http://127.0.0.1:11434/v1 or https://api.openai.com/v1.
    model: The model's name as the server knows it.
    voice: The voice's name as the server knows it.
    api_key_env: Name of the environment variable that holds the key; its name must end in _API_KEY, so that a manifest cannot send other secrets
        away. Default: OPENAI_API_KEY where it is set and the server is reached by https or on this machine; a manifest never holds a key.
    timeout_ms: Silence of the server that ends a request, ms: until its answer begins, attempts after failures included, and between its parts. Live,
        on_error.timeout_ms (30 s) counts as well.
    speed: 2 is twice as fast. Default: the server's.
    instructions: How to speak, for models that take it.
    sample_rate: Hz, of the raw samples that the server sends for response_format pcm.
    """

    def __init__(
        self, base_url: str = "https://api.openai.com/v1", model: str = "gpt-4o-mini-tts", voice: str = "alloy", api_key_env: Optional[str] = None,
        timeout_ms: int = 10000, speed: Optional[float] = None, instructions: Optional[str] = None, sample_rate: int = 24000, *,
        name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class PCMSinkNode(_OfRuntime, node_type="pcm-sink"):
    """
    Writes raw PCM to standard output, a pipe or a file.

    path: The file or named pipe; - is standard output.
    format: How samples are stored: interleaved, little-endian integers of 8 to 32 bit, or floats.
    sample_rate: Rate that is wanted, Hz. Default: that of the input.
    channels: Channels that are wanted. Default: those of the input.
    """

    is_sink = True

    def __init__(
        self, path: str = "-", format: Literal["u8", "s16", "s24", "s32", "f32"] = "s16", sample_rate: Optional[int] = None,
        channels: Optional[int] = None, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class PCMSourceNode(_OfRuntime, node_type="pcm-source"):
    """
    Reads raw PCM from standard input, a pipe or a file.

    path: The file or named pipe; - is standard input.
    format: How samples are stored: interleaved, little-endian integers of 8 to 32 bit, or floats.
    sample_rate: Sample rate, Hz.
    channels: Number of channels.
    frame_ms: Length of a frame, ms.
    """

    is_source = True

    def __init__(
        self, path: str = "-", format: Literal["u8", "s16", "s24", "s32", "f32"] = "s16", sample_rate: int = 16000, channels: int = 1,
        frame_ms: float = 20, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class RemixNode(_OfRuntime, node_type="remix"):
    """
    Changes the number of channels, by the usual rules or by a matrix.

    channels: Channels of the output. To 1: the mean; from 1: copies; 5.1 to 2: ITU-R BS.775; else the first ones, silence where there is none. A
        matrix decides instead where one is given.
    matrix: One row per output channel, one factor per input channel: output = Σ factor · input.
    """

    def __init__(self, channels: int = 1, matrix: Optional[Sequence[Sequence[float]]] = None, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class ResampleNode(_OfRuntime, node_type="resample"):
    """
    Converts audio to another sample rate.

    sample_rate: Rate of the output, Hz.
    quality: high: within 0.1 dB up to 92.5 % of the band, −120 dB beyond it; fast: a wider transition and a shorter delay; draft: for previews and
        meters.
    """

    def __init__(self, sample_rate: int, quality: Literal["draft", "fast", "high"] = "high", *, name: Optional[str] = None) -> None:
        super().__init__(name)


class SelectNode(_OfRuntime, node_type="select"):
    """
    Lets only some frames through, by kind, stream or event, or only some channels or a part of a JSON value.

    kinds: Only frames of these kinds.
    stream: Only frames of the stream with this id.
    events: Only events of these names; frames that are no events are not affected.
    channels: Only these channels of audio, counted from 0, in this order; silence for one that is not there. The input must be audio.
    path: Only what lies at this path of a JSON, text or event frame, as JSON: user.name, items.0; frames without it are dropped.
    """

    def __init__(
        self,
        kinds: Optional[Sequence[Literal["audio", "video", "encoded-audio", "encoded-video", "text", "json", "tensor", "binary", "event"]]] = None,
        stream: Optional[int] = None, events: Optional[Sequence[str]] = None, channels: Optional[Sequence[int]] = None, path: Optional[str] = None, *,
        name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class SentencesNode(_OfRuntime, node_type="sentences"):
    """
    Makes sentences that can be spoken out of pieces of text.

    first_clause_chars: The first sentence of an answer may go out at a comma after this many characters, so that speech starts sooner; 0: whole
        sentences only.
    max_chars: The most characters of a sentence; a longer one is cut at a comma or a space.
    """

    def __init__(self, first_clause_chars: int = 40, max_chars: int = 250, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class SilenceNode(_OfRuntime, node_type="silence"):
    """
    Digital silence.

    sample_rate: Sample rate, Hz.
    channels: Number of channels.
    duration_ms: How long it lasts, ms; 0 goes on until the session is closed.
    frame_ms: Length of a frame, ms.
    pace: Play in real time, as a live source does.
    """

    is_source = True

    def __init__(
        self, sample_rate: int = 48000, channels: int = 1, duration_ms: float = 1000, frame_ms: float = 20, pace: bool = False, *,
        name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class SileroVADNode(_OfRuntime, node_type="silero-vad"):
    """
    Detects speech by a neural network (Silero), and tells when it starts and stops; lets only speech through, or everything. Outputs: out, events.

    segments: Let only speech through, cut to the sample: the first frame of each segment is flagged `discontinuity`, the last `end`. Every frame has
        `is_speech` in its metadata.
    threshold: The probability from which 32 ms are speech; speech goes on down to 0.15 below it.
    min_speech_ms: Speech shorter than this is taken for a click, ms.
    hangover_ms: Silence that ends speech, ms; part of the segment.
    pre_roll_ms: What a segment keeps from before its speech, ms.
    max_speech_ms: Longer speech is cut into several segments, ms.
    """

    def __init__(
        self, segments: bool = True, threshold: float = 0.5, min_speech_ms: float = 90, hangover_ms: float = 250, pre_roll_ms: float = 200,
        max_speech_ms: float = 30000, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class TemplateNode(_OfRuntime, node_type="template"):
    """
    Makes text out of JSON, text and events by filling in a template.

    template: Text with places {{path}}: a path leads into the JSON value (user.name, items.0), {{text}} and {{final}} are those of text, {{name}} and
        {{value}} of an event, {{.}} is the whole. What is not there is left empty.
    """

    def __init__(self, template: str, *, name: Optional[str] = None) -> None:
        super().__init__(name)


class ToneNode(_OfRuntime, node_type="tone"):
    """
    A sine tone.

    frequency: Frequency, Hz.
    amplitude: Amplitude; full scale is 1.
    sample_rate: Sample rate, Hz.
    channels: Number of channels.
    duration_ms: How long it lasts, ms; 0 goes on until the session is closed.
    frame_ms: Length of a frame, ms.
    pace: Play in real time, as a live source does.
    """

    is_source = True

    def __init__(
        self, frequency: float = 440, amplitude: float = 0.5, sample_rate: int = 48000, channels: int = 1, duration_ms: float = 1000,
        frame_ms: float = 20, pace: bool = False, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class TurnPolicyNode(_OfRuntime, node_type="turn-policy"):
    """
    Decides when the user has finished, and whether what is said while an answer is played interrupts it. Inputs: in, events. Outputs: out, events.

    mode: What ends a turn: `silence` of a fixed length, `adaptive` silence learnt from this speaker's pauses, or `full`: adaptive, and what was said
        tells whether it is complete.
    silence_ms: Silence that ends a turn, ms, the detector's hangover included; what is learnt begins with it.
    min_silence_ms: The shortest silence that ends a turn: after a complete sentence, ms.
    max_silence_ms: The longest silence that is waited for: after an unfinished sentence, ms.
    asr_timeout_ms: How long after the end of speech the final text is waited for; then the last partial one counts, ms.
    barge_in: When somebody speaks while an answer is played: `hold` pauses it until it is clear what was said, `immediate` ends it, `off` ignores
        what is said.
    min_words: So many words end an answer that is on hold; "mm-hm" and its like do not count.
    min_speech_ms: Sounds shorter than this are no words: the answer goes on at once, ms.
    interrupt_after_ms: Speech that lasts as long as this ends an answer that is on hold, whatever is recognized, ms.
    max_hold_ms: The longest that an answer is on hold, ms.
    join_ms: Who goes on so soon after the end of a turn, and before anything of the answer is heard, has not finished: the texts are joined, ms.
    """

    def __init__(
        self, mode: Literal["silence", "adaptive", "full"] = "full", silence_ms: float = 700, min_silence_ms: float = 400,
        max_silence_ms: float = 1000, asr_timeout_ms: float = 2000, barge_in: Literal["hold", "immediate", "off"] = "hold", min_words: int = 1,
        min_speech_ms: float = 120, interrupt_after_ms: float = 800, max_hold_ms: float = 2000, join_ms: float = 5000, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)


class EnergyVADNode(_OfRuntime, node_type="vad"):
    """
    Detects speech by its energy, and tells when it starts and stops; lets everything through, or only speech. Outputs: out, events.

    segments: Let only speech through, cut to the sample: the first frame of each segment is flagged `discontinuity`, the last `end`.
    frame_ms: Length of an analysis frame, ms.
    threshold: RMS below which a frame is never speech; full scale is 1.
    floor_ratio: Speech must exceed the noise floor by this factor (RMS); 0 leaves the floor out of account.
    min_speech_ms: Speech shorter than this is taken for a click, ms.
    hangover_ms: Silence that ends speech, ms; part of the segment. At least one analysis frame.
    pre_roll_ms: What a segment keeps from before its speech, ms.
    max_speech_ms: Longer speech is cut into several segments, ms.
    annotate: Add is_speech, speech_frames, total_frames, speech_ratio, avg_energy and frame_duration_ms to the metadata of the audio that passes.
    speech_ratio: A frame that passes counts as speech when more than this share of its analysis frames are speech.
    drop_silence: Drop whole frames that do not count as speech; `segments` cuts more finely.
    """

    def __init__(
        self, segments: bool = False, frame_ms: float = 30, threshold: float = 0.01, floor_ratio: float = 3, min_speech_ms: float = 90,
        hangover_ms: float = 300, pre_roll_ms: float = 200, max_speech_ms: float = 30000, annotate: bool = False, speech_ratio: float = 0,
        drop_silence: bool = False, *, name: Optional[str] = None,
    ) -> None:
        super().__init__(name)
