import type { Kernels, SampleArray, SampleFormat } from "@remotemedia/core";
import { beforeAll, describe, expect, it } from "vitest";
import { referenceKernels as js, loadKernels } from "../src/index.ts";
import { firstDifference, newArray, noise, randomInteger, randomSamples } from "./random.ts";

const names: readonly SampleFormat[] = ["f32-planar", "f32", "s16", "s16-planar", "s32"];
let wasm: Kernels;

beforeAll(async () => {
  const loaded = await loadKernels();
  if (!loaded.wasm) throw new Error("this engine has no SIMD WebAssembly");
  wasm = loaded.wasm;
});

/** Frame counts around vector and block boundaries, some that need several blocks, and random ones. */
const counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 160, 441, 960, 16_383, 16_384, 16_385, 40_001];
const anyCount = (): number => counts[randomInteger(counts.length)] ?? 0;

describe("the SIMD kernels give the same bits as the reference", () => {
  for (const from of names) {
    for (const to of names) {
      it(`when they convert ${from} to ${to}`, () => {
        for (let channels = 1; channels <= 8; channels++) {
          for (let round = 0; round < 3; round++) expectSameConversion(from, to, channels, anyCount());
        }
      });
    }
  }

  function expectSameConversion(from: SampleFormat, to: SampleFormat, channels: number, frames: number): void {
    const input = randomSamples(from, channels * frames);
    const expected = filled(to, channels * frames + 3);
    const actual = filled(to, channels * frames + 3);
    js.convert(input, from, expected, to, channels, frames);
    wasm.convert(input, from, actual, to, channels, frames);
    expect(firstDifference(actual, expected)).toBe("nowhere");
  }

  it("when they interleave and deinterleave", () => {
    for (let channels = 1; channels <= 8; channels++) {
      const frames = anyCount();
      const input = randomSamples("f32", channels * frames);
      for (const name of ["interleave", "deinterleave"] as const) {
        const expected = new Float32Array(channels * frames);
        const actual = new Float32Array(channels * frames);
        js[name](input as Float32Array, expected, channels, frames);
        wasm[name](input as Float32Array, actual, channels, frames);
        expect(firstDifference(actual, expected)).toBe("nowhere");
      }
    }
  });

  it("when they remix", () => {
    for (let round = 0; round < 60; round++) {
      const inputs = 1 + randomInteger(8);
      const outputs = 1 + randomInteger(8);
      const frames = anyCount();
      const input = randomSamples("f32", inputs * frames) as Float32Array;
      const matrix = noise(inputs * outputs).map((x) => (Math.abs(x) < 0.4 ? 0 : x));
      const expected = new Float32Array(outputs * frames);
      const actual = new Float32Array(outputs * frames).fill(7);
      js.remix(input, inputs, expected, outputs, frames, matrix);
      wasm.remix(input, inputs, actual, outputs, frames, matrix);
      expect(firstDifference(actual, expected)).toBe("nowhere");
    }
  });

  it("when they apply a gain, and leave what lies behind the count alone", () => {
    for (const count of counts) {
      const expected = randomSamples("f32", count + 5) as Float32Array;
      const actual = expected.slice();
      js.gain(expected, count, 0.1);
      wasm.gain(actual, count, 0.1);
      expect(firstDifference(actual, expected)).toBe("nowhere");
    }
  });

  it("when they measure levels, at any offset", () => {
    const expected = new Float64Array(2);
    const actual = new Float64Array(2);
    for (const count of counts) {
      const offset = randomInteger(9);
      for (const data of [noise(offset + count), randomSamples("f32", offset + count) as Float32Array]) {
        js.level(data, offset, count, expected);
        wasm.level(data, offset, count, actual);
        expect(firstDifference(actual, expected)).toBe("nowhere");
      }
    }
  });

  it("when they detect voice, in whatever pieces the samples come", () => {
    for (const frameLength of [1, 13, 160, 480, 16_384]) {
      const options = { frameLength, threshold: 0.01, floorRatio: 1.5 };
      const length = frameLength * 150 > 1e6 ? frameLength * 8 + 5 : frameLength * 150 + 5;
      const samples = noise(length).map((x, index) => x * (1 + (Math.floor(index / frameLength / 7) % 3)) * 0.1);
      const whole = detect(js, options, samples, () => length);
      expect(whole.decisions.length).toBe(Math.floor(length / frameLength));
      expect(detect(wasm, options, samples, () => length)).toEqual(whole);
      expect(detect(js, options, samples, () => 1 + randomInteger(2 * frameLength))).toEqual(whole);
      expect(detect(wasm, options, samples, () => 1 + randomInteger(2 * frameLength))).toEqual(whole);
    }
  });

  it("when arrays are views into larger buffers", () => {
    const buffer = new Float32Array(5000).fill(9);
    const view = buffer.subarray(1001, 2001);
    view.set(noise(1000));
    const copy = view.slice();
    wasm.gain(view, 1000, 3);
    js.gain(copy, 1000, 3);
    expect(firstDifference(view, copy)).toBe("nowhere");
    expect([buffer[1000], buffer[2001]]).toEqual([9, 9]);
  });

  it("after the memory of the thread has grown", async () => {
    const { instantiate } = await import("../src/wasm/linear-memory.ts");
    const { createWasmKernels } = await import("../src/wasm/kernels.ts");
    const memory = await instantiate();
    if (!memory) throw new Error("no SIMD");
    const kernels = createWasmKernels(memory);
    const data = new Float32Array(100).fill(0.5);
    kernels.gain(data, 100, 2);
    memory.alloc(4 * 2 ** 20);
    kernels.gain(data, 100, 0.25);
    expect(data).toEqual(new Float32Array(100).fill(0.25));
  });
});

describe("both runtimes", () => {
  it("refuse arrays that are too short or of another type", () => {
    for (const kernels of [js, wasm]) {
      const planar = new Float32Array(8);
      expect(() => kernels.convert(planar, "f32-planar", new Int16Array(7), "s16", 2, 4)).toThrow("at least 8 samples, got 7");
      expect(() => kernels.convert(planar, "s16", planar, "f32", 2, 4)).toThrow("Int16Array, got Float32Array");
      expect(() => kernels.gain(planar, 9, 1)).toThrow(RangeError);
      expect(() => kernels.level(planar, 5, 4, new Float64Array(2))).toThrow(RangeError);
      expect(() => kernels.remix(planar, 2, planar, 2, 4, new Float32Array(3))).toThrow(RangeError);
      expect(() => kernels.createEnergyVad({ frameLength: 0, threshold: 0, floorRatio: 0 })).toThrow(RangeError);
    }
  });

  it("warm up", () => {
    for (const kernels of [js, wasm]) kernels.warmUp();
  });
});

function filled(format: SampleFormat, count: number): SampleArray {
  return newArray(format, count).fill(77);
}

function detect(kernels: Kernels, options: Parameters<Kernels["createEnergyVad"]>[0], samples: Float32Array, nextPiece: () => number) {
  const vad = kernels.createEnergyVad(options);
  const decisions: number[] = [];
  const levels: number[] = [];
  for (let at = 0, count = 0; at < samples.length; at += count) {
    count = Math.min(nextPiece(), samples.length - at);
    const room = Math.ceil(count / options.frameLength);
    const frameDecisions = new Uint8Array(room);
    const frameLevels = new Float32Array(room);
    const frames = vad.process(samples.subarray(at), count, frameDecisions, frameLevels);
    decisions.push(...frameDecisions.subarray(0, frames));
    levels.push(...frameLevels.subarray(0, frames));
  }
  return { decisions, levels, floor: vad.floor };
}
