/** Media time from sample counts: 1,024 samples at 44.1 kHz are not whole microseconds, so adding rounded durations drifts. */

/** How long `frames` samples per channel last, in whole µs. */
export const durationUs = (frames: number, sampleRate: number): number => Math.round((frames * 1e6) / sampleRate);

/** What a timeline reads of a frame. */
interface Timed {
  readonly timestamp: number;
  readonly duration: number;
  readonly sampleRate: number;
  readonly numberOfFrames: number;
}

// Timestamps that other systems rounded to milliseconds are not jumps.
const jumpToleranceUs = 2_000;

/**
 * The clock of a node that cuts audio anew. It follows the input's timestamps by counting samples, tells jumps, and gives the timestamps
 * of the output.
 *
 * @example
 * if (timeline.follow(frame)) restart();
 * const timestamp = timeline.at(samplesGiven, outputRate);
 */
export class Timeline {
  #originUs = 0;
  #heard = 0;
  #sampleRate = 0;

  /**
   * Counts an input frame. True when it does not follow on the one before: another rate, or a timestamp more than 2 ms off. The first
   * frame is a start and not a jump.
   */
  follow(frame: Timed): boolean {
    const isFirst = this.#sampleRate === 0;
    const expected = this.#originUs + durationUs(this.#heard, this.#sampleRate || 1);
    const jumped = !isFirst && (frame.sampleRate !== this.#sampleRate || Math.abs(frame.timestamp - expected) > jumpToleranceUs);
    if (isFirst || jumped) {
      this.#originUs = frame.timestamp;
      this.#heard = 0;
      this.#sampleRate = frame.sampleRate;
    }
    this.#heard += frame.numberOfFrames;
    return jumped;
  }

  /** The timestamp of sample number `count` since the start or the last jump, at the rate of the output, µs. */
  at(count: number, sampleRate: number = this.#sampleRate): number {
    return this.#originUs + durationUs(count, sampleRate);
  }

  /** Forgets everything; the next frame is the first. */
  reset(): void {
    this.#sampleRate = 0;
    this.#heard = 0;
  }
}
