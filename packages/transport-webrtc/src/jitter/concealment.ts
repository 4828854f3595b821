import { crossFade } from "./cross-fade.ts";
import { findLag } from "./pitch.ts";
import { mixDown } from "./time-scale.ts";

// In samples at 48 kHz.
const historyLength = 1440;
const shortestPitch = 120;
const longestPitch = 720;
const window = 480;
// What is repeated: shorter than 5 ms it would buzz, so several periods are taken.
const shortestLoop = 240;
// The lengths were chosen by PESQ: longer joints blur what is there.
const joinLength = 24;
const mergeLength = 144;
const holdLength = 480;
/** After so long made-up sound has faded to nothing: 100 ms. */
export const fadedAfter = 4800;
const voiced = 0.6;
const quickFade = 480;

/**
 * Makes up sound for what did not come: repeats the last pitch periods while they fade (after ITU-T G.711 appendix I and NetEq's expand),
 * and leads back into the real signal. All joints agree in value; the first also in slope.
 */
export class Concealment {
  readonly #history: readonly Float32Array[];
  readonly #loop: readonly Float32Array[];
  readonly #output: readonly Float32Array[];
  readonly #mono = new Float32Array(historyLength);
  #loopLength = 0;
  #pitch = 0;
  #made = 0;
  #gain = 1;
  #gainStep = 0;

  constructor(channels: number, maxFrames: number) {
    const make = (length: number) => Array.from({ length: channels }, () => new Float32Array(length));
    this.#history = make(historyLength);
    this.#loop = make(longestPitch + shortestLoop);
    this.#output = make(maxFrames + mergeLength);
  }

  /** What {@link make} made or {@link merge} changed; overwritten by the next. */
  get planes(): readonly Float32Array[] {
    return this.#output;
  }

  /** Takes note of what was played. */
  remember(planes: readonly Float32Array[], frames: number): void {
    for (let c = 0; c < this.#history.length; c++) {
      const history = this.#history[c] as Float32Array;
      const plane = planes[c] as Float32Array;
      if (frames < historyLength) history.copyWithin(0, frames);
      const from = Math.max(0, frames - historyLength);
      history.set(from === 0 && plane.length === frames ? plane : plane.subarray(from, frames), historyLength - frames + from);
    }
  }

  /** Makes `frames` samples that go on from what was played; `isSilence` fades at once, since nothing was lost. */
  make(frames: number, isSilence: boolean): void {
    if (this.#made === 0) this.#begin();
    if (isSilence) this.#gainStep = Math.max(this.#gainStep, 1 / quickFade);
    this.#extend(frames, isSilence ? 0 : holdLength);
  }

  /** Real sound goes on that does not follow on what was played: fades over to it within 3 ms, and ends the concealment. */
  merge(planes: readonly Float32Array[], frames: number): void {
    const length = Math.min(frames, mergeLength);
    if (this.#made === 0) this.#begin();
    this.#extend(length, holdLength);
    for (let c = 0; c < planes.length; c++) {
      const output = this.#output[c] as Float32Array;
      const plane = planes[c] as Float32Array;
      crossFade(output, 0, output, 0, plane, 0, length);
      for (let i = length; i < frames; i++) output[i] = plane[i] as number;
    }
    this.#made = 0;
  }

  #begin(): void {
    const mono = mixDown(this.#history, historyLength, this.#mono);
    const { lag, correlation } = findLag(mono, historyLength - window, window, shortestPitch, longestPitch, -1);
    this.#pitch = lag;
    this.#loopLength = lag * Math.ceil(shortestLoop / lag);
    this.#gain = 1;
    // Repeated noise sounds like a tone, so it goes sooner.
    this.#gainStep = 1 / (correlation > voiced ? fadedAfter - holdLength : fadedAfter / 2 - holdLength);
    for (let c = 0; c < this.#loop.length; c++) fillLoop(this.#loop[c] as Float32Array, this.#history[c] as Float32Array, this.#loopLength);
  }

  #extend(frames: number, hold: number): void {
    const gain = this.#gain;
    for (let c = 0; c < this.#output.length; c++) {
      this.#gain = this.#repeat(this.#output[c] as Float32Array, this.#loop[c] as Float32Array, frames, gain, hold);
      if (this.#made === 0) join(this.#output[c] as Float32Array, this.#history[c] as Float32Array, Math.min(frames, joinLength));
    }
    this.#made += frames;
  }

  #repeat(output: Float32Array, loop: Float32Array, frames: number, gain: number, hold: number): number {
    const length = this.#loopLength;
    if (gain === 0) {
      output.fill(0, 0, frames);
      return 0;
    }
    // The last period first, then from the beginning.
    let at = (length - this.#pitch + this.#made) % length;
    for (let i = 0; i < frames; i++) {
      output[i] = gain * (loop[at] as number);
      if (++at === length) at = 0;
      if (this.#made + i >= hold) gain = Math.max(0, gain - this.#gainStep);
    }
    return gain;
  }
}

/** The last `length` samples, their end led over to what comes before their beginning, so that they can be repeated. */
function fillLoop(loop: Float32Array, history: Float32Array, length: number): void {
  const start = historyLength - length;
  const fade = length >> 2;
  for (let i = 0; i < length; i++) loop[i] = history[start + i] as number;
  crossFade(loop, length - fade, history, historyLength - fade, history, start - fade, fade);
}

/** What was played has left already and cannot be led over: so the step in value and slope to it is taken back, and this fades (Hermite). */
function join(output: Float32Array, history: Float32Array, length: number): void {
  const last = history[historyLength - 1] as number;
  const slope = last - (history[historyLength - 2] as number);
  const step = last + slope - (output[0] as number);
  const bend = slope - ((output[1] ?? 0) - (output[0] as number));
  for (let i = 0; i < length; i++) {
    const t = i / length;
    const rest = (1 - t) * (1 - t);
    output[i] = (output[i] as number) + rest * ((1 + 2 * t) * step + t * length * bend);
  }
}
