import type { SampleArray, SampleFormat } from "@remotemedia/core";

/** How one sample is stored. */
export type SampleType = "f32" | "s16" | "s32";

/** The type and layout behind each sample format's name. */
export const formats: Readonly<Record<SampleFormat, { readonly type: SampleType; readonly planar: boolean }>> = {
  "f32-planar": { type: "f32", planar: true },
  f32: { type: "f32", planar: false },
  s16: { type: "s16", planar: false },
  "s16-planar": { type: "s16", planar: true },
  s32: { type: "s32", planar: false },
};

const arrays = { f32: Float32Array, s16: Int16Array, s32: Int32Array } as const;

/**
 * Throws unless `array` is of the format's type and holds `count` samples: WebAssembly would otherwise convert a wrong array silently, and
 * write only part of a short one.
 */
export function checkSamples(array: SampleArray, format: SampleFormat, count: number): void {
  const expected = arrays[formats[format].type];
  if (!(array instanceof expected)) throw new TypeError(`${format} samples are a ${expected.name}, got ${array?.constructor?.name}`);
  checkLength(array, count);
}

/** Throws a RangeError unless `array` holds `count` elements. */
export function checkLength(array: { readonly length: number }, count: number): void {
  if (!(array.length >= count)) throw new RangeError(`expected at least ${count} samples, got ${array.length}`);
}
