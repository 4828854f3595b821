/**
 * What nodes compute with: the interface of the sample kernels.
 *
 * Core declares it and never implements it; `@remotemedia/kernels` gives two implementations (SIMD WebAssembly and plain
 * TypeScript), a host brings them, and the executor hands one to each node as `context.kernels`, as its `runtime_hint` asks.
 *
 * Everywhere: samples are planar, the planes of all channels lie one after another in one array (`channels × frames`), a *frame* here
 * is one sample per channel, f32 full scale is ±1, and no function keeps a reference to an array it was given.
 */

/** How samples lie in a frame's `data`; `f32-planar` is the one that nodes compute in. */
export type SampleFormat = "f32-planar" | "f32" | "s16" | "s16-planar" | "s32";

/** The array that holds samples of a {@link SampleFormat}. */
export type SampleArray = Float32Array | Int16Array | Int32Array;

/**
 * Quality of a resampler. With f = half the lower of both rates, `high` keeps within 0.1 dB up to 0.925·f and is at most −120 dB from 1.05·f;
 * `fast` trades the width of the transition for time; `draft` is for previews and meters.
 */
export type ResampleQuality = "draft" | "fast" | "high";

/** Options of {@link Kernels.createResampler}. */
export interface ResamplerOptions {
  /** Hz, 8,000 to 192,000. */
  readonly inputRate: number;
  /** Hz, 8,000 to 192,000. */
  readonly outputRate: number;
  /** Channels, all resampled alike. */
  readonly channels: number;
  readonly quality: ResampleQuality;
  /**
   * `batch` may hold back up to half a second of input to run faster; `live` gives every sample as soon as the filter's half
   * length allows. The choice is made here and never by how much happens to be queued, so that results do not depend on timing.
   */
  readonly latency: "batch" | "live";
}

/**
 * A streaming resampler whose delay is compensated: output sample 0 lies at input sample 0, and over a whole stream of n input frames
 * it gives `ceil(n × outputRate / inputRate)` output frames. Different framings of the same stream give the same samples.
 */
export interface Resampler {
  /** The most input that is held back before it shows in the output, in µs. */
  readonly latencyUs: number;
  /** How many frames per channel the next `process` of `inputFrames` frames gives: exact. */
  outputFrames(inputFrames: number): number;
  /** Reads `channels × inputFrames` samples and writes `channels × outputFrames(inputFrames)`. */
  process(input: Float32Array, inputFrames: number, output: Float32Array): void;
  /** How many frames per channel `flush` gives. */
  flushFrames(): number;
  /** Ends the stream: writes `channels × flushFrames()` samples, then starts anew as `reset` does. */
  flush(output: Float32Array): void;
  /** Forgets what was heard; the next sample is sample 0 of a new stream. */
  reset(): void;
  /** Gives its memory back. A closed resampler must not be used. */
  close(): void;
}

/** Options of {@link Kernels.createEnergyVad}. */
export interface EnergyVadOptions {
  /** Samples per analysis frame (480 = 30 ms at 16 kHz). */
  readonly frameLength: number;
  /** RMS below which a frame is never speech, full scale 1. */
  readonly threshold: number;
  /** Speech must exceed the noise floor by this factor (RMS); 0 turns the adaptive floor off. */
  readonly floorRatio: number;
}

/** An energy voice detector with an adaptive noise floor over one channel; it holds a partial analysis frame from call to call. */
export interface EnergyVad {
  /**
   * Analyzes `count` samples. For every analysis frame completed by them it writes 1 (speech) or 0 into `decisions` and its RMS
   * into `levels`, both at least `ceil(count / frameLength)` long, and returns their number.
   */
  process(samples: Float32Array, count: number, decisions: Uint8Array, levels: Float32Array): number;
  /** The noise floor now, RMS. */
  readonly floor: number;
  reset(): void;
  close(): void;
}

/** Options of {@link Kernels.createDense}. */
export interface DenseOptions {
  /** `rows × length`, row after row. */
  readonly matrix: Float32Array;
  /** One per row: their number is the number of rows. */
  readonly bias: Float32Array;
}

/** A layer of a small neural network: a matrix and a bias, which it keeps. */
export interface Dense {
  /**
   * `output[c × rows + r] = bias[r] + Σ matrix[r × length + i] · columns[c × stride + i]` for `count` columns. Columns may overlap (`stride` < `length`), as the windows of
   * a convolution do. Runtimes differ in the last bits.
   */
  multiply(columns: Float32Array, stride: number, count: number, output: Float32Array): void;
  /** Gives its memory back. A closed layer must not be used. */
  close(): void;
}

/** The sample kernels of one runtime. All functions are synchronous and allocate nothing that the caller sees. */
export interface Kernels {
  /** Which implementation this is: SIMD WebAssembly or plain TypeScript. Metrics show it. */
  readonly runtime: "wasm" | "js";

  /**
   * Converts between any two sample formats, layout included. f32 → s16 is round-half-to-even of 32768·x, clamped, s16 → f32 divides by
   * 32768; s32 likewise with 2147483648. NaN becomes 0 in integer formats.
   */
  convert(
    input: SampleArray,
    inputFormat: SampleFormat,
    output: SampleArray,
    outputFormat: SampleFormat,
    channels: number,
    frames: number,
  ): void;

  /** Interleaves `channels × frames` planar samples. */
  interleave(input: Float32Array, output: Float32Array, channels: number, frames: number): void;
  /** The inverse of `interleave`. */
  deinterleave(input: Float32Array, output: Float32Array, channels: number, frames: number): void;

  /** `output[o] = Σ matrix[o × inputChannels + i] · input[i]`, planar. `matrix` has one row per output channel. */
  remix(
    input: Float32Array,
    inputChannels: number,
    output: Float32Array,
    outputChannels: number,
    frames: number,
    matrix: Float32Array,
  ): void;

  /** Multiplies the first `count` samples in place. */
  gain(data: Float32Array, count: number, factor: number): void;

  /** Writes `[rms, peak]` of `count` samples from `offset` into `result`; both 0 for none. */
  level(data: Float32Array, offset: number, count: number, result: Float64Array): void;

  /** A resampler; its filter is designed once per rates and quality and cached. */
  createResampler(options: ResamplerOptions): Resampler;

  /** An energy voice detector. */
  createEnergyVad(options: EnergyVadOptions): EnergyVad;

  /** A layer of a small neural network. @throws `RangeError` when the matrix has no whole rows */
  createDense(options: DenseOptions): Dense;

  /** Runs every kernel once on scratch data, so that the first frame does not pay for compilation and page faults. */
  warmUp(): void;

  /** The same bits on every engine, unlike `Math.sin`; error below 1e-15 for |x| up to 1e5. */
  sin(x: number): number;
  /** The same bits on every engine; error below 1e-15 for |x| up to 1e5. */
  cos(x: number): number;
  /** eˣ, the same bits on every engine; relative error below 1e-15. */
  exp(x: number): number;
  /** Natural logarithm, the same bits on every engine; relative error below 1e-15. */
  log(x: number): number;
}
