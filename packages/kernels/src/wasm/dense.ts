import type { Dense, DenseOptions } from "@remotemedia/core";
import { checkDense } from "../check-dense.ts";
import type { LinearMemory } from "./linear-memory.ts";

/** What assembly/dense.ts exports. */
interface DenseExports {
  multiply(
    matrix: number,
    bias: number,
    rows: number,
    length: number,
    columns: number,
    stride: number,
    count: number,
    output: number,
  ): void;
}

/** A layer in SIMD WebAssembly; its weights stay in linear memory until it is closed. */
export function createWasmDense(memory: LinearMemory, options: DenseOptions): Dense {
  const { matrix, bias } = checkDense(options);
  const kernels = memory.exports as unknown as DenseExports;
  const rows = bias.length;
  const length = matrix.length / rows;
  const weights = memory.alloc(4 * (matrix.length + rows));
  memory.f32(weights, matrix.length).set(matrix);
  memory.f32(weights + 4 * matrix.length, rows).set(bias);
  let scratch = 0;
  let capacity = 0;
  return {
    multiply(columns, stride, count, output) {
      const read = (count - 1) * stride + length;
      if (read + count * rows > capacity) {
        if (capacity > 0) memory.free(scratch);
        capacity = read + count * rows;
        scratch = memory.alloc(4 * capacity);
      }
      const results = scratch + 4 * read;
      const { floats } = memory;
      for (let i = 0, at = scratch >> 2; i < read; i++) floats[at + i] = columns[i] as number;
      kernels.multiply(weights, weights + 4 * matrix.length, rows, length, scratch, stride, count, results);
      for (let i = 0, at = results >> 2; i < count * rows; i++) output[i] = floats[at + i] as number;
    },
    close() {
      memory.free(weights);
      if (capacity > 0) memory.free(scratch);
      capacity = 0;
    },
  };
}
