/** The conversation turn of a session: what is stale, what is on hold, and how much of an answer was heard. */
import { Flags, type Frame } from "../frame/frame.ts";
import type { Heard } from "../node/node.ts";

/** Counts turns. Raising one is the engine's work, because everything must be told. */
export class Turns {
  /** From 1. */
  current = 1;
  isHeld = false;
  readonly #heard = new Map<number, Heard>();

  /** Whether a frame answers a turn that is over. */
  isStale(frame: Frame): boolean {
    return (frame.flags & Flags.answer) !== 0 && frame.turn < this.current;
  }

  /** Whether a frame belongs to an answer that is on hold. */
  holdsBack(frame: Frame): boolean {
    return this.isHeld && (frame.flags & Flags.answer) !== 0;
  }

  /** The next turn begins. What was heard of the answer that it ends. */
  raise(): Heard {
    const heard = this.#heard.get(this.current) ?? { durationUs: 0 };
    this.current++;
    this.isHeld = false;
    return heard;
  }

  /** The answer of a turn was heard to its end: the next utterance begins another. */
  end(turn: number): void {
    if (turn === this.current) this.current++;
  }

  /** A sink reports what it played; it sums up, and only the latest turns matter. */
  played(turn: number, { durationUs, text }: Heard): void {
    const before = this.#heard.get(turn);
    const words = [before?.text, text].filter((part) => part !== undefined).join("");
    this.#heard.set(turn, { durationUs: (before?.durationUs ?? 0) + durationUs, ...(words !== "" && { text: words }) });
    for (const old of this.#heard.keys()) if (old < this.current - 1) this.#heard.delete(old);
  }
}
