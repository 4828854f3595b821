import type { Resampler, ResamplerOptions } from "@remotemedia/core";
import { canonical } from "../canonical.ts";
import { createCopy } from "./copy.ts";
import { interpolationPhases, interpolationTable, interpolationTaps } from "./interpolation-table.ts";
import { planResampling, type ResamplePlan, type Transform } from "./plan.ts";
import { type Buffers, type Complex, createComplex, fourier } from "./reference-fourier.ts";
import { createStream, type ResampleEngine } from "./stream.ts";

/** A resampler in plain TypeScript: what the SIMD one is tested against, and what runs where there is no SIMD. */
export function createReferenceResampler(options: ResamplerOptions): Resampler {
  if (options.inputRate === options.outputRate) return createCopy(options.channels);
  const plan = planResampling(options);
  return createStream(plan, options.channels, options.inputRate, createEngine(plan));
}

function createEngine({ transform, interpolation }: ResamplePlan): ResampleEngine {
  const { forward, inverse } = transform;
  const length = Math.max(forward.length, inverse.length);
  const buffers: Buffers = [createComplex(length), createComplex(length)];
  const table = interpolation && interpolationTable();
  let floats = new Float32Array(0);
  return {
    get floats() {
      return floats;
    },
    allocate(count) {
      const place = floats.length;
      const grown = new Float32Array(place + count);
      grown.set(floats);
      floats = grown;
      return place;
    },
    transform(source, target) {
      loadPair(floats, source, transform, buffers[0]);
      fourier(forward, buffers);
      moveSpectrum(transform, buffers);
      fourier(inverse, buffers);
      storePair(buffers[0], transform.hopOut, floats, target);
    },
    interpolate(source, remainder, target, count) {
      if (!interpolation || !table) return;
      const { stepNumerator, stepDenominator } = interpolation;
      let numerator = remainder;
      let place = source - (interpolationTaps / 2 - 1);
      for (let i = 0; i < count; i++) {
        floats[target + i] = interpolateAt(floats, place, table, (numerator * interpolationPhases) / stepDenominator);
        numerator += stepNumerator;
        const whole = Math.floor(numerator / stepDenominator);
        place += whole;
        numerator -= whole * stepDenominator;
      }
    },
    close() {
      floats = new Float32Array(0);
    },
  };
}

function interpolateAt(floats: Float32Array, place: number, table: Float32Array, phase: number): number {
  const row = Math.floor(phase);
  const fraction = phase - row;
  let coefficient = row * interpolationTaps;
  let sum = 0;
  for (let tap = 0; tap < interpolationTaps; tap++, coefficient++) {
    const here = table[coefficient] as number;
    const next = table[coefficient + interpolationTaps] as number;
    sum += (floats[place + tap] as number) * (here + fraction * (next - here));
  }
  return canonical(sum);
}

/** One block as real and the next as imaginary part, turned so that the first sample of the hop is at 0 and the lead at the end. */
function loadPair(floats: Float32Array, source: number, { forward, hopIn, lead }: Transform, { re, im }: Complex): void {
  const ahead = forward.length - lead;
  for (let i = 0; i < forward.length; i++) {
    const place = source + (i < ahead ? i + lead : i - ahead);
    re[i] = floats[place] as number;
    im[i] = floats[place + hopIn] as number;
  }
}

function storePair({ re, im }: Complex, hopOut: number, floats: Float32Array, target: number): void {
  // Exchanged back: see moveSpectrum.
  for (let i = 0; i < hopOut; i++) {
    floats[target + i] = canonical(im[i] as number);
    floats[target + hopOut + i] = canonical(re[i] as number);
  }
}

/**
 * Weights the bins around 0 and moves them into a spectrum of the other length; bins beyond its middle fold onto their aliases.
 * Real and imaginary parts change places, which makes the next forward transform an inverse one.
 */
function moveSpectrum({ forward, inverse, weights }: Transform, buffers: Buffers): void {
  const [from, to] = buffers;
  to.re.fill(0, 0, inverse.length);
  to.im.fill(0, 0, inverse.length);
  for (let bin = 1 - weights.length; bin < weights.length; bin++) {
    const source = bin < 0 ? forward.length + bin : bin;
    const target = bin < 0 ? inverse.length + bin : bin;
    const weight = weights[Math.abs(bin)] as number;
    to.re[target] = (to.re[target] as number) + weight * (from.im[source] as number);
    to.im[target] = (to.im[target] as number) + weight * (from.re[source] as number);
  }
  buffers.reverse();
}
