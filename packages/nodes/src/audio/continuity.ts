import { type AudioFrame, Flags, Timeline } from "@remotemedia/core";

/** What restarts a node that cuts audio anew: a flag, another stream, rate or number of channels, or a timestamp that jumped. */
const jumpFlags = Flags.discontinuity | Flags.gap;

/** What lies between two frames: the media time or the content jumped, or what came before answered a turn that is over. */
export type Break = "jump" | "interruption" | undefined;

/**
 * Tells a node that holds samples back whether a frame goes on from the one before, and when its own output is.
 *
 * What is held when an answer is interrupted must not be heard. It is seen here, by the turn of the next frame, and not in `interrupt`:
 * that may be called while a node waits in the middle of a frame.
 *
 * @example
 * const pendingAt = continuity.at(given, outputRate);
 * if (continuity.follow(frame) === "jump") flushWhatIsHeld(pendingAt);
 */
export class Continuity {
  readonly #timeline = new Timeline();
  #stream = -1;
  #numberOfChannels = 0;
  #answeredTurn = Number.POSITIVE_INFINITY;

  /** Counts a frame, and tells what lies before it; nothing before the first. */
  follow(frame: AudioFrame): Break {
    const isInterrupted = frame.turn > this.#answeredTurn;
    this.#answeredTurn = (frame.flags & Flags.answer) !== 0 ? frame.turn : Number.POSITIVE_INFINITY;
    const isFirst = this.#numberOfChannels === 0;
    const isOther = frame.stream.id !== this.#stream || frame.numberOfChannels !== this.#numberOfChannels;
    const restarts = isInterrupted || isOther || (frame.flags & jumpFlags) !== 0;
    // Timestamps that go on over a jump of the content must not make the timeline go on.
    if (restarts) this.#timeline.reset();
    this.#stream = frame.stream.id;
    this.#numberOfChannels = frame.numberOfChannels;
    const jumped = this.#timeline.follow(frame) || restarts;
    return isFirst || !jumped ? undefined : isInterrupted ? "interruption" : "jump";
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
