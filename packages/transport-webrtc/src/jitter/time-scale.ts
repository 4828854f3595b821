import { crossFade } from "./cross-fade.ts";
import { findLag } from "./pitch.ts";

/** Shortest and longest piece that is taken out or put in, samples at 48 kHz: 2.5 to 15 ms, the periods of voices from 400 to 67 Hz. */
export const shortestLag = 120;
const longestLag = 720;
const longestFade = 480;
const shortestFade = 240;
const strict = 0.85;
// In speech a period at a time, so that the pace does not change by more than a sixth or so.
const leastInterval = 1920;
// −50 dB: there, nobody hears what is joined.
const quietPower = 1e-5;

/**
 * Makes a piece of sound shorter or longer by one pitch period without touching its ends: overlap-add of the signal with itself, shifted by
 * the lag at which it resembles itself most (WSOLA; W. Verhelst, M. Roelands, 1993). In silence any length is taken out or put in.
 */
export class TimeScale {
  readonly #output: readonly Float32Array[];
  readonly #mono: Float32Array;
  #sinceChange = 0;
  // How alike the joint must be. It falls with every refusal, so that no signal, however noisy, keeps a delay for ever.
  #demand = strict;

  constructor(channels: number, maxFrames: number) {
    this.#output = Array.from({ length: channels }, () => new Float32Array(maxFrames + longestLag));
    this.#mono = new Float32Array(maxFrames);
  }

  /** The changed piece after {@link change} gave a length; overwritten by the next. */
  get planes(): readonly Float32Array[] {
    return this.#output;
  }

  /**
   * Shortens (`direction` −1) or lengthens (1) the piece by up to `limit` samples.
   *
   * @returns its new length, or `frames` when it was left as it is: too short, or nowhere alike.
   */
  change(planes: readonly Float32Array[], frames: number, limit: number, direction: 1 | -1): number {
    this.#sinceChange += frames;
    const maxLag = Math.min(limit, longestLag, frames - shortestFade);
    if (maxLag < shortestLag) return frames;
    const lag = this.#chooseLag(planes, frames, maxLag);
    if (lag === 0) return frames;
    const fade = Math.min(longestFade, frames - lag);
    for (let c = 0; c < planes.length; c++) {
      const join = direction === 1 ? lengthen : shorten;
      join(this.#output[c] as Float32Array, planes[c] as Float32Array, frames, lag, fade);
    }
    return frames + direction * lag;
  }

  #chooseLag(planes: readonly Float32Array[], frames: number, maxLag: number): number {
    const mono = mixDown(planes, frames, this.#mono);
    if (power(mono, frames) < quietPower) return maxLag;
    if (this.#sinceChange <= leastInterval) return 0;
    const window = Math.min(longestFade, frames - maxLag);
    const { lag, correlation } = findLag(mono, window, shortestLag, maxLag);
    const isAlike = correlation >= this.#demand;
    this.#demand = isAlike ? strict : Math.max(0, this.#demand - 0.08);
    if (!isAlike) return 0;
    this.#sinceChange = 0;
    return lag;
  }
}

function shorten(output: Float32Array, input: Float32Array, frames: number, lag: number, fade: number): void {
  crossFade(output, 0, input, 0, input, lag, fade);
  for (let i = fade; i < frames - lag; i++) output[i] = input[i + lag] as number;
}

function lengthen(output: Float32Array, input: Float32Array, frames: number, lag: number, fade: number): void {
  for (let i = 0; i < lag; i++) output[i] = input[i] as number;
  crossFade(output, lag, input, lag, input, 0, fade);
  for (let i = fade; i < frames; i++) output[lag + i] = input[i] as number;
}

/** The mean of two channels, in `into`; the one itself where there is one. */
function mixDown(planes: readonly Float32Array[], frames: number, into: Float32Array): Float32Array {
  const [left, right] = planes as [Float32Array, Float32Array?];
  if (right === undefined) return left;
  for (let i = 0; i < frames; i++) into[i] = ((left[i] as number) + (right[i] as number)) / 2;
  return into;
}

function power(signal: Float32Array, frames: number): number {
  let sum = 0;
  for (let i = 0; i < frames; i++) sum += (signal[i] as number) * (signal[i] as number);
  return sum / frames;
}
