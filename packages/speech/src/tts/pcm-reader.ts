/** Raw 16-bit samples, little-endian, out of bytes that are cut anywhere. */
export class PcmReader {
  readonly #frameLength: number;
  #rest = new Uint8Array(0);
  /** Whether no sample came. */
  isEmpty = true;

  /** @param frameLength samples that are given together */
  constructor(frameLength: number) {
    this.#frameLength = frameLength;
  }

  /** Whole frames of samples of ±1. */
  push(bytes: Uint8Array): Float32Array {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const frameBytes = 2 * this.#frameLength;
    const whole = all.length - (all.length % frameBytes);
    this.#rest = all.slice(whole);
    return this.#samples(all.subarray(0, whole));
  }

  /** What is left; half a sample is let go. */
  end(): Float32Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    return this.#samples(rest);
  }

  #samples(bytes: Uint8Array): Float32Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const samples = Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true) / 32_768);
    if (samples.length > 0) this.isEmpty = false;
    return samples;
  }
}
