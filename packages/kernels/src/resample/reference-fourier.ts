import { cos, sin } from "../math/sin-cos.ts";
import type { FourierPlan } from "./fourier.ts";

/** Complex samples. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The passes go to and fro between both; what a step reads and leaves is in the first. */
export type Buffers = [Complex, Complex];

/** A complex sequence of zeros. */
export function createComplex(length: number): Complex {
  return { re: new Float64Array(length), im: new Float64Array(length) };
}

/** Forward transform of the first buffer: T. G. Stockham's self-sorting passes, decimation in frequency. */
export function fourier({ length, radices, twiddles }: FourierPlan, buffers: Buffers): void {
  let rest = length;
  let offset = 0;
  for (const radix of radices) {
    const pass = radix === 4 ? pass4 : (passes.get(radix) as Pass);
    const count = rest / radix;
    const stride = length / rest;
    for (let p = 0; p < count; p++)
      pass(buffers[0], buffers[1], p, count, stride, p === 0 ? units : twiddles, p === 0 ? 0 : offset + 2 * p * (radix - 1));
    offset += 2 * count * (radix - 1);
    rest = count;
    buffers.reverse();
  }
}

/**
 * Group `p` of the `count` groups of butterflies of one pass, `stride` butterflies wide. Output j is multiplied with twiddle j − 1; those of group 0
 * are 1, so the last pass, which has no other group, has none in the plan.
 */
type Pass = (from: Complex, to: Complex, p: number, count: number, stride: number, twiddles: Float64Array, offset: number) => void;

const units = Float64Array.from({ length: 12 }, (_, i) => 1 - (i & 1));

const pass4: Pass = (from, to, p, count, stride, twiddles, offset) => {
  const { re, im } = from;
  const quarter = stride * count;
  const [c1, s1, c2, s2, c3, s3] = twiddles.subarray(offset, offset + 6) as unknown as [number, number, number, number, number, number];
  for (let at = stride * p, target = 4 * at; at < stride * (p + 1); at++, target++) {
    const [re0, re1, re2, re3] = [re[at], re[at + quarter], re[at + 2 * quarter], re[at + 3 * quarter]] as [number, number, number, number];
    const [im0, im1, im2, im3] = [im[at], im[at + quarter], im[at + 2 * quarter], im[at + 3 * quarter]] as [number, number, number, number];
    const evenRe = re0 + re2;
    const evenIm = im0 + im2;
    const oddRe = re1 + re3;
    const oddIm = im1 + im3;
    const evenDifferenceRe = re0 - re2;
    const evenDifferenceIm = im0 - im2;
    const oddDifferenceRe = im1 - im3;
    const oddDifferenceIm = re3 - re1;
    to.re[target] = evenRe + oddRe;
    to.im[target] = evenIm + oddIm;
    multiplyInto(to, target + stride, evenDifferenceRe + oddDifferenceRe, evenDifferenceIm + oddDifferenceIm, c1, s1);
    multiplyInto(to, target + 2 * stride, evenRe - oddRe, evenIm - oddIm, c2, s2);
    multiplyInto(to, target + 3 * stride, evenDifferenceRe - oddDifferenceRe, evenDifferenceIm - oddDifferenceIm, c3, s3);
  }
};

function multiplyInto({ re, im }: Complex, at: number, x: number, y: number, c: number, s: number): void {
  re[at] = x * c - y * s;
  im[at] = x * s + y * c;
}

/** The butterfly by definition: fast enough where few passes are not of radix 4. */
function createPass(radix: number): Pass {
  const cosines = Float64Array.from({ length: radix }, (_, k) => cos((2 * Math.PI * k) / radix));
  const sines = Float64Array.from({ length: radix }, (_, k) => -sin((2 * Math.PI * k) / radix));
  return (from, to, p, count, stride, twiddles, offset) => {
    const { re, im } = from;
    for (let at = stride * p, target = radix * at; at < stride * (p + 1); at++, target++) {
      for (let j = 0; j < radix; j++) {
        let x = 0;
        let y = 0;
        for (let m = 0, root = 0, source = at; m < radix; m++, source += stride * count) {
          const c = cosines[root] as number;
          const s = sines[root] as number;
          x += (re[source] as number) * c - (im[source] as number) * s;
          y += (re[source] as number) * s + (im[source] as number) * c;
          root += j;
          if (root >= radix) root -= radix;
        }
        const c = j === 0 ? 1 : (twiddles[offset + 2 * j - 2] as number);
        const s = j === 0 ? 0 : (twiddles[offset + 2 * j - 1] as number);
        multiplyInto(to, target + j * stride, x, y, c, s);
      }
    }
  };
}

const passes = new Map([2, 3, 5, 7].map((radix) => [radix, createPass(radix)]));
