import { Concealment } from "./concealment.ts";
import { FractionalResampler } from "./fractional-resampler.ts";
import { shortestLag, TimeScale } from "./time-scale.ts";

const longestFrame = 1920;
// The delay may be off its target by so much, in samples: 5 ms.
const deadband = 240;

/** The sound on its way out: speed, joints and length of one frame after another. As a rule none of it changes, and nothing is copied. */
export class SoundShaper {
  readonly #resampler: FractionalResampler;
  readonly #timeScale: TimeScale;
  readonly #concealment: Concealment;
  readonly #views: Float32Array[];
  #planes: readonly Float32Array[] = [];
  #frames = 0;
  // What is taken next does not follow on what was given.
  #isBroken = true;
  #isAdapting = false;

  constructor(numberOfChannels: number) {
    this.#resampler = new FractionalResampler(numberOfChannels, longestFrame);
    this.#timeScale = new TimeScale(numberOfChannels, longestFrame);
    this.#concealment = new Concealment(numberOfChannels, longestFrame);
    this.#views = new Array(numberOfChannels);
  }

  /** Samples of the frame in work. */
  get frames(): number {
    return this.#frames;
  }

  /** What is taken next does not follow on what was given before: it will be led into. */
  breakOff(): void {
    this.#isBroken = true;
  }

  /** A frame of real sound, played `speedPpm` faster if that is given. */
  take(planes: readonly Float32Array[], from: number, frames: number, speedPpm: number | undefined): void {
    this.#planes = this.#viewOf(planes, from, frames);
    this.#frames = frames;
    if (speedPpm !== undefined) {
      if (this.#isBroken) this.#resampler.restart();
      this.#frames = this.#resampler.resample(this.#planes, frames, speedPpm);
      this.#planes = this.#resampler.planes;
    }
    if (!this.#isBroken) return;
    this.#concealment.merge(this.#planes, this.#frames);
    this.#planes = this.#concealment.planes;
    this.#isBroken = false;
  }

  /** A frame of made-up sound, or of silence that what was before fades into. */
  makeUp(frames: number, isSilence: boolean): void {
    this.#concealment.make(frames, isSilence);
    this.#planes = this.#concealment.planes;
    this.#frames = frames;
    this.#isBroken = true;
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
    const planes = this.#viewOf(this.#planes, 0, this.#frames);
    this.#concealment.remember(planes, this.#frames);
    return planes;
  }

  /** The planes themselves where they are just that long, which is the rule. */
  #viewOf(planes: readonly Float32Array[], from: number, frames: number): readonly Float32Array[] {
    if (from === 0 && planes[0]?.length === frames) return planes;
    for (let c = 0; c < this.#views.length; c++) this.#views[c] = (planes[c] as Float32Array).subarray(from, from + frames);
    return this.#views;
  }
}
