import type { ResampleQuality } from "@remotemedia/core";
import { cos, sin } from "../math/sin-cos.ts";

/**
 * The anti-alias low-pass of one quality: a Kaiser-windowed sinc (J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh
 * window function", 1974). Its transition band is the same curve for every rate once the frequency is measured in units of 1/length.
 */
export interface LowPass {
  /** Length of the impulse response in s. */
  readonly length: number;
  /** Hz from which the response is 0: it has fallen below the stop-band level. */
  readonly end: number;
  /** Response at a frequency in Hz; 1 at 0. */
  response(frequency: number): number;
}

interface LowPassShape {
  /** End of the pass band (−0.1 dB) and start of the stop band, in units of half the lower rate. */
  readonly pass: number;
  readonly stop: number;
  /** Kaiser's β, by his formula from the stop-band level. */
  readonly beta: number;
  /** Distances from the middle of the transition (−6 dB) to the −0.1 dB point and to the stop band, in units of 1/length. */
  readonly toPass: number;
  readonly toStop: number;
}

// Levels −126, −100 and −70 dB. Because only 0.1 dB is asked of the edge of the pass band, the middle lies nearer to it than to the stop
// band; that makes the filter a fifth shorter than one that is as good as its stop band on both sides.
const shapes: Record<ResampleQuality, LowPassShape> = {
  high: { pass: 0.925, stop: 1.05, beta: 12.926, toPass: 2.54, toStop: 4.12 },
  fast: { pass: 0.85, stop: 1.125, beta: 10.061, toPass: 2.21, toStop: 3.21 },
  draft: { pass: 0.75, stop: 1.25, beta: 6.755, toPass: 1.75, toStop: 2.16 },
};

const sideLobes = 1.5;

/** The low-pass that conversions whose lower rate is `lowerRate` Hz need. */
export function designLowPass(quality: ResampleQuality, lowerRate: number): LowPass {
  const { pass, stop, beta, toPass, toStop } = shapes[quality];
  const length = (toPass + toStop) / (((stop - pass) * lowerRate) / 2);
  const cutoff = (stop * lowerRate) / 2 - toStop / length;
  const transition = createTransition(beta);
  return {
    length,
    end: cutoff + (toStop + sideLobes) / length,
    response: (frequency) => {
      const distance = (cutoff - frequency) * length;
      return Math.abs(distance) < toStop + sideLobes ? transition(distance) : Number(distance > 0);
    },
  };
}

/** Terms of I0's series: for every β below 16 the next would be under 1e-17 of the sum. */
const seriesLength = 32;

/**
 * Kaiser's window by the power series of I0, as a polynomial: `t` from −1 to 1, 1 at 0.
 * With I0(x) = Σ (x/2)²ᵏ/k!², the square root in its argument cancels.
 */
export function createKaiserWindow(beta: number): (t: number) => number {
  const coefficients = [1];
  for (let k = 1; k < seriesLength; k++) coefficients.push(((coefficients[k - 1] as number) * beta * beta) / (4 * k * k));
  const evaluate = (z: number): number => {
    let sum = 0;
    for (let k = seriesLength - 1; k >= 0; k--) sum = sum * z + (coefficients[k] as number);
    return sum;
  };
  const peak = evaluate(1);
  return (t) => evaluate(1 - t * t) / peak;
}

/** Points of the midpoint rule; the integrand is smooth and the rule then errs less than the stop band. */
const points = 20;

/** Response of a windowed sinc of length 1 whose cutoff lies far from 0, as a function of the distance below the cutoff. */
function createTransition(beta: number): (distance: number) => number {
  const window = createKaiserWindow(beta);
  const weights = new Float64Array(points);
  for (let i = 0; i < points; i++) weights[i] = window((i + 0.5) / points) / (Math.PI * (i + 0.5));
  return (distance) => {
    // sin((i + ½)·angle) by Chebyshev's recurrence.
    const angle = (Math.PI * distance) / points;
    const twiceCos = 2 * cos(angle);
    let current = sin(angle / 2);
    let previous = -current;
    let sum = 0.5;
    for (let i = 0; i < points; i++) {
      sum += (weights[i] as number) * current;
      const next = twiceCos * current - previous;
      previous = current;
      current = next;
    }
    return sum;
  };
}
