import { nodeSuite, testHost } from "@remotemedia/conformance";
import { type AudioFrame, audioFrame, Flags, Pipeline } from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { describe, expect, it } from "vitest";
import { denoise } from "../../src/denoise/denoise.ts";

const rate = 48_000;

/** Numbers in ±1, the same for the same seed (Numerical Recipes' generator). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** What resembles speech: a voice of gliding pitch through three formants that change by the syllable, with gaps. */
function voice(length: number): Float32Array {
  const vowels = [
    [730, 1_090, 2_440],
    [270, 2_290, 3_010],
    [300, 870, 2_240],
    [530, 1_840, 2_480],
  ] as const;
  let phase = 0;
  return Float32Array.from({ length }, (_, i) => {
    const seconds = i / rate;
    const syllable = Math.floor(seconds / 0.22);
    const within = (seconds % 0.22) / 0.22;
    const loudness = syllable % 5 === 4 ? 0 : Math.sin(Math.PI * within) ** 0.7;
    const pitch = 120 + 25 * Math.sin(seconds * 3) + 10 * Math.sin(seconds * 11);
    phase += (2 * Math.PI * pitch) / rate;
    const formants = vowels[syllable % vowels.length] as readonly number[];
    let sum = 0;
    for (let k = 1; k * pitch < 4_000; k++) {
      const gain = formants.reduce((most, formant, n) => Math.max(most, 1 / (n + 1) / (1 + ((k * pitch - formant) / 90) ** 2)), 0.02);
      sum += gain * Math.sin(k * phase);
    }
    return 0.15 * loudness * sum;
  });
}

/** Scale-invariant signal-to-distortion ratio, dB (Le Roux et al., "SDR – half-baked or well done?"). */
function siSdr(clean: Float32Array, heard: Float32Array): number {
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
  const scale = dot(clean, heard) / dot(clean, clean);
  const target = clean.map((sample) => scale * sample);
  const rest = heard.map((sample, i) => sample - (target[i] as number));
  return 10 * Math.log10(dot(target, target) / dot(rest, rest));
}

const energy = (samples: Float32Array): number => samples.reduce((sum, x) => sum + x * x, 0) / samples.length;

/** The samples in frames of these lengths in turn; `at` is when they begin. */
function cut(samples: Float32Array, lengths: readonly number[], { atUs = 0, flags = 0 } = {}): AudioFrame[] {
  const frames: AudioFrame[] = [];
  for (let from = 0, n = 0; from < samples.length; n++) {
    const data = samples.slice(from, from + (lengths[n % lengths.length] as number));
    const timestamp = atUs + Math.round((from * 1e6) / rate);
    from += data.length;
    frames.push(audioFrame({ sampleRate: rate, data, timestamp, metadata: { mark: n }, flags: from === samples.length ? flags : 0 }));
  }
  return frames;
}

const joined = (frames: readonly AudioFrame[]): Float32Array => Float32Array.from(frames.flatMap(({ data }) => [...data]));

async function cleaned(frames: readonly AudioFrame[]): Promise<readonly AudioFrame[]> {
  const host = testHost({ nodes: builtInNodes, kernels: referenceKernels });
  const { outputs } = await new Pipeline("denoise", host)
    .add(denoise(), "denoise")
    .outputs("denoise")
    .run([...frames]);
  return outputs["denoise"] as unknown as readonly AudioFrame[];
}

const second = voice(rate);
nodeSuite(
  "denoise",
  { node: denoise(), input: () => cut(second, [960]), reframed: () => cut(second, [333, 1_024, 7]) },
  { describe, it, expect },
);

describe("denoise", () => {
  it.each([
    ["a hiss", 5, (random: () => number) => random],
    [
      "a rumble",
      3,
      (random: () => number, low = 0) =>
        () =>
          (low += 0.1 * (random() - low)),
    ],
  ] as const)("takes %s out of what resembles speech, by more than %d dB", async (_, leastDb, noiseOf) => {
    const clean = voice(4 * rate);
    const noise = Float32Array.from(clean, noiseOf(randomOf(7)));
    const level = Math.sqrt(energy(clean) / energy(noise));
    const noisy = clean.map((sample, i) => sample + level * (noise[i] as number));
    const heard = joined(await cleaned(cut(noisy, [960])));
    expect(heard).toHaveLength(noisy.length);
    const settled = rate / 2;
    const [before, after] = [noisy, heard].map((signal) => siSdr(clean.subarray(settled), signal.subarray(settled))) as [number, number];
    expect(after - before).toBeGreaterThan(leastDb);
  });

  it("gives every sample its own time, and as many as came, also where the input jumps or ends", async () => {
    const parts = [voice(5_000), voice(100), voice(480)] as const;
    const frames = await cleaned([
      ...cut(parts[0], [700], { flags: Flags.end }),
      ...cut(parts[1], [30], { atUs: 2_000_000 }),
      ...cut(parts[2], [480], { atUs: 9_000_000, flags: Flags.end }),
    ]);
    const runs = [0, 2_000_000, 9_000_000].map((from) => frames.filter(({ timestamp }) => timestamp >= from && timestamp < from + 1e6));
    expect(runs.map((run) => joined(run).length)).toEqual([5_000, 100, 480]);
    for (const [n, run] of runs.entries()) {
      let count = 0;
      for (const { timestamp, numberOfFrames } of run) {
        expect(timestamp).toBe([0, 2_000_000, 9_000_000][n]! + Math.round((count * 1e6) / rate));
        count += numberOfFrames;
      }
    }
    expect(frames.filter(({ flags }) => (flags & Flags.end) !== 0).map(({ timestamp }) => timestamp >= 9_000_000)).toEqual([false, true]);
    expect(runs[2]?.[0]?.flags).toBe(Flags.discontinuity | Flags.end);
  });

  it("passes an end without samples on", async () => {
    const frames = await cleaned([audioFrame({ sampleRate: rate, data: new Float32Array(0), flags: Flags.end })]);
    expect(frames.map(({ numberOfFrames, flags }) => [numberOfFrames, flags])).toEqual([[0, Flags.end]]);
  });

  it("forgets what lay before a jump", async () => {
    const loud = cut(voice(rate), [960]);
    const after = cut(second, [960], { atUs: 60_000_000 });
    const later = (await cleaned([...loud, ...after])).filter(({ timestamp }) => timestamp >= 60_000_000);
    expect(joined(later)).toEqual(joined(await cleaned(after)));
  });

  it("is not spoilt by samples that are none", async () => {
    const bad = second.slice();
    bad.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30], 5_000);
    const heard = joined(await cleaned(cut(bad, [960])));
    expect(heard.every((sample) => Math.abs(sample) < 2)).toBe(true);
    expect(energy(heard.subarray(rate / 2))).toBeGreaterThan(energy(second) / 10);
  });
});
