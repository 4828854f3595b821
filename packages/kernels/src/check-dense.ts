import type { DenseOptions } from "@remotemedia/core";

/** @throws `RangeError` when the matrix has no whole rows */
export function checkDense(options: DenseOptions): DenseOptions {
  const { matrix, bias } = options;
  if (bias.length === 0 || matrix.length === 0 || matrix.length % bias.length !== 0)
    throw new RangeError(`${matrix.length} elements are no matrix of ${bias.length} rows`);
  return options;
}
