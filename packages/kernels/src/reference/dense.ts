import type { Dense, DenseOptions } from "@remotemedia/core";
import { checkDense } from "../check-dense.ts";

/** A layer in plain TypeScript; its sums are f64. */
export function createReferenceDense(options: DenseOptions): Dense {
  const { matrix, bias } = checkDense(options);
  const rows = bias.length;
  const length = matrix.length / rows;
  return {
    multiply(columns, stride, count, output) {
      for (let column = 0; column < count; column++) {
        for (let row = 0; row < rows; row++) {
          let sum = bias[row] as number;
          for (let i = 0; i < length; i++) sum += (matrix[row * length + i] as number) * (columns[column * stride + i] as number);
          output[column * rows + row] = sum;
        }
      }
    },
    close() {},
  };
}
