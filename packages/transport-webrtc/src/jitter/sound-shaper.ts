import { crossFade } from "./cross-fade.ts";
import { FractionalResampler } from "./fractional-resampler.ts";
import { shortestLag, TimeScale } from "./time-scale.ts";

const longestFrame = 1920;
// The delay may be off its target by so much, in samples: 5 ms.
const deadband = 240;
// 3 ms, chosen by PESQ: longer joints blur what is there.
const joinLength = 144;
const fadeLength = 480;
const silence = new Float32Array(longestFrame);

/** The sound on its way out: joints, speed and length of one frame after another. As a rule none of it changes, and nothing is copied. */
export class SoundShaper {
  readonly #resampler: FractionalResampler;
  readonly #timeScale: TimeScale;
  // How what was given would have gone on, where what is taken next does not follow on it.
  readonly #before: readonly Float32Array[];
  readonly #joined: readonly Float32Array[];
  readonly #views: Float32Array[];
  readonly #silence: readonly Float32Array[];
  #planes: readonly Float32Array[] = [];
  #frames = 0;
  #isBroken = true;
  #isAdapting = false;

  constructor(numberOfChannels: number) {
    const make = (length: number) => Array.from({ length: numberOfChannels }, () => new Float32Array(length));
    this.#resampler = new FractionalResampler(numberOfChannels, longestFrame);
    this.#timeScale = new TimeScale(numberOfChannels, longestFrame);
    this.#before = make(fadeLength);
    this.#joined = make(longestFrame);
    this.#views = new Array(numberOfChannels);
    this.#silence = new Array(numberOfChannels).fill(silence);
  }

  /** Samples of the frame in work. */
  get frames(): number {
    return this.#frames;
  }

  /** Whether what is taken next does not follow on what was given. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** What is taken next does not follow on what was given, which would have gone on as these planes from there on: that fades. */
  breakOff(planes: readonly Float32Array[], from: number): void {
    for (const [c, before] of this.#before.entries()) {
      const rest = (planes[c] as Float32Array).subarray(from, from + fadeLength);
      before.set(rest);
      before.fill(0, rest.length);
    }
    this.#isBroken = true;
  }

  /** A frame of sound, played `speedPpm` faster if that is given. */
  take(planes: readonly Float32Array[], from: number, frames: number, speedPpm: number | undefined): void {
    this.#shape(this.#isBroken ? this.#join(planes, from, frames, joinLength) : planes, this.#isBroken ? 0 : from, frames, speedPpm);
    this.#isBroken = false;
  }

  /** A frame of silence, which what was broken off fades into. */
  takeSilence(frames: number, speedPpm: number | undefined): void {
    this.#shape(this.#isBroken ? this.#join(this.#silence, 0, frames, fadeLength) : this.#silence, 0, frames, speedPpm);
    this.breakOff(this.#silence, 0);
  }

  /**
   * Shortens the frame if the delay is clearly too long, by `excess` samples and not by more than `spare`, or lengthens it if it is too short.
   *
   * @returns by how much it has become longer, samples
   */
  adapt(excess: number, spare: number): number {
    this.#isAdapting = Math.abs(excess) > (this.#isAdapting ? shortestLag : deadband);
    if (!this.#isAdapting) return 0;
    const limit = excess > 0 ? Math.min(excess, spare) : shortestLag - excess;
    const before = this.#frames;
    this.#frames = this.#timeScale.change(this.#planes, before, Math.floor(limit), excess > 0 ? -1 : 1);
    if (this.#frames !== before) this.#planes = this.#timeScale.planes;
    return this.#frames - before;
  }

  /** The frame is given: its planes, lent until the next. */
  give(): readonly Float32Array[] {
    return this.#viewOf(this.#planes, 0, this.#frames);
  }

  #shape(planes: readonly Float32Array[], from: number, frames: number, speedPpm: number | undefined): void {
    this.#planes = this.#viewOf(planes, from, frames);
    this.#frames = frames;
    if (speedPpm === undefined) return;
    this.#frames = this.#resampler.resample(this.#planes, frames, speedPpm);
    this.#planes = this.#resampler.planes;
  }

  #join(planes: readonly Float32Array[], from: number, frames: number, length: number): readonly Float32Array[] {
    for (const [c, joined] of this.#joined.entries()) {
      const plane = planes[c] as Float32Array;
      joined.set(plane.subarray(from, from + frames));
      crossFade(joined, 0, this.#before[c] as Float32Array, 0, plane, from, Math.min(frames, length));
    }
    return this.#joined;
  }

  /** The planes themselves where they are just that long, which is the rule. */
  #viewOf(planes: readonly Float32Array[], from: number, frames: number): readonly Float32Array[] {
    if (from === 0 && planes[0]?.length === frames) return planes;
    for (let c = 0; c < this.#views.length; c++) this.#views[c] = (planes[c] as Float32Array).subarray(from, from + frames);
    return this.#views;
  }
}
