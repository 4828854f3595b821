import type { Resampler, ResamplerOptions } from "@remotemedia/core";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { createReferenceResampler } from "../src/resample/reference.ts";
import { createWasmResampler } from "../src/resample/wasm.ts";
import { instantiate, type LinearMemory } from "../src/wasm/linear-memory.ts";
import { firstDifference, noise } from "./random.ts";
import { leakage, resample, toneResponse } from "./resample-response.ts";

// Tens of streams each; a busy machine takes several times as long.
vi.setConfig({ testTimeout: 60_000 });

type Create = (options: ResamplerOptions) => Resampler;
const memory = (await instantiate()) as LinearMemory;
const createWasm: Create = (options) => createWasmResampler(memory, options);
const implementations: [name: string, create: Create][] = [
  ["reference", createReferenceResampler],
  ["SIMD", createWasm],
];

const qualities = { high: [0.925, 1.05, -120], fast: [0.85, 1.125, -98], draft: [0.75, 1.25, -68] } as const;
const pairs = [
  [48_000, 16_000],
  [16_000, 48_000],
  [44_100, 16_000],
  [48_000, 44_100],
  [22_050, 16_000],
  [11_025, 8_000],
  [12_345, 16_000],
  [44_100, 44_101],
  [192_000, 8_000],
  [8_000, 192_000],
] as const;

/** Greatest difference between two streams of the same length. */
function difference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

const rates = fc.oneof(
  fc.constantFrom(8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000),
  fc.integer({ min: 8_000, max: 192_000 }),
);
const anyOptions = fc.record({
  inputRate: rates,
  outputRate: rates,
  channels: fc.integer({ min: 1, max: 3 }),
  quality: fc.constantFrom("draft", "fast", "high"),
  latency: fc.constantFrom("batch", "live"),
}) as fc.Arbitrary<ResamplerOptions>;
const anyFrames = fc.integer({ min: 0, max: 20_000 });

