import { canonical } from "./parts/canonical";
import { fourier } from "./parts/fourier";

/** One kind of conversion, written by src/resample/wasm.ts in this order. */
@unmanaged
class Plan {
  inputLength: usize;
  outputLength: usize;
  /** Output samples of a block that are free of the circle's wrap. */
  hopOut: usize;
  /** Bytes from a block to the next, and bytes that a block reads before its hop. */
  hopBytes: usize;
  leadBytes: usize;
  /** Vectors of weights for bins from 0 up, and behind them as many for the bins up to −1. */
  weightVectors: usize;
  weights: usize;
  /** Radices but for the first, as u32, and twiddles as f32. */
  forward: usize;
  forwardTwiddles: usize;
  inverse: usize;
  inverseTwiddles: usize;
  /** Two buffers of as many complex values as the longer transform has. */
  buffer: usize;
  other: usize;
}

/** Overlap-save by unequal transforms: see `Transform` in src/resample/plan.ts. One block is the real part and the next the imaginary. */
export function resamplePair(plan: Plan, source: usize, target: usize): void {
  const buffer = plan.buffer;
  const other = plan.other;
  const inputBytes = plan.inputLength << 2;
  loadBlock(plan, source, buffer);
  loadBlock(plan, source + plan.hopBytes, buffer + inputBytes);
  const spectrum = fourier(plan.forward, plan.forwardTwiddles, plan.inputLength, buffer, buffer + inputBytes, buffer, other);
  const moved = spectrum == buffer ? other : buffer;
  const outputBytes = plan.outputLength << 2;
  moveSpectrum(plan, spectrum, moved);
  // A forward transform with real and imaginary parts exchanged, before and after, is an inverse one.
  const result = fourier(plan.inverse, plan.inverseTwiddles, plan.outputLength, moved + outputBytes, moved, moved, spectrum);
  storeBlock(result + 16, target, plan.hopOut);
  storeBlock(result, target + (plan.hopOut << 2), plan.hopOut);
}

/** Turns a block so that the first sample of its hop comes first and its lead last. */
function loadBlock(plan: Plan, source: usize, target: usize): void {
  const lead = plan.leadBytes;
  const ahead = (plan.inputLength << 2) - lead;
  memory.copy(target, source + lead, ahead);
  memory.copy(target + ahead, source, lead);
}

/**
 * Weights the bins around 0 and moves them into a planar spectrum of the other length; bins beyond its middle fold onto their aliases.
 * Weights are padded with zeros to whole vectors.
 */
function moveSpectrum(plan: Plan, from: usize, to: usize): void {
  const bytes = plan.weightVectors << 4;
  const plane = plan.outputLength << 2;
  const weights = plan.weights;
  for (let place: usize = 0; place < bytes; place += 16) {
    const weight = v128.load(weights + place);
    v128.store(to + place, f32x4.mul(weight, v128.load(from + 2 * place)));
    v128.store(to + plane + place, f32x4.mul(weight, v128.load(from + 2 * place, 16)));
  }
  const negative = plane - bytes;
  if (negative > bytes) {
    memory.fill(to + bytes, 0, negative - bytes);
    memory.fill(to + plane + bytes, 0, negative - bytes);
  }
  const source = from + (plan.inputLength << 3) - 2 * plane;
  for (let place = negative; place < plane; place += 16) {
    const weight = v128.load(weights + bytes + place - negative);
    let re = f32x4.mul(weight, v128.load(source + 2 * place));
    let im = f32x4.mul(weight, v128.load(source + 2 * place, 16));
    if (place < bytes) {
      re = f32x4.add(re, v128.load(to + place));
      im = f32x4.add(im, v128.load(to + plane + place));
    }
    v128.store(to + place, re);
    v128.store(to + plane + place, im);
  }
}

/** Writes whole vectors, so up to three samples more. */
function storeBlock(from: usize, target: usize, count: usize): void {
  for (const end = target + (count << 2); target < end; target += 16, from += 32) v128.store(target, canonical(v128.load(from)));
}

const taps: usize = 16;

/**
 * Reads `count` samples from between those at `source`: see interpolation-table.ts. Sample i lies (remainder + i·numerator) / denominator behind
 * the eighth; the table has a row of `taps` for each of `phases` places.
 */
export function interpolate(source: usize, target: usize, count: usize, remainder: u32, numerator: u32, denominator: u32, table: usize, phases: f64): void {
  const whole = numerator / denominator;
  const part = numerator % denominator;
  const scale = phases / <f64>denominator;
  for (const end = target + (count << 2); target < end; target += 4) {
    const phase = <f64>remainder * scale;
    const row = <usize>phase;
    const fraction = f32x4.splat(<f32>(phase - <f64>row));
    const place = table + row * (taps * 4);
    const a = f32x4.add(term(source, place, fraction), term(source + 16, place + 16, fraction));
    const b = f32x4.add(term(source + 32, place + 32, fraction), term(source + 48, place + 48, fraction));
    const sum = f32x4.add(a, b);
    const halves = f32x4.add(sum, v128.shuffle<f64>(sum, sum, 1, 0));
    const result = f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
    store<f32>(target, result == result ? result : f32.NaN);
    remainder += part;
    source += whole << 2;
    if (remainder >= denominator) {
      remainder -= denominator;
      source += 4;
    }
  }
}

// @ts-ignore: decorator
@inline
function term(source: usize, place: usize, fraction: v128): v128 {
  const here = v128.load(place);
  const next = v128.load(place, taps * 4);
  return f32x4.mul(v128.load(source), f32x4.add(here, f32x4.mul(fraction, f32x4.sub(next, here))));
}
