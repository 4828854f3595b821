import { powerOfTwo, roundToInteger } from "./float64-bits.ts";
import { polynomial } from "./polynomial.ts";

/*
 * Method: Cody and Waite (1980), chapter 6. x = k·ln 2 + r with |r| ≤ ln 2 / 2, eˣ = 2ᵏ·eʳ. ln 2 is cut into a part of 32 bits, whose product
 * with k (11 bits) is exact, and the rest. eʳ is a Taylor polynomial; the first term left out is r¹⁴/14! < 5e-18.
 */
const oneOverLn2 = 1.4426950408889634;
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** 1/13!, 1/12!, … 1/2!: powers of r after 1 + r. */
const coefficients = [
  1 / 6_227_020_800,
  1 / 479_001_600,
  1 / 39_916_800,
  1 / 3_628_800,
  1 / 362_880,
  1 / 40_320,
  1 / 5_040,
  1 / 720,
  1 / 120,
  1 / 24,
  1 / 6,
  1 / 2,
];

/** eˣ, the same bits on every engine; relative error below 1e-15 where the result is a normal number. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  const k = roundToInteger(x * oneOverLn2);
  const r = x - k * ln2High - k * ln2Low;
  const value = 1 + (r + r * r * polynomial(r, coefficients));
  // In two steps: 2ᵏ alone may lie outside the normal numbers, and only the last product may round.
  const half = k >> 1;
  return value * powerOfTwo(half) * powerOfTwo(k - half);
}
