import type { Kernels } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { loadKernels } from "../src/index.ts";
import { noise } from "./random.ts";

const { wasm, js } = await loadKernels();
const runtimes: readonly (readonly [string, Kernels])[] = [
  ["plain TypeScript", js],
  ...(wasm === undefined ? [] : [["SIMD", wasm] as const]),
];

describe.each(runtimes)("a dense layer in %s", (_, kernels) => {
  it("multiplies columns with its matrix and adds its bias, also where columns overlap", () => {
    const dense = kernels.createDense({ matrix: Float32Array.of(1, 2, 3, 4, 5, 6), bias: Float32Array.of(10, 20) });
    const output = new Float32Array(5).fill(-1);
    dense.multiply(Float32Array.of(1, 0, 1, 2), 1, 2, output);
    dense.close();
    expect([...output]).toEqual([14, 30, 18, 37, -1]);
  });

  it("agrees with the sum in f64 within −120 dB, whatever its size", () => {
    for (const [rows, length, stride, count] of [
      [1, 1, 1, 1],
      [3, 7, 9, 5],
      [258, 256, 128, 4],
      [64, 384, 384, 2],
      [512, 128, 128, 1],
      [5, 387, 390, 9],
    ] as const) {
      const [matrix, bias, columns] = [noise(rows * length), noise(rows), noise((count - 1) * stride + length)];
      const dense = kernels.createDense({ matrix, bias });
      const output = new Float32Array(rows * count);
      for (let twice = 0; twice < 2; twice++) dense.multiply(columns, stride, count, output);
      dense.close();
      let worst = 0;
      for (let column = 0; column < count; column++) {
        for (let row = 0; row < rows; row++) {
          let sum = bias[row] as number;
          for (let i = 0; i < length; i++) sum += (matrix[row * length + i] as number) * (columns[column * stride + i] as number);
          worst = Math.max(worst, Math.abs(sum - (output[column * rows + row] as number)) / Math.sqrt(length));
        }
      }
      expect(worst).toBeLessThan(1e-6);
    }
  });

  it("refuses what is no matrix", () => {
    expect(() => kernels.createDense({ matrix: new Float32Array(5), bias: new Float32Array(2) })).toThrow(RangeError);
    expect(() => kernels.createDense({ matrix: new Float32Array(0), bias: new Float32Array(0) })).toThrow(RangeError);
  });
});
