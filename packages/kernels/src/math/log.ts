import { highWord, withHighWord } from "./float64-bits.ts";
import { polynomial } from "./polynomial.ts";

/*
 * Method: x = 2ᵉ·(1 + f) with √½ ≤ 1 + f < √2 and s = f / (2 + f), so that log(1 + f) = 2·artanh s = 2s + s·R with R = 2(s²/3 + s⁴/5 + …)
 * (Cody and Waite 1980, chapter 5). Since 2s = f - s·f, it is summed as f - s·(f - R), where the leading term is exact: the form of W. Kahan
 * and K. C. Ng in fdlibm's e_log.c. |s| < 0.1716, the first term left out is 2s²²/23 < 2e-18, relative to 2s.
 */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const sqrt2 = 1.4142135623730951;
const smallestNormal = 2.2250738585072014e-308;

/** R in powers of s², from s²⁰ down to s². */
const coefficients = [2 / 21, 2 / 19, 2 / 17, 2 / 15, 2 / 13, 2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3];

/** Natural logarithm, the same bits on every engine; relative error below 1e-15. -∞ for 0, NaN for negative numbers. */
export function log(x: number): number {
  if (!(x >= 0)) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x < smallestNormal) return logNormal(x * 18_014_398_509_481_984, -54);
  return logNormal(x, 0);
}

function logNormal(x: number, exponent: number): number {
  const high = highWord(x);
  let e = exponent + (high >> 20) - 1023;
  let m = withHighWord(x, (high & 0xfffff) | 0x3ff00000);
  if (m > sqrt2) {
    m *= 0.5;
    e++;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const r = z * polynomial(z, coefficients);
  return e * ln2High + (f - (s * (f - r) - e * ln2Low));
}
