/** Messages of every kind: what the golden vectors hold. Each frame has every field of its kind at a telling value. */
import {
  audioFrame,
  binaryFrame,
  encodedFrame,
  eventFrame,
  Flags,
  type Frame,
  jsonFrame,
  type LinkMessage,
  linkProtocol,
  tensorFrame,
  textFrame,
  videoFrame,
} from "@remotemedia/core";

const stamped = { timestamp: 20_000, duration: 20_000, turn: 3, sequence: 7, stream: { id: 2, epochUs: 1_500_000 } };
const bytes = (count: number) => Uint8Array.from({ length: count }, (_, index) => index * 37);

export const frames: Readonly<Record<string, Frame>> = {
  "audio, canonical": audioFrame({ ...stamped, sampleRate: 48_000, numberOfChannels: 2, data: Float32Array.of(0, 0.5, -0.5, 1) }),
  "audio, interleaved, with metadata": audioFrame({
    timestamp: -20_000,
    flags: Flags.discontinuity | Flags.answer | Flags.end,
    metadata: { speaker: "Ä", vad: { probability: 0.5 } },
    format: "s16",
    sampleRate: 16_000,
    numberOfChannels: 2,
    data: Int16Array.of(0, 1, -1, 32_767, -32_768, 2),
  }),
  "audio, f32, no samples": audioFrame({ timestamp: 0, flags: Flags.gap, format: "f32", sampleRate: 8_000, data: new Float32Array() }),
  "audio, s16-planar": audioFrame({ ...stamped, format: "s16-planar", sampleRate: 8_000, data: Int16Array.of(256) }),
  "audio, s32": audioFrame({ ...stamped, format: "s32", sampleRate: 192_000, data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }),
  "video, tight": videoFrame({ ...stamped, codedWidth: 3, codedHeight: 3, data: bytes(17) }),
  "video, padded rows": videoFrame({
    ...stamped,
    format: "NV12",
    codedWidth: 2,
    codedHeight: 2,
    layout: [
      { offset: 0, stride: 4 },
      { offset: 8, stride: 4 },
    ],
    data: bytes(12),
  }),
  "video, RGBA": videoFrame({ timestamp: 2 ** 53 - 1, format: "RGBA", codedWidth: 1, codedHeight: 1, data: bytes(4) }),
  "video, BGRA": videoFrame({ timestamp: -(2 ** 53 - 1), format: "BGRA", codedWidth: 1, codedHeight: 1, data: bytes(4) }),
  "encoded audio": encodedFrame("encoded-audio", { ...stamped, codec: "opus", data: bytes(3) }),
  "encoded video, delta": encodedFrame("encoded-video", { ...stamped, flags: Flags.gap, codec: "vp8", type: "delta", data: bytes(3) }),
  text: textFrame("naïve 語 🎙", stamped),
  "text, partial, without a time": textFrame("na", { final: false }),
  "text, empty": textFrame("", { timestamp: 0 }),
  json: jsonFrame({ answer: 42, list: [null, true, "x"] }, stamped),
  "json, null": jsonFrame(null),
  "tensor, float32": tensorFrame({ ...stamped, dtype: "float32", shape: [1, 2], data: Float32Array.of(1.5, -2) }),
  "tensor, int16": tensorFrame({ ...stamped, dtype: "int16", shape: [2], data: Int16Array.of(1, -2) }),
  "tensor, int32": tensorFrame({ ...stamped, dtype: "int32", shape: [], data: Int32Array.of(-3) }),
  "tensor, uint8": tensorFrame({ ...stamped, dtype: "uint8", shape: [0, 300], data: bytes(0) }),
  "tensor, int64 as bytes": tensorFrame({ ...stamped, dtype: "int64", shape: [1], data: bytes(8) }),
  binary: binaryFrame(bytes(5), { ...stamped, mimeType: "image/png" }),
  event: eventFrame("speech-started", { confidence: 0.9 }, { ...stamped, turn: 2 ** 32 - 1, sequence: 2 ** 32 - 1 }),
};

const framed = Object.entries(frames).map(
  ([name, frame]) => [`frame: ${name}`, { type: "media", track: "in", frame }] satisfies [string, LinkMessage],
);

export const messages: Readonly<Record<string, LinkMessage>> = {
  "hello, new": { type: "hello", protocol: linkProtocol, session: "", resumeToken: "", turn: 0, received: 0 },
  "hello, resumed": { type: "hello", protocol: linkProtocol, session: "s-1", resumeToken: "secret", turn: 4, received: 2 ** 53 - 1 },
  "a frame that must arrive": { type: "frame", sequence: 2 ** 32, frame: textFrame("hello", { timestamp: 5 }) },
  ...Object.fromEntries(framed),
  ack: { type: "ack", received: 300 },
  "turn, without cuts": { type: "turn", turn: 1, cuts: {} },
  "turn, with cuts": { type: "turn", turn: 2, cuts: { audio: 2 ** 32 - 1, other: -5, video: 0 } },
  interrupt: { type: "interrupt", turn: 3, reason: "stop" },
  "request, bitrate": { type: "request", name: "bitrate", value: 64_000, track: "audio" },
  "request, keyframe": { type: "request", name: "keyframe", value: null, track: "video" },
  "request, format": { type: "request", name: "format", value: { sampleRate: 16_000 }, track: "" },
  played: { type: "played", turn: 2, durationUs: 1_234_567 },
  "played, with text": { type: "played", turn: 2, durationUs: 0, text: "" },
  pause: { type: "pause" },
  resume: { type: "resume" },
  bye: { type: "bye" },
  "bye, with an error": { type: "bye", error: { code: "limit-exceeded", message: "too many sessions" } },
};
