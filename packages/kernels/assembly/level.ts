/** Stores Σx² and max |x| of `count` samples as two f64 at `result`. */
export function measure(source: usize, count: i32, result: usize): void {
  const sum = sumSquares(source, count);
  f64.store(result, sum);
  // The comparisons of `peakOf` pass over NaN; the sum does not, and nothing else makes it NaN.
  f64.store(result, sum == sum ? <f64>peakOf(source, count) : f64.NaN, 8);
}

/** Stores Σx² of `frames` consecutive analysis frames as f64 at `sums`. */
export function frameEnergies(source: usize, frameLength: i32, frames: i32, sums: usize): void {
  for (let frame = 0; frame < frames; frame++) {
    f64.store(sums + ((<usize>frame) << 3), sumSquares(source + ((<usize>(frame * frameLength)) << 2), frameLength));
  }
}

/** Eight running sums, then the rest one by one: the order of `src/reference/level.ts`, so that the bits agree. */
function sumSquares(source: usize, count: i32): f64 {
  let s01 = f64x2.splat(0);
  let s23 = f64x2.splat(0);
  let s45 = f64x2.splat(0);
  let s67 = f64x2.splat(0);
  const end = source + ((<usize>count) << 2);
  const grouped = source + ((<usize>(count & ~7)) << 2);
  let at = source;
  for (; at < grouped; at += 32) {
    s01 = f64x2.add(s01, squares(at));
    s23 = f64x2.add(s23, squares(at + 8));
    s45 = f64x2.add(s45, squares(at + 16));
    s67 = f64x2.add(s67, squares(at + 24));
  }
  const pairs = f64x2.add(f64x2.add(s01, s45), f64x2.add(s23, s67));
  let sum = f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
  for (; at < end; at += 4) {
    const x = <f64>f32.load(at);
    sum += x * x;
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function squares(at: usize): v128 {
  const pair = f64x2.promote_low_f32x4(v128.load64_zero(at));
  return f64x2.mul(pair, pair);
}

function peakOf(source: usize, count: i32): f32 {
  let peaks = f32x4.splat(0);
  let more = f32x4.splat(0);
  const end = source + ((<usize>count) << 2);
  const grouped = source + ((<usize>(count & ~7)) << 2);
  let at = source;
  for (; at < grouped; at += 32) {
    peaks = f32x4.pmax(peaks, f32x4.abs(v128.load(at)));
    more = f32x4.pmax(more, f32x4.abs(v128.load(at, 16)));
  }
  peaks = f32x4.pmax(peaks, more);
  peaks = f32x4.pmax(peaks, v128.shuffle<f32>(peaks, peaks, 2, 3, 0, 1));
  let peak = max(f32x4.extract_lane(peaks, 0), f32x4.extract_lane(peaks, 1));
  for (; at < end; at += 4) peak = max(peak, abs(f32.load(at)));
  return peak;
}
