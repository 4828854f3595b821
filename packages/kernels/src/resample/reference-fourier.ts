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

/** Forward transform of the first buffer: T. G. Stockham's self-sorting passes, decimation in frequency. See {@link FourierPlan} for the twiddles. */
export function fourier({ length, radices, twiddles }: FourierPlan, buffers: Buffers): void {
  let rest = length;
  let offset = 0;
  for (const radix of radices) {
    const count = rest / radix;
    const stride = length / rest;
    const isFirst = stride === 1;
    for (let p = 0; p < count; p++) {
      // The last pass has only p = 0, whose twiddles are all 1.
      const table = count === 1 ? ones : twiddles;
      const place = count === 1 ? 0 : offset + (isFirst ? p : 2 * p * (radix - 1));
      const butterflies: Butterflies = { first: stride * p, apart: stride * count, stride, place, spacing: isFirst ? count : 1 };
      if (radix === 4) transform4(buffers[0], buffers[1], butterflies, table);
      else transformAny(radix, buffers[0], buffers[1], butterflies, table);
    }
    offset += 2 * count * (radix - 1);
    rest = count;
    buffers.reverse();
  }
}

/** `stride` butterflies from `first` on, whose inputs lie `apart`, and whose twiddles lie at `place`, their parts `spacing` apart. */
interface Butterflies {
  readonly first: number;
  readonly apart: number;
  readonly stride: number;
  readonly place: number;
  readonly spacing: number;
}

const ones = Float32Array.from({ length: 12 }, (_, i) => 1 - (i & 1));

function transform4(from: Complex, to: Complex, { first, apart, stride, place, spacing }: Butterflies, twiddles: Float32Array): void {
  const { re, im } = from;
  const { re: toRe, im: toIm } = to;
  const c1 = twiddles[place] as number;
  const s1 = twiddles[place + spacing] as number;
  const c2 = twiddles[place + 2 * spacing] as number;
  const s2 = twiddles[place + 3 * spacing] as number;
  const c3 = twiddles[place + 4 * spacing] as number;
  const s3 = twiddles[place + 5 * spacing] as number;
  for (let at = first, target = 4 * first; at < first + stride; at++, target++) {
    const re0 = re[at] as number;
    const im0 = im[at] as number;
    const re1 = re[at + apart] as number;
    const im1 = im[at + apart] as number;
    const re2 = re[at + 2 * apart] as number;
    const im2 = im[at + 2 * apart] as number;
    const re3 = re[at + 3 * apart] as number;
    const im3 = im[at + 3 * apart] as number;
    toRe[target] = re0 + re2 + (re1 + re3);
    toIm[target] = im0 + im2 + (im1 + im3);
    const x1 = re0 - re2 + (im1 - im3);
    const y1 = im0 - im2 - (re1 - re3);
    toRe[target + stride] = x1 * c1 - y1 * s1;
    toIm[target + stride] = x1 * s1 + y1 * c1;
    const x2 = re0 + re2 - (re1 + re3);
    const y2 = im0 + im2 - (im1 + im3);
    toRe[target + 2 * stride] = x2 * c2 - y2 * s2;
    toIm[target + 2 * stride] = x2 * s2 + y2 * c2;
    const x3 = re0 - re2 - (im1 - im3);
    const y3 = im0 - im2 + (re1 - re3);
    toRe[target + 3 * stride] = x3 * c3 - y3 * s3;
    toIm[target + 3 * stride] = x3 * s3 + y3 * c3;
  }
}

/** Any other radix by the definition, one output of all butterflies after the other. */
function transformAny(
  radix: number,
  from: Complex,
  to: Complex,
  { first, apart, stride, place }: Butterflies,
  twiddles: Float32Array,
): void {
  const { cosines, sines } = rootsOfUnity.get(radix) as Roots;
  const { re, im } = from;
  const { re: toRe, im: toIm } = to;
  for (let j = 0; j < radix; j++) {
    const c = j === 0 ? 1 : (twiddles[place + 2 * j - 2] as number);
    const s = j === 0 ? 0 : (twiddles[place + 2 * j - 1] as number);
    for (let at = first, target = radix * first + j * stride; at < first + stride; at++, target++) {
      let x = 0;
      let y = 0;
      for (let m = 0; m < radix; m++) {
        const cosine = cosines[j * radix + m] as number;
        const sine = sines[j * radix + m] as number;
        const a = re[at + m * apart] as number;
        const b = im[at + m * apart] as number;
        x += a * cosine - b * sine;
        y += a * sine + b * cosine;
      }
      toRe[target] = x * c - y * s;
      toIm[target] = x * s + y * c;
    }
  }
}

/** cos and sin of −2π·j·m/radix for output j and input m. */
interface Roots {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

const rootsOfUnity = new Map(
  [2, 3, 5, 7].map((radix): [number, Roots] => {
    const angle = (i: number): number => (-2 * Math.PI * ((Math.floor(i / radix) * i) % radix)) / radix;
    const length = radix * radix;
    return [
      radix,
      { cosines: Float64Array.from({ length }, (_, i) => cos(angle(i))), sines: Float64Array.from({ length }, (_, i) => sin(angle(i))) },
    ];
  }),
);
