import type { Kernels, Resampler } from "@remotemedia/core";

/** Turns a stream of audio into mono of one rate. Close it to give its memory back. */
export class MonoConverter {
  readonly #kernels: Kernels;
  readonly #rate: number;
  #resampler: Resampler | undefined;
  #from = 0;

  /** @param rate of what comes out, Hz */
  constructor(kernels: Kernels, rate: number) {
    this.#kernels = kernels;
    this.#rate = rate;
  }

  /**
   * The samples that are complete with these; a change of the rate begins a new stream.
   *
   * @param samples `channels × frames`, planes one after another
   */
  convert(samples: Float32Array, channels: number, rate: number): Float32Array {
    const mono = channels === 1 ? samples : this.#mix(samples, channels);
    if (rate !== this.#from) this.#begin(rate);
    const resampler = this.#resampler;
    if (resampler === undefined) return mono;
    const output = new Float32Array(resampler.outputFrames(mono.length));
    resampler.process(mono, mono.length, output);
    return output;
  }

  /** What is held back of a stream that ends here; the next begins anew. */
  flush(): Float32Array {
    const output = new Float32Array(this.#resampler?.flushFrames() ?? 0);
    this.#resampler?.flush(output);
    return output;
  }

  /** Forgets what is held back. */
  reset(): void {
    this.#resampler?.reset();
  }

  close(): void {
    this.#resampler?.close();
    this.#resampler = undefined;
    this.#from = 0;
  }

  #begin(rate: number): void {
    this.close();
    this.#from = rate;
    if (rate === this.#rate) return;
    const rates = { inputRate: rate, outputRate: this.#rate };
    this.#resampler = this.#kernels.createResampler({ ...rates, channels: 1, quality: "fast", latency: "live" });
  }

  #mix(samples: Float32Array, channels: number): Float32Array {
    const frames = samples.length / channels;
    const mono = new Float32Array(frames);
    this.#kernels.remix(samples, channels, mono, 1, frames, new Float32Array(channels).fill(1 / channels));
    return mono;
  }
}
