import { type NodeCase, nodeSuite, testHost } from "@remotemedia/conformance";
import { type AudioFrame, audioFrame, type Frame, jsonFrame, type Kernels, textFrame } from "@remotemedia/core";
import { loadKernels, referenceKernels } from "@remotemedia/kernels";
import {
  builtInNodes,
  calculate,
  chunk,
  delay,
  formatConvert,
  gain,
  level,
  noise,
  passThrough,
  remix,
  resample,
  select,
  silence,
  template,
  tone,
  vad,
} from "@remotemedia/nodes";
import { describe, expect, it } from "vitest";

const api = { describe, expect, it };
const { wasm } = await loadKernels();
const forms: readonly (readonly [string, Kernels | undefined])[] = [
  ["plain TypeScript", referenceKernels],
  ["SIMD", wasm],
];

const rate = 16_000;
const seconds = 0.6;

/** Speech and silence in turns, as a formula: so that any cut of it is the same stream. */
const speech = (i: number, channel: number): number =>
  Math.floor(i / 3_200) % 2 === 0 ? 0.3 * Math.sin(i * 0.07 + channel) + 0.1 * Math.sin(i * 0.31) : 0.0005 * Math.sin(i * 1.3);

/** The stream in frames of this length. */
const heard =
  (frameLength: number, { channels = 1, sampleRate = rate } = {}) =>
  (): AudioFrame[] => {
    const length = sampleRate * seconds;
    return Array.from({ length: Math.ceil(length / frameLength) }, (_, n) => {
      const from = n * frameLength;
      const count = Math.min(frameLength, length - from);
      const data = Float32Array.from({ length: count * channels }, (_, i) => speech(from + (i % count), Math.floor(i / count)));
      return audioFrame({ sampleRate, numberOfChannels: channels, data, timestamp: Math.round((from * 1e6) / sampleRate) });
    });
  };

const texts = (): Frame[] => ["one", "two", "three"].map((text, i) => textFrame(text, { timestamp: i * 1_000 }));
const values = (): Frame[] => [1, 2, 3].map((a, i) => jsonFrame({ a, deep: { list: [a, 2] } }, { timestamp: i * 1_000 }));

const cut = { input: heard(320), reframed: heard(777) };
const stereo = { input: heard(320, { channels: 2 }), reframed: heard(500, { channels: 2 }) };

const cases: readonly (readonly [string, Omit<NodeCase, "host">])[] = [
  ["gain", { node: gain({ factor: 0.5 }), ...cut }],
  ["gain of 1", { node: gain(), ...cut }],
  ["remix to mono", { node: remix({ channels: 1 }), ...stereo }],
  ["remix to stereo", { node: remix({ channels: 2 }), ...cut }],
  ["format-convert to s16", { node: formatConvert({ format: "s16" }), ...stereo }],
  ["resample up", { node: resample({ sampleRate: 48_000 }), ...cut }],
  ["resample down", { node: resample({ sampleRate: 8_000, quality: "fast" }), ...stereo }],
  ["resample to the rate it has", { node: resample({ sampleRate: rate }), ...cut }],
  ["chunk", { node: chunk({ frameMs: 32 }), ...cut }],
  ["delay", { node: delay({ delayMs: 90 }), ...cut }],
  ["level", { node: level(), ...cut }],
  ["vad", { node: vad(), ...cut }],
  ["vad that cuts segments", { node: vad({ segments: true }), ...cut }],
  ["vad that drops silence", { node: vad({ dropSilence: true }), input: heard(320) }],
  ["pass-through", { node: passThrough(), ...cut }],
  ["pass-through of text", { node: passThrough(), input: texts }],
  ["select", { node: select({ path: "deep.list" }), input: values }],
  ["calculate", { node: calculate({ operation: "multiply", operand: 3 }), input: values }],
  ["template", { node: template({ template: "<{{text}}>" }), input: texts }],
  ["tone", { node: tone({ durationMs: 100 }) }],
  ["noise", { node: noise({ durationMs: 100 }) }],
  ["silence", { node: silence({ durationMs: 100 }) }],
];

for (const [form, kernels] of forms) {
  describe(`With kernels in ${form}`, () => {
    for (const [title, given] of cases)
      nodeSuite(title, { ...given, host: () => testHost({ nodes: builtInNodes, ...(kernels && { kernels }) }) }, api);
  });
}
