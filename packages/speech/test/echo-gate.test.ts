import { collect, testHost } from "@remotemedia/conformance";
import { type AudioFrame, audioFrame, Pipeline } from "@remotemedia/core";
import { expect, it } from "vitest";
import { echoGate } from "../src/turns/echo-gate.ts";

const rate = 16_000;
const length = 320;

/** Something like speech: noise in syllables of its own rhythm, in frames of 20 ms. */
function voice(seconds: number, seed: number, level: number): Float32Array {
  const samples = new Float32Array(seconds * rate);
  let state = seed;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let at = 0; at < samples.length; ) {
    const [syllable, loud] = [Math.round((0.08 + 0.15 * random()) * rate), random() < 0.25 ? 0 : 0.3 + 0.7 * random()];
    for (let i = 0; i < syllable && at < samples.length; i++, at++)
      samples[at] = level * loud * Math.sin((Math.PI * i) / syllable) * (2 * random() - 1);
  }
  return samples;
}

const add = (...parts: Float32Array[]): Float32Array =>
  (parts[0] as Float32Array).map((_, i) => parts.reduce((sum, part) => sum + (part[i] ?? 0), 0));
const late = (samples: Float32Array, ms: number, gain: number): Float32Array =>
  samples.map((_, i) => gain * (samples[i - (ms * rate) / 1000] ?? 0));
const from = (samples: Float32Array, second: number): Float32Array => samples.map((sample, i) => (i < second * rate ? 0 : sample));

/** Energy of what comes through, by second, as a share of what the microphone heard. */
async function passed(mic: Float32Array, played: Float32Array): Promise<number[]> {
  const host = testHost({ nodes: [echoGate()] });
  const manifest = {
    version: "v1",
    metadata: { name: "gate" },
    nodes: [{ id: "gate", node_type: "echo-gate" }],
    connections: [],
    outputs: ["gate"],
  };
  const session = await Pipeline.fromManifest(manifest, host).open();
  const got = collect(session.output());
  const frame = (samples: Float32Array, at: number): AudioFrame =>
    audioFrame({ sampleRate: rate, data: samples.slice(at, at + length), timestamp: Math.round((at * 1e6) / rate) });
  for (let at = 0; at < mic.length; at += length) {
    session.push(frame(played, at), "gate.reference");
    await host.clock.advance(20);
    session.push(frame(mic, at), "gate.in");
  }
  await host.clock.advance(0);
  const heard = got.flatMap((out) => [...(out as AudioFrame).data]);
  expect(heard).toHaveLength(mic.length);
  const energy = (samples: ArrayLike<number>, second: number): number =>
    Array.from({ length: rate }, (_, i) => (samples[second * rate + i] as number) ** 2).reduce((sum, square) => sum + square, 0);
  return Array.from({ length: mic.length / rate }, (_, second) => energy(heard, second) / Math.max(energy(mic, second), 1e-12));
}

/** A quiet room. */
function noise(seconds: number): Float32Array {
  let state = 99;
  return new Float32Array(seconds * rate).map(() => 0.004 * ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5));
}

it.each([
  [0, 0.5],
  [60, 0.3],
  [150, 0.1],
  [280, 0.7],
])("the agent's own voice, %d ms late and at %f of its level, does not come through", async (ms, gain) => {
  const played = voice(6, 7, 0.5);
  const shares = await passed(add(late(played, ms, gain), noise(6)), played);
  expect(Math.max(...shares)).toBeLessThan(0.05);
});

it("who speaks while the agent does comes through its echo", async () => {
  const played = voice(6, 7, 0.5);
  const user = from(voice(6, 31, 0.6), 4);
  const shares = await passed(add(late(played, 120, 0.15), user, noise(6)), played);
  expect(Math.max(...shares.slice(0, 4))).toBeLessThan(0.05);
  expect(Math.min(...shares.slice(4))).toBeGreaterThan(0.8);
});

it("with headphones, what is said comes through, loud or soft", async () => {
  const played = voice(6, 7, 0.5);
  const user = from(voice(6, 31, 0.1), 3);
  const shares = await passed(add(user, noise(6)), played);
  expect(Math.min(...shares.slice(3))).toBeGreaterThan(0.7);
});

it("while nothing is played, everything comes through untouched", async () => {
  const shares = await passed(voice(3, 31, 0.1), new Float32Array(3 * rate));
  expect(shares).toEqual([1, 1, 1]);
});
