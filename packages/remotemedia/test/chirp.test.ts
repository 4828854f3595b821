/** The chirp by which `remotemedia connect` measures delay. */
import { describe, expect, it } from "vitest";
import { chirp, findChirp } from "../src/cli/chirp.ts";

const rate = 48_000;
const sent = chirp(rate, Math.sin);

/** Numbers from −1 to 1, the same every time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Two seconds of noise with sounds mixed in at places. */
function heard(noiseLevel: number, ...sounds: readonly (readonly [at: number, samples: Float32Array])[]): Float32Array {
  const random = noise(7);
  const samples = Float32Array.from({ length: 2 * rate }, () => noiseLevel * random());
  for (const [at, sound] of sounds) for (const [i, sample] of sound.entries()) samples[at + i] = samples[at + i]! + sample;
  return samples;
}

describe("a chirp", () => {
  it("is found to the sample where it is clean, whatever its loudness", () => {
    for (const factor of [1, 0.01]) {
      const changed = sent.map((sample) => sample * factor);
      expect(findChirp(heard(0, [12_345, changed]), sent, rate)).toBe(12_345);
    }
  });

  it("is found within half a millisecond in noise of its own loudness", () => {
    expect(Math.abs(findChirp(heard(0.5, [54_321, sent]), sent, rate)! - 54_321)).toBeLessThan(24);
  });

  it("is found where a pipeline of 8 kHz has passed it on", () => {
    const coarse = sent.map((_, i) => sent[i - (i % 6)]!);
    expect(Math.abs(findChirp(heard(0.01, [30_000, coarse]), sent, rate)! - 30_000)).toBeLessThan(12);
  });

  it("is found within 10 ms where a jitter buffer has cut 5 ms out of it", () => {
    const cut = Float32Array.from([...sent.slice(0, 4_000), ...sent.slice(4_240)]);
    expect(Math.abs(findChirp(heard(0.01, [30_000, cut]), sent, rate)! - 30_000)).toBeLessThan(480);
  });

  it("is not found in silence, noise, a tone, a chirp that falls, or too little", () => {
    const tone = Float32Array.from({ length: rate }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 1_000 * i) / rate));
    expect(findChirp(heard(0), sent, rate)).toBeUndefined();
    expect(findChirp(heard(0.5), sent, rate)).toBeUndefined();
    expect(findChirp(heard(0, [0, tone]), sent, rate)).toBeUndefined();
    expect(findChirp(heard(0, [0, sent.toReversed()]), sent, rate)).toBeUndefined();
    expect(findChirp(new Float32Array(10), sent, rate)).toBeUndefined();
  });
});
