import type { Resampler, ResamplerOptions } from "@remotemedia/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReferenceResampler } from "../src/resample/reference.ts";
import { leakage, resample, toneResponse } from "./resample-response.ts";

type Create = (options: ResamplerOptions) => Resampler;
const implementations: [name: string, create: Create][] = [["reference", createReferenceResampler]];

const qualities = { high: [0.925, 1.05, -120], fast: [0.85, 1.125, -92], draft: [0.75, 1.25, -62] } as const;
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

/** Repeatable noise within ±1. */
function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

const whole = (input: Float32Array) => () => input.length;

/** Greatest difference, dB of full scale. */
function difference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return 20 * Math.log10(a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 1e-12));
}

describe.each(implementations)("the %s resampler", (_name, create) => {
  describe.each(["batch", "live"] as const)("%s", (latency) => {
    it.each(pairs)("keeps the pass band and removes aliases and images from %i to %i Hz", (inputRate, outputRate) => {
      for (const [quality, [pass, stop, level]] of Object.entries(qualities)) {
        const options = { inputRate, outputRate, channels: 1, latency, quality } as ResamplerOptions;
        const half = Math.min(inputRate, outputRate) / 2;
        for (const place of [0.05, 0.61, pass]) {
          const { gain, residue } = toneResponse(create, options, place * half);
          expect(Math.abs(gain), `${quality}: gain at ${place}`).toBeLessThan(0.1);
          if (place <= 2 - stop) expect(residue, `${quality}: residue at ${place}`).toBeLessThan(level);
        }
        for (const place of [stop, stop + 0.007, 1.77, 3.3].filter((place) => 2 * place * half < inputRate)) {
          expect(leakage(create, options, place * half), `${quality}: leakage at ${place}`).toBeLessThan(level);
        }
        if (outputRate > inputRate)
          expect(toneResponse(create, options, (2 - stop) * half).residue, `${quality}: image`).toBeLessThan(level);
      }
    });

    it("gives the same bits for every framing, exactly as many frames as it says, and ceil(n × out ÷ in) in all", () => {
      const rate = fc.oneof(
        fc.constantFrom(8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000),
        fc.integer({ min: 8_000, max: 192_000 }),
      );
      const property = fc.property(
        fc.record({
          inputRate: rate,
          outputRate: rate,
          channels: fc.integer({ min: 1, max: 3 }),
          quality: fc.constantFrom("draft", "fast", "high"),
          blocks: fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 8 }),
          frames: fc.integer({ min: 0, max: 20_000 }),
        }),
        ({ blocks, frames, ...rest }) => {
          const options = { ...rest, latency } as ResamplerOptions;
          const input = noise(frames * options.channels);
          const once = create(options);
          const twice = create(options);
          const a = resample(once, options.channels, input, whole(input));
          const b = resample(twice, options.channels, input, (i) => blocks[i % blocks.length] as number);
          expect(a[0]?.length).toBe(Math.ceil((frames * options.outputRate) / options.inputRate));
          expect(b).toEqual(a);
          expect(resample(once, options.channels, input, whole(input)), "after flush").toEqual(a);
          once.close();
          twice.close();
        },
      );
      fc.assert(property, { numRuns: 60, seed: 1 });
    });

    it("gives every 20 ms block after the first its 20 ms, and holds back no more than it says", () => {
      for (const [inputRate, outputRate] of [
        [48_000, 16_000],
        [16_000, 48_000],
        [44_100, 16_000],
        [48_000, 44_100],
        [22_050, 16_000],
      ] as const) {
        if (latency === "batch") continue;
        const resampler = create({ inputRate, outputRate, channels: 1, quality: "high", latency });
        expect(resampler.latencyUs).toBeLessThanOrEqual(20_000);
        const input = noise(inputRate / 50);
        for (let block = 0; block < 20; block++) {
          const frames = resampler.outputFrames(input.length);
          if (block > 0) expect(frames).toBe(outputRate / 50);
          else expect(frames).toBeGreaterThanOrEqual(((20_000 - resampler.latencyUs) * outputRate) / 1e6 - 1);
          resampler.process(input, input.length, new Float32Array(frames));
        }
      }
    });
  });
});
