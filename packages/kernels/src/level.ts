import { canonical } from "./canonical.ts";
import { checkLength } from "./formats.ts";

/** Writes `[Σx², max |x|]` of at most {@link levelBlock} samples into `result`. */
export type Measure = (data: Float32Array, offset: number, count: number, result: Float64Array) => void;

/** Samples that are summed at a time, 64 KiB. Part of the result: float64 sums depend on the grouping in their last bits. */
export const levelBlock = 16_384;

const block = new Float64Array(2);

/** `Kernels.level` on top of a runtime's `measure`; the grouping is the same in all of them, and so are the bits. */
export function level(measure: Measure, data: Float32Array, offset: number, count: number, result: Float64Array): void {
  checkLength(data, offset + count);
  let sum = 0;
  let peak = 0;
  for (let done = 0; done < count; done += levelBlock) {
    measure(data, offset + done, Math.min(levelBlock, count - done), block);
    sum += block[0] as number;
    peak = Math.max(peak, block[1] as number);
  }
  result[0] = canonical(count > 0 ? Math.sqrt(sum / count) : 0);
  result[1] = canonical(peak);
}
