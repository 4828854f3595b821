import type { AudioFrame, Kernels, SampleArray, SampleFormat } from "@remotemedia/core";

/** How samples lie in files and pipes: interleaved, little-endian; `u8` with 128 for silence. */
export type PcmEncoding = "u8" | "s16" | "s24" | "s32" | "f32" | "f64";

/** Bytes of one sample. */
export const bytesPerSample: Readonly<Record<PcmEncoding, number>> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4, f64: 8 };

/** The cheapest sample format that holds an encoding without loss (`f64` is rounded). */
export function sampleFormatOf(encoding: PcmEncoding, numberOfChannels: number): SampleFormat {
  if (encoding === "u8" || encoding === "s16") return "s16";
  if (encoding === "s24" || encoding === "s32") return "s32";
  return numberOfChannels === 1 ? "f32-planar" : "f32";
}

/** Decodes `count` samples (over all channels) from sample number `from` of the block that it was made for. */
export type PcmDecoder = (from: number, count: number, target: SampleArray) => void;

/** A decoder of one block of memory. Its views are made once, because a view per frame would be more garbage than the frame. */
export function createPcmDecoder(encoding: PcmEncoding, block: ArrayBuffer): PcmDecoder {
  if (encoding === "u8") {
    const view = new Uint8Array(block);
    return (from, count, target) => {
      for (let i = 0; i < count; i++) target[i] = ((view[from + i] as number) - 128) * 256;
    };
  }
  if (encoding === "s24") {
    const view = new Uint8Array(block);
    return (from, count, target) => {
      for (let i = 0, at = from * 3; i < count; i++, at += 3) {
        target[i] = ((view[at] as number) << 8) | ((view[at + 1] as number) << 16) | ((view[at + 2] as number) << 24);
      }
    };
  }
  const View = { s16: Int16Array, s32: Int32Array, f32: Float32Array, f64: Float64Array }[encoding];
  const view = new View(block, 0, Math.floor(block.byteLength / View.BYTES_PER_ELEMENT));
  return (from, count, target) => {
    target.set((from === 0 && count === view.length ? view : view.subarray(from, from + count)) as SampleArray);
  };
}

/** Encodes a frame of any format; the bytes are valid until the next call. */
export type PcmEncoder = (frame: AudioFrame) => Uint8Array;

/** What files and pipes are written in. */
export type WrittenEncoding = Exclude<PcmEncoding, "f64">;

/**
 * An encoder. It rounds half to even and clamps; in `f32` NaN becomes 0 and infinities full scale, as they do in the integer encodings.
 *
 * @param onInvalid told how many samples of a frame were NaN or infinite
 */
export function createPcmEncoder(encoding: WrittenEncoding, kernels: Kernels, onInvalid: (count: number) => void): PcmEncoder {
  const format = encoding === "s16" ? "s16" : encoding === "f32" ? "f32" : "s32";
  const measured = new Float64Array(2);
  let samples: SampleArray = new Int16Array(0);
  let bytes: Uint8Array = new Uint8Array(0);
  return (frame) => {
    const count = frame.numberOfChannels * frame.numberOfFrames;
    if (samples.length !== count || bytes.length === 0) {
      samples = format === "s16" ? new Int16Array(count) : format === "f32" ? new Float32Array(count) : new Int32Array(count);
      bytes = encoding === "u8" || encoding === "s24" ? new Uint8Array(count * bytesPerSample[encoding]) : new Uint8Array(samples.buffer);
    }
    const { data } = frame;
    if (data instanceof Float32Array) {
      kernels.level(data, 0, count, measured);
      if (!Number.isFinite(measured[0])) onInvalid(countInvalid(data, count));
    }
    kernels.convert(data, frame.format, samples, format, frame.numberOfChannels, frame.numberOfFrames);
    if (format === "f32" && !Number.isFinite(measured[0])) replaceInvalid(samples, count);
    if (encoding === "s24") packS24(samples, bytes);
    if (encoding === "u8") packU8(samples, bytes);
    return bytes;
  };
}

function countInvalid(data: Float32Array, count: number): number {
  let invalid = 0;
  for (let i = 0; i < count; i++) if (!Number.isFinite(data[i])) invalid++;
  return invalid;
}

function replaceInvalid(samples: SampleArray, count: number): void {
  for (let i = 0; i < count; i++) {
    const sample = samples[i] as number;
    if (!Number.isFinite(sample)) samples[i] = Number.isNaN(sample) ? 0 : Math.sign(sample);
  }
}

/** `sample / 2^bits`, half to even, at most `highest`: rounding up at full scale would wrap. */
function shiftRounded(sample: number, bits: number, highest: number): number {
  const floor = sample >> bits;
  const rest = sample - floor * (1 << bits);
  const half = 1 << (bits - 1);
  const isUp = rest > half || (rest === half && (floor & 1) === 1);
  return Math.min(highest, isUp ? floor + 1 : floor);
}

function packS24(samples: SampleArray, bytes: Uint8Array): void {
  for (let i = 0, at = 0; i < samples.length; i++, at += 3) {
    const value = shiftRounded(samples[i] as number, 8, 0x7fffff);
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
  }
}

function packU8(samples: SampleArray, bytes: Uint8Array): void {
  for (let i = 0; i < samples.length; i++) bytes[i] = shiftRounded(samples[i] as number, 24, 127) + 128;
}
