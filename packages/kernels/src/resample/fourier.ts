import { cos, sin } from "../math/sin-cos.ts";

/** A mixed-radix Fourier transform, as data that both engines interpret. */
export interface FourierPlan {
  readonly length: number;
  /** Radices of the passes in order, the first of them 4; their product is `length`. */
  readonly radices: readonly number[];
  /** For every pass but the last, which has none: for every p, (cos, sin) of −2π·p·j/n for j from 1 to radix − 1. */
  readonly twiddles: Float64Array;
}

// Real operations per point of a pass, twiddles included, counted in the butterflies of assembly/fourier.ts.
const passCosts = new Map([
  [4, 8.5],
  [2, 5],
  [3, 9.4],
  [5, 13],
  [7, 18],
]);

/** The radices for a length, or undefined when it is no multiple of 4, too short for vectors, or has a prime factor above 7. */
export function factorize(length: number): number[] | undefined {
  if (length % 4 > 0 || length < 32) return undefined;
  const radices: number[] = [];
  let rest = length;
  for (const radix of passCosts.keys()) {
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

/** Tables of a transform whose length factors into 2, 3, 5 and 7. */
export function planFourier(length: number): FourierPlan {
  const radices = factorize(length) as number[];
  const twiddles: number[] = [];
  let rest = length;
  for (const radix of radices.slice(0, -1)) {
    for (let p = 0; p < rest / radix; p++) {
      for (let j = 1; j < radix; j++) {
        const angle = (-2 * Math.PI * ((p * j) % rest)) / rest;
        twiddles.push(cos(angle), sin(angle));
      }
    }
    rest /= radix;
  }
  return { length, radices, twiddles: Float64Array.from(twiddles) };
}
