import type { SampleArray, SampleFormat } from "@remotemedia/core";

let state = 12_345;

/** 0 to `below` - 1, the same series in every run. */
export function randomInteger(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

/** Uniform samples in ±1. */
export function noise(count: number): Float32Array {
  return Float32Array.from({ length: count }, () => randomInteger(2 ** 32) / 2 ** 31 - 1);
}

/** An empty array of a format's type. */
export function newArray(format: SampleFormat, count: number): SampleArray {
  if (format.startsWith("f32")) return new Float32Array(count);
  return format.startsWith("s16") ? new Int16Array(count) : new Int32Array(count);
}

const halfSteps = () => (randomInteger(70_000) - 35_000 + 0.5) / 32_768;
const anyBits = () => new Float32Array(Uint32Array.of(randomInteger(2 ** 32)).buffer)[0] ?? 0;
const oddities = [
  Number.NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  1 + 2 ** -23,
  1 - 2 ** -24,
  2 ** -149,
  1e-40,
  -1e-40,
  3e38,
  -3e38,
  32_767.5 / 32_768,
];

/** Samples that are noise for the most part, mixed with full scale, rounding ties, denormals, infinities and NaN of any payload. */
export function randomSamples(format: SampleFormat, count: number): SampleArray {
  const array = newArray(format, count);
  if (!(array instanceof Float32Array)) return array.map(() => randomInteger(2 ** 32) | 0);
  const samples = noise(count);
  for (let index = 0; index < count; index++) {
    const kind = randomInteger(8);
    if (kind === 0) samples[index] = oddities[randomInteger(oddities.length)] ?? 0;
    if (kind === 1) samples[index] = halfSteps();
    if (kind === 2) samples[index] = anyBits();
  }
  // Signaling and negative NaN, written as bits: a number would lose them on the way.
  const bits = new Uint32Array(samples.buffer);
  for (let index = 3; index < count; index += 50) bits[index] = [0x7f800001, 0xffc00000, 0xff812345][randomInteger(3)] ?? 0;
  return samples;
}

/** Where two arrays differ first, bit by bit, so that the sign of zero and every NaN count; "nowhere" when they do not. */
export function firstDifference(actual: SampleArray | Float64Array, expected: SampleArray | Float64Array): string {
  const actualBytes = new Uint8Array(actual.buffer, actual.byteOffset, actual.byteLength);
  const expectedBytes = new Uint8Array(expected.buffer, expected.byteOffset, expected.byteLength);
  if (actualBytes.length !== expectedBytes.length) return `lengths ${actual.length} and ${expected.length}`;
  const at = actualBytes.findIndex((byte, index) => byte !== expectedBytes[index]);
  const index = Math.floor(at / actual.BYTES_PER_ELEMENT);
  return at < 0 ? "nowhere" : `[${index}]: ${actual[index]} instead of ${expected[index]}`;
}
