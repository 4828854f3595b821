import type { FrameEnergies } from "../energy-vad.ts";
import type { Measure } from "../level.ts";

/**
 * Σx² in float64, where a square of an f32 is exact. The samples go to eight running sums in turn and the last few (`count` mod 8) are
 * added at the end, in the order in which the SIMD kernel adds: the result is the same bit for bit.
 */
function sumSquares(data: Float32Array, offset: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  const end = offset + count;
  const grouped = end - (count % 8);
  let at = offset;
  for (; at < grouped; at += 8) {
    s0 += square(data[at] as number);
    s1 += square(data[at + 1] as number);
    s2 += square(data[at + 2] as number);
    s3 += square(data[at + 3] as number);
    s4 += square(data[at + 4] as number);
    s5 += square(data[at + 5] as number);
    s6 += square(data[at + 6] as number);
    s7 += square(data[at + 7] as number);
  }
  let sum = s0 + s4 + (s2 + s6) + (s1 + s5 + (s3 + s7));
  for (; at < end; at++) sum += square(data[at] as number);
  return sum;
}

function square(x: number): number {
  return x * x;
}

/** What `level` needs of one block. */
export const measure: Measure = (data, offset, count, result) => {
  let peak = 0;
  for (let at = offset; at < offset + count; at++) peak = Math.max(peak, Math.abs(data[at] as number));
  result[0] = sumSquares(data, offset, count);
  result[1] = peak;
};

/** What the voice detector needs: Σx² of consecutive analysis frames. */
export const frameEnergies: FrameEnergies = (samples, offset, frameLength, frames, sums) => {
  for (let frame = 0; frame < frames; frame++) sums[frame] = sumSquares(samples, offset + frame * frameLength, frameLength);
};
