import type { DriftEstimator } from "./drift-estimator.ts";

const limitPpm = 500;
/** A drift measured better than this is worth telling. */
export const clearPpm = 15;
// Below this, time-scaling takes out or puts in a pitch period every few minutes, which costs less than resampling all that comes.
const worthwhilePpm = 50;
const slewPpm = 25;
const trimPpm = 50;

/**
 * By how many ppm received sound is played faster so that the delay stays: the measured drift once it is clear, and a little more or less
 * that brings the delay back to its target. Changes slowly enough that no pitch is heard to move.
 */
export class DriftCorrection {
  #isOn = false;
  #drift = 0;
  #ppm = 0;

  /** Whether sound has to be resampled. Stays so, as changing over and back would be heard sooner than resampling by nothing. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** By how much sound is played faster now. */
  get ppm(): number {
    return this.#ppm;
  }

  /** The drift that is corrected; positive: the sender's clock runs fast. */
  get driftPpm(): number {
    return this.#drift;
  }

  /** Takes note of a new measurement and of the delay above its target, about once a second. */
  update(drift: DriftEstimator, excessUs: number): void {
    const error = drift.errorPpm;
    this.#isOn ||= Math.abs(drift.ppm) > worthwhilePpm + 3 * error;
    if (!this.#isOn) return;
    if (error < clearPpm || Math.abs(drift.ppm - this.#drift) > 3 * error) this.#drift = drift.ppm;
    // 1 ms too much goes in 50 s.
    const trim = Math.max(-trimPpm, Math.min(trimPpm, excessUs / 50));
    const wanted = Math.max(-limitPpm, Math.min(limitPpm, this.#drift + trim));
    this.#ppm += Math.max(-slewPpm, Math.min(slewPpm, wanted - this.#ppm));
  }

  /** Another sender: its clock is another. */
  reset(): void {
    this.#isOn = false;
    this.#drift = 0;
    this.#ppm = 0;
  }
}
