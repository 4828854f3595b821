import { roundToInteger } from "./float64-bits.ts";
import { polynomial } from "./polynomial.ts";

/*
 * Method: W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (1980), chapter 8. x = n·π/2 + r with |r| ≤ π/4, and the quadrant n mod 4
 * chooses ±sin r or ±cos r, each a Taylor polynomial.
 *
 * π/2 is cut into three parts. The first two have at most 33 significant bits, so their products with n < 2²⁰ are exact and the
 * subtractions lose nothing when x lies close to a multiple of π/2; the third brings the error of π/2 down to 2⁻¹²¹.
 *
 * The first term left out is r¹⁹/19! < 1e-19 for sin and r¹⁸/18! < 3e-18 for cos, far below the rounding of the sum. Taylor rather than
 * minimax: one term more, and coefficients that anybody can check.
 */
const twoOverPi = 0.6366197723675814;
const halfPi1 = 1.5707963267341256;
const halfPi2 = 6.077100506303966e-11;
const halfPi3 = 2.0222662487959506e-21;

/** Beyond this the parts of n·π/2 are no longer exact. */
const largestExact = 1_000_000;
const twoPi = 6.283185307179586;

/** 1/17!, -1/15!, … -1/3!: powers of r² after the leading r. */
const sinCoefficients = [
  1 / 355_687_428_096_000,
  -1 / 1_307_674_368_000,
  1 / 6_227_020_800,
  -1 / 39_916_800,
  1 / 362_880,
  -1 / 5_040,
  1 / 120,
  -1 / 6,
];

/** 1/16!, -1/14!, … 1/4!: powers of r² after 1 - r²/2. */
const cosCoefficients = [1 / 20_922_789_888_000, -1 / 87_178_291_200, 1 / 479_001_600, -1 / 3_628_800, 1 / 40_320, -1 / 720, 1 / 24];

/**
 * Sine of `x` radians, the same bits on every engine. Error below 1e-15 for |x| up to 1e6; beyond, that of `x % 2π`, about |x| × 4e-17. NaN for
 * infinities.
 */
export function sin(x: number): number {
  return sinOfQuadrant(x, 0);
}

/** Cosine of `x` radians: as {@link sin}. */
export function cos(x: number): number {
  return sinOfQuadrant(x, 1);
}

/** sin(x + quadrant·π/2) */
function sinOfQuadrant(x: number, quadrant: number): number {
  // `%` is exact in IEEE 754 and so in ECMAScript; it gives NaN for infinities.
  const near = x > largestExact || x < -largestExact ? x % twoPi : x;
  if (Number.isNaN(near)) return Number.NaN;
  const n = roundToInteger(near * twoOverPi);
  const r = near - n * halfPi1 - n * halfPi2 - n * halfPi3;
  const turns = (n + quadrant) & 3;
  const value = (turns & 1) === 0 ? sinNear(r) : cosNear(r);
  return turns < 2 ? value : -value;
}

/** |r| ≤ π/4. Below 2⁻²⁷ the cube is lost in rounding; returning `r` also keeps the sign of -0. */
function sinNear(r: number): number {
  if (r < 7.450580596923828e-9 && r > -7.450580596923828e-9) return r;
  const z = r * r;
  return r + r * z * polynomial(z, sinCoefficients);
}

/** |r| ≤ π/4. */
function cosNear(r: number): number {
  const z = r * r;
  return 1 - (0.5 * z - z * z * polynomial(z, cosCoefficients));
}
