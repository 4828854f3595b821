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
  const fine = circle(length, 1, fineSteps);
  const coarse = circle(length, fineSteps, Math.ceil(length / fineSteps));
  const twiddles = new Float32Array(2 * length);
  /** The root of −2πk/length, its parts `apart`. */
  const put = (at: number, apart: number, k: number): void => {
    const f = 2 * (k % fineSteps);
    const e = 2 * Math.floor(k / fineSteps);
    const c = coarse[e] as number;
    const s = coarse[e + 1] as number;
    const x = fine[f] as number;
    const y = fine[f + 1] as number;
    twiddles[at] = c * x - s * y;
    twiddles[at + apart] = c * y + s * x;
  };
  const quarter = length / 4;
  for (let j = 1; j < 4; j++) {
    for (let p = 0; p < quarter; p++) put((2 * j - 2) * quarter + p, quarter, p * j);
  }
  let at = 6 * quarter;
  let rest = quarter;
  for (const radix of radices.slice(1, -1)) {
    for (let p = 0; p < rest / radix; p++) {
      for (let j = 1; j < radix; j++, at += 2) put(at, 1, (p * j * length) / rest);
    }
    rest /= radix;
  }
  return { length, radices, twiddles: twiddles.subarray(0, at) };
}

/** Every root is the product of a coarse and of a fine step, which takes few calls of `sin`. */
const fineSteps = 64;

/** (cos, sin) of −2πk·step/length for k below `count`. */
function circle(length: number, step: number, count: number): Float64Array {
  const points = new Float64Array(2 * count);
  for (let k = 0; k < count; k++) {
    points[2 * k] = cos((-2 * Math.PI * k * step) / length);
    points[2 * k + 1] = sin((-2 * Math.PI * k * step) / length);
  }
  return points;
}
