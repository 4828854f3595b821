let peak: f32 = 0;

/** Stores Σx² and max |x| of `count` samples as two f64 at `result`. */
export function measure(source: usize, count: i32, result: usize): void {
  const sum = sumSquares(source, count, true);
  f64.store(result, sum);
  // The comparisons behind `peak` pass over NaN; the sum does not, and nothing else makes it NaN.
  f64.store(result, sum == sum ? <f64>peak : f64.NaN, 8);
}

/** Stores Σx² of `frames` consecutive analysis frames as f64 at `sums`. */
export function frameEnergies(source: usize, frameLength: i32, frames: i32, sums: usize): void {
  for (let frame = 0; frame < frames; frame++) {
    f64.store(sums + ((<usize>frame) << 3), sumSquares(source + ((<usize>(frame * frameLength)) << 2), frameLength, false));
  }
}

/**
 * Gives Σx² and, with `withPeak`, leaves max |x| in `peak`. The order of every step is that of `src/reference/level.ts`, so that the bits agree. Inlined, so
 * that each of its two callers gets the loop that it needs.
 */
// @ts-ignore: decorator
@inline
function sumSquares(source: usize, count: i32, withPeak: bool): f64 {
  let even = f64x2.splat(0);
  let odd = f64x2.splat(0);
  let peaks = f32x4.splat(0);
  const magnitude = i32x4.splat(0x7fffffff);
  const end = source + ((<usize>count) << 2);
  const grouped = source + ((<usize>(count & ~15)) << 2);
  let at = source;
  for (; at < grouped; at += 64) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const squares = f32x4.add(f32x4.add(f32x4.mul(a, a), f32x4.mul(b, b)), f32x4.add(f32x4.mul(c, c), f32x4.mul(d, d)));
    even = f64x2.add(even, f64x2.promote_low_f32x4(squares));
    odd = f64x2.add(odd, f64x2.promote_low_f32x4(v128.shuffle<f32>(squares, squares, 2, 3, 0, 1)));
    if (withPeak) {
      // As a tree, so that only one step in each turn waits for the turn before.
      const groupPeaks = f32x4.pmax(f32x4.pmax(v128.and(a, magnitude), v128.and(b, magnitude)), f32x4.pmax(v128.and(c, magnitude), v128.and(d, magnitude)));
      peaks = f32x4.pmax(peaks, groupPeaks);
    }
  }
  const pairs = f64x2.add(even, odd);
  let sum = f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
  if (withPeak) peak = largest(peaks);
  for (; at < end; at += 4) {
    const x = f32.load(at);
    sum += <f64>(x * x);
    if (withPeak) peak = max(peak, abs(x));
  }
  return sum;
}

function largest(x: v128): f32 {
  const pairs = f32x4.pmax(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}
