import { cos, sin } from "../math/sin-cos.ts";

/** A mixed-radix Fourier transform, as data that both engines interpret. */
export interface FourierPlan {
  readonly length: number;
  /** Radices of the passes in order, the first of them 4; their product is `length`. */
  readonly radices: readonly number[];
  /**
   * (cos, sin) of −2π·p·j/n for all passes but the last, which needs none, n being what is left of `length` there. First pass: six planes, one for each
   * part of j = 1, 2, 3, over all p, because vectors take four p at once. Later passes: for each p, the parts of each j.
   */
  readonly twiddles: Float32Array;
}

// Real operations per point of a pass, twiddles included, counted in the butterflies of assembly/fourier.ts.
const passCosts = new Map([
  [4, 8.5],
  [2, 5],
  [3, 9.4],
  [5, 13],
  [7, 18],
]);

const knownRadices = [...passCosts.keys()];

/** The radices for a length, or undefined when it is no multiple of 4, too short for vectors, or has a prime factor above 7. */
export function factorize(length: number): number[] | undefined {
  if (length % 4 > 0 || length < 32) return undefined;
  const radices: number[] = [];
  let rest = length;
  for (const radix of knownRadices) {
    for (; rest % radix === 0; rest /= radix) radices.push(radix);
  }
  return rest === 1 ? radices : undefined;
}

/** Estimated real operations of a transform. */
export function fourierCost(radices: readonly number[]): number {
  let length = 1;
  let perPoint = 0;
  for (const radix of radices) {
    length *= radix;
    perPoint += passCosts.get(radix) as number;
  }
  return length * perPoint;
}

/** Tables of a transform whose length {@link factorize} accepts. */
export function planFourier(length: number): FourierPlan {
  const radices = factorize(length) as number[];
  const roots = rootsOfUnity(length);
  const twiddles = new Float32Array(2 * length);
  const quarter = length / 4;
  for (let p = 0; p < quarter; p++) {
    for (let j = 1; j < 4; j++) {
      twiddles[(2 * j - 2) * quarter + p] = roots[2 * p * j] as number;
      twiddles[(2 * j - 1) * quarter + p] = roots[2 * p * j + 1] as number;
    }
  }
  let at = 6 * quarter;
  let rest = quarter;
  for (const radix of radices.slice(1, -1)) {
    const step = (2 * length) / rest;
    for (let p = 0; p < rest / radix; p++) {
      for (let j = 1; j < radix; j++) {
        twiddles[at++] = roots[p * j * step] as number;
        twiddles[at++] = roots[p * j * step + 1] as number;
      }
    }
    rest /= radix;
  }
  return { length, radices, twiddles: twiddles.subarray(0, at) };
}

/** How many roots are made from one sine and cosine: coarse steps and fine ones make a table with few calls of both. */
const fineSteps = 64;

/** (cos, sin) of −2πk/length for k from 0 to length − 1, each the product of a coarse and a fine step. */
function rootsOfUnity(length: number): Float64Array {
  const roots = new Float64Array(2 * length);
  const angle = (-2 * Math.PI) / length;
  for (let k = 0; k < length; k += k < fineSteps ? 1 : fineSteps) {
    roots[2 * k] = cos(angle * k);
    roots[2 * k + 1] = sin(angle * k);
  }
  for (let coarse = 2 * fineSteps; coarse < 2 * length; coarse += 2 * fineSteps) {
    const c = roots[coarse] as number;
    const s = roots[coarse + 1] as number;
    // Writes beyond the end of the array are ignored.
    for (let fine = 2; fine < 2 * fineSteps; fine += 2) {
      const x = roots[fine] as number;
      const y = roots[fine + 1] as number;
      roots[coarse + fine] = c * x - s * y;
      roots[coarse + fine + 1] = c * y + s * x;
    }
  }
  return roots;
}
