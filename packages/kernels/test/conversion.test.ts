import type { Kernels } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { loadKernels } from "../src/index.ts";

const { wasm, js } = await loadKernels();
const runtimes: [string, Kernels][] = [["js", js]];
if (wasm) runtimes.push(["wasm", wasm]);

describe.each(runtimes)("the %s kernels", (_name, kernels) => {
  const toS16 = (...samples: number[]): number[] => {
    const output = new Int16Array(samples.length);
    kernels.convert(Float32Array.from(samples), "f32-planar", output, "s16", 1, samples.length);
    return [...output];
  };
  const toS32 = (...samples: number[]): number[] => {
    const output = new Int32Array(samples.length);
    kernels.convert(Float32Array.from(samples), "f32-planar", output, "s32", 1, samples.length);
    return [...output];
  };

  it("clamp full scale and beyond instead of wrapping around", () => {
    expect(toS16(1, -1, 1.5, -1.5, Infinity, -Infinity, 3e38)).toEqual([32_767, -32_768, 32_767, -32_768, 32_767, -32_768, 32_767]);
    expect(toS32(1, -1, Infinity, -Infinity)).toEqual([2_147_483_647, -2_147_483_648, 2_147_483_647, -2_147_483_648]);
  });

  it("round ties to the even neighbor", () => {
    const ties = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 32_766.5, -32_767.5].map((x) => x / 32_768);
    expect(toS16(...ties)).toEqual([0, 2, 2, 0, -2, -2, 32_766, -32_768]);
    expect(toS32(0.5 / 2 ** 31, 1.5 / 2 ** 31, -2.5 / 2 ** 31)).toEqual([0, 2, -2]);
  });

  it("write NaN and denormals as 0 in integers", () => {
    expect(toS16(Number.NaN, 2 ** -149, 0.25)).toEqual([0, 0, 8192]);
    expect(toS32(Number.NaN, 2 ** -149, 0.25)).toEqual([0, 0, 536_870_912]);
  });

  it("bring every s16 value back through f32 and through s32", () => {
    const all = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    const back = new Int16Array(65_536);
    const floats = new Float32Array(65_536);
    kernels.convert(all, "s16", floats, "f32-planar", 2, 32_768);
    expect(floats[0]).toBe(-1);
    kernels.convert(floats, "f32-planar", back, "s16", 2, 32_768);
    expect(back.every((value, index) => value === all[index])).toBe(true);
    const wide = new Int32Array(65_536);
    kernels.convert(all, "s16", wide, "s32", 2, 32_768);
    expect(wide[1]).toBe(-32_767 * 65_536);
    kernels.convert(wide, "s32", back.fill(0), "s16", 2, 32_768);
    expect(back.every((value, index) => value === all[index])).toBe(true);
  });

  it("copy s32 to s32 with all 32 bits", () => {
    const output = new Int32Array(3);
    kernels.convert(Int32Array.of(2_147_483_647, 1, -123_456_789), "s32", output, "s32", 3, 1);
    expect([...output]).toEqual([2_147_483_647, 1, -123_456_789]);
  });

  it("take the channels of interleaved samples apart, and put them together again", () => {
    const planes = new Float32Array(6);
    kernels.convert(Int16Array.of(0, 16_384, 8192, -16_384, -8192, 0), "s16", planes, "f32-planar", 2, 3);
    expect([...planes]).toEqual([0, 0.25, -0.25, 0.5, -0.5, 0]);
    const frames = new Float32Array(6);
    kernels.interleave(planes, frames, 2, 3);
    expect([...frames]).toEqual([0, 0.5, 0.25, -0.5, -0.25, 0]);
    const again = new Float32Array(6);
    kernels.deinterleave(frames, again, 2, 3);
    expect(again).toEqual(planes);
  });

  it("write the one canonical NaN, whatever NaN comes in or arises", () => {
    const bits = Uint32Array.of(0xffc12345, 0x7f800001, 0x7f800000, 0x3f800000);
    const input = new Float32Array(bits.buffer);
    const output = new Float32Array(4);
    kernels.convert(input, "f32", output, "f32-planar", 1, 4);
    expect([...new Uint32Array(output.buffer)]).toEqual([0x7fc00000, 0x7fc00000, 0x7f800000, 0x3f800000]);
    kernels.gain(output, 4, 0);
    expect([...new Uint32Array(output.buffer)]).toEqual([0x7fc00000, 0x7fc00000, 0x7fc00000, 0]);
  });

  it("mix stereo to mono, mono to stereo, and leave silence where a row is empty", () => {
    const mono = new Float32Array(3);
    kernels.remix(Float32Array.of(0.5, 1, 0, 0.25, -1, 0.5), 2, mono, 1, 3, Float32Array.of(0.5, 0.5));
    expect([...mono]).toEqual([0.375, 0, 0.25]);
    const stereo = new Float32Array(9).fill(7);
    kernels.remix(mono, 1, stereo, 3, 3, Float32Array.of(1, 1, 0));
    expect([...stereo]).toEqual([...mono, ...mono, 0, 0, 0]);
  });

  it("keep an infinity in its own channel", () => {
    const output = new Float32Array(2);
    kernels.remix(Float32Array.of(Infinity, 0.5), 2, output, 2, 1, Float32Array.of(1, 0, 0, 1));
    expect([...output]).toEqual([Infinity, 0.5]);
  });

  it("measure RMS and peak", () => {
    const result = new Float64Array(2);
    const sine = Float32Array.from({ length: 48_000 }, (_, index) => 0.5 * Math.sin((2 * Math.PI * 440 * index) / 48_000));
    kernels.level(sine, 0, 48_000, result);
    expect(result[0]).toBeCloseTo(0.5 / Math.SQRT2, 6);
    expect(result[1]).toBeCloseTo(0.5, 5);
    kernels.level(Float32Array.of(9, -0.5, 0.25), 1, 2, result);
    expect([...result]).toEqual([Math.sqrt(0.3125 / 2), 0.5]);
    kernels.level(sine, 0, 0, result);
    expect([...result]).toEqual([0, 0]);
    kernels.level(Float32Array.of(1, Number.NaN, 0), 0, 3, result);
    expect([...result]).toEqual([Number.NaN, Number.NaN]);
  });
});
