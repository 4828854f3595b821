/** Sample arrays and their bytes, little-endian as every host that runs JavaScript today. */
import type { DataArray, SampleFormat } from "@remotemedia/core";
import { malformed } from "./malformed.ts";

type Elements = typeof Float32Array | typeof Int16Array | typeof Int32Array | typeof Uint8Array;

const ofTensors: Readonly<Record<string, Elements>> = { float32: Float32Array, int16: Int16Array, int32: Int32Array, uint8: Uint8Array };

/** The array that holds samples of a format. */
export const elementsOfSamples = (format: SampleFormat): Elements =>
  format === "s32" ? Int32Array : format === "s16" || format === "s16-planar" ? Int16Array : Float32Array;

/** The array that holds elements of a tensor: `float32`, `int16`, `int32` and `uint8` have their own, everything else is bytes. */
export const elementsOfTensor = (dtype: string): Elements => (Object.hasOwn(ofTensors, dtype) ? ofTensors[dtype]! : Uint8Array);

/** The bytes of an array, not copied. */
export const bytesOf = (data: DataArray): Uint8Array =>
  data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** An array over bytes: a view where they lie aligned, else a copy. */
export function arrayOver(bytes: Uint8Array, Elements: Elements): DataArray {
  const size = Elements.BYTES_PER_ELEMENT;
  if (bytes.length % size !== 0) throw malformed(`data are not whole elements of ${size} bytes`, `${bytes.length} bytes`);
  if (size === 1) return bytes;
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new Elements(buffer as ArrayBuffer, byteOffset, bytes.length / size);
}
