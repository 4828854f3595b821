import { type AudioFrame, Flags, Timeline } from "@remotemedia/core";

/** What restarts a node that cuts audio anew: a flag, another stream, rate or number of channels, or a timestamp that jumped. */
const jumpFlags = Flags.discontinuity | Flags.gap;

/**
 * Tells a node that holds samples back whether a frame goes on from the one before, and when its own output is.
 *
 * @example
 * const pendingAt = continuity.at(given, outputRate);
 * if (continuity.follow(frame)) flushWhatIsHeld(pendingAt);
 */
export class Continuity {
  readonly #timeline = new Timeline();
  #stream = -1;
  #numberOfChannels = 0;

  /** Counts a frame. True when what was held before it must be given out first; false for the first frame. */
  follow(frame: AudioFrame): boolean {
    const isFirst = this.#numberOfChannels === 0;
    const isOther = frame.stream.id !== this.#stream || frame.numberOfChannels !== this.#numberOfChannels;
    const restarts = isOther || (frame.flags & jumpFlags) !== 0;
    // Timestamps that go on over a jump of the content must not make the timeline go on.
    if (restarts) this.#timeline.reset();
    this.#stream = frame.stream.id;
    this.#numberOfChannels = frame.numberOfChannels;
    return (this.#timeline.follow(frame) || restarts) && !isFirst;
  }

  /** The timestamp of sample number `count` since the start or the last jump, µs; the rate defaults to that of the input. */
  at(count: number, sampleRate?: number): number {
    return this.#timeline.at(count, sampleRate);
  }

  /** Forgets everything; the next frame is the first. */
  reset(): void {
    this.#timeline.reset();
    this.#numberOfChannels = 0;
  }
}