describe.each(implementations)("the %s resampler", (_name, create) => {
  it.each(pairs)("keeps the pass band and removes aliases and images from %i to %i Hz", (inputRate, outputRate) => {
    const half = Math.min(inputRate, outputRate) / 2;
    for (const latency of ["batch", "live"] as const) {
      for (const [quality, [pass, stop, level]] of Object.entries(qualities)) {
        const options = { inputRate, outputRate, channels: 1, latency, quality } as ResamplerOptions;
        for (const place of [0.05, 0.61, pass]) {
          const { gain, residue } = toneResponse(create, options, place * half);
          expect(Math.abs(gain), `${latency} ${quality}: gain at ${place}`).toBeLessThan(0.1);
          if (place <= 2 - stop) expect(residue, `${latency} ${quality}: residue at ${place}`).toBeLessThan(level);
        }
        for (const place of [stop, stop + 0.007, 1.77, 3.3].filter((place) => 2 * place * half < inputRate)) {
          expect(leakage(create, options, place * half), `${latency} ${quality}: leakage at ${place}`).toBeLessThan(level);
        }
        if (outputRate < inputRate) continue;
        expect(toneResponse(create, options, (2 - stop) * half).residue, `${latency} ${quality}: image`).toBeLessThan(level);
      }
    }
  });

  it("gives the same bits for every framing, as many frames as it says, and ceil(n × out ÷ in) in all", () => {
    const blocks = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 8 });
    const property = fc.property(anyOptions, anyFrames, blocks, (options, frames, lengths) => {
      const input = noise(frames * options.channels);
      const resampler = create(options);
      const atOnce = resample(resampler, options.channels, input, () => frames);
      const inBlocks = resample(resampler, options.channels, input, (i) => lengths[i % lengths.length] as number);
      resampler.close();
      expect(atOnce[0]?.length).toBe(Math.ceil((frames * options.outputRate) / options.inputRate));
      for (const [channel, plane] of inBlocks.entries()) expect(firstDifference(plane, atOnce[channel] as Float32Array)).toBe("nowhere");
    });
    fc.assert(property, { numRuns: 40, seed: 1 });
  });

  it("treats all channels alike", () => {
    const options: ResamplerOptions = { inputRate: 44_100, outputRate: 48_000, channels: 2, quality: "fast", latency: "batch" };
    const one = noise(10_000);
    const both = new Float32Array(20_000);
    both.set(one);
    both.set(one, 10_000);
    const [left, right] = resample(create(options), 2, both, () => 777);
    const [alone] = resample(create({ ...options, channels: 1 }), 1, one, () => 10_000);
    expect(difference(left as Float32Array, alone as Float32Array)).toBe(0);
    expect(difference(right as Float32Array, alone as Float32Array)).toBe(0);
  });

  it.each([
    [48_000, 16_000],
    [16_000, 48_000],
    [44_100, 16_000],
    [48_000, 44_100],
    [22_050, 16_000],
    [8_000, 48_000],
    [44_100, 8_000],
  ])("gives every live block of 20 ms after the first its 20 ms, from %i to %i Hz", (inputRate, outputRate) => {
    const resampler = create({ inputRate, outputRate, channels: 1, quality: "high", latency: "live" });
    expect(resampler.latencyUs).toBeLessThanOrEqual(20_000);
    const input = noise(inputRate / 50);
    const given: number[] = [];
    for (let block = 0; block < 20; block++) {
      given.push(resampler.outputFrames(input.length));
      resampler.process(input, input.length, new Float32Array(given[block] as number));
    }
    expect(given[0]).toBeGreaterThanOrEqual(Math.floor(((20_000 - resampler.latencyUs) * outputRate) / 1e6));
    expect(new Set(given.slice(1))).toEqual(new Set([outputRate / 50]));
  });

  it("holds no more than it says back, at any time", () => {
    const property = fc.property(anyOptions, anyFrames, (options, frames) => {
      const resampler = create(options);
      const missing = frames / options.inputRate - resampler.outputFrames(frames) / options.outputRate;
      expect(missing * 1e6).toBeLessThanOrEqual(resampler.latencyUs);
      expect(resampler.latencyUs).toBeLessThanOrEqual(options.latency === "live" ? 20_000 : 500_000);
      resampler.close();
    });
    fc.assert(property, { numRuns: 300, seed: 2 });
  });

  it("copies between equal rates", () => {
    const resampler = create({ inputRate: 16_000, outputRate: 16_000, channels: 2, quality: "high", latency: "live" });
    const input = noise(200);
    expect(resample(resampler, 2, input, () => 30)).toEqual([input.slice(0, 100), input.slice(100)]);
  });

  it.each([
    [44_100, 16_000],
    [48_000, 44_100],
  ])("keeps its place in streams that outlast the period of its counters, from %i to %i Hz", (inputRate, outputRate) => {
    const tone = (rate: number) => Float32Array.from({ length: 8 * rate }, (_, i) => Math.sin((2 * Math.PI * ((440 * i) % rate)) / rate));
    const options: ResamplerOptions = { inputRate, outputRate, channels: 1, quality: "high", latency: "live" };
    const [output] = resample(create(options), 1, tone(inputRate), () => 4_000) as [Float32Array];
    const edge = outputRate / 50;
    expect(difference(output.subarray(edge, -edge), tone(outputRate).subarray(edge, -edge))).toBeLessThan(1e-5);
  });
});

describe("both resamplers", () => {
  it("agree within −120 dB", () => {
    const property = fc.property(anyOptions, anyFrames, (options, frames) => {
      const input = noise(frames * options.channels);
      const expected = resample(createReferenceResampler(options), options.channels, input, () => frames);
      const resampler = createWasm(options);
      const actual = resample(resampler, options.channels, input, () => frames);
      resampler.close();
      for (const [channel, plane] of actual.entries()) expect(difference(plane, expected[channel] as Float32Array)).toBeLessThan(1e-6);
    });
    fc.assert(property, { numRuns: 60, seed: 3 });
  });

  it("give the same, canonical NaN in the same places for input that is no number", () => {
    const input = noise(20_000);
    input[7_000] = Number.NaN;
    input[15_000] = Number.POSITIVE_INFINITY;
    for (const [inputRate, outputRate] of [
      [48_000, 16_000],
      [44_100, 16_000],
    ] as const) {
      const options: ResamplerOptions = { inputRate, outputRate, channels: 1, quality: "high", latency: "live" };
      const places = [createReferenceResampler(options), createWasm(options)].map((resampler) => {
        const [output] = resample(resampler, 1, input, () => 960) as [Float32Array];
        return [...new Uint32Array(output.buffer)].flatMap((bits, i) => (bits === 0x7fc00000 ? [i] : []));
      });
      expect(places[0]?.length).toBeGreaterThan(100);
      expect(places[1]).toEqual(places[0]);
    }
  });

  it("give all linear memory back", () => {
    const before = memory.bytesInUse;
    const options: ResamplerOptions = { inputRate: 44_100, outputRate: 16_000, channels: 2, quality: "high", latency: "live" };
    const [one, two] = [createWasm(options), createWasm(options)];
    one.close();
    expect(memory.bytesInUse).toBeGreaterThan(before);
    two.close();
    expect(memory.bytesInUse).toBe(before);
  });
});
