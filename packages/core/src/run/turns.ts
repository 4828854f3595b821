/** The conversation turn of a session: what is stale, what is on hold, and how much of an answer was heard. */
import { Flags, type Frame } from "../frame/frame.ts";
import type { AnswerState, Heard } from "../node/node.ts";

/** Counts turns. Raising one is the engine's work, because everything must be told. */
export class Turns {
  /** From 1. */
  current = 1;
  isHeld = false;
  /** Some of the current answer was played, and its end was not. */
  isPlaying = false;
  readonly #rose: () => void;
  readonly #heard = new Map<number, Heard>();
  readonly #said = new Map<number, Heard[]>();

  /** @param rose the next turn has begun */
  constructor(rose: () => void) {
    this.#rose = rose;
  }

  /** Whether a frame answers a turn that is over. */
  isStale(frame: Frame): boolean {
    return (frame.flags & Flags.answer) !== 0 && frame.turn < this.current;
  }

  /** Whether a frame belongs to an answer that is on hold. */
  holdsBack(frame: Frame): boolean {
    return this.isHeld && (frame.flags & Flags.answer) !== 0;
  }

  /** What has become of the current answer. */
  answer(): AnswerState {
    return { turn: this.current, isPlaying: this.isPlaying, isHeld: this.isHeld, heard: this.#heardOf(this.current) };
  }

  /** The next turn begins. What was heard of the answer that it ends. */
  raise(): Heard {
    const heard = this.#heardOf(this.current);
    this.#begin();
    return heard;
  }

  /** The answer of a turn was heard to its end: the next utterance begins another. */
  end(turn: number): void {
    if (turn === this.current) this.#begin();
  }

  /** A sink reports what it played; it sums up, and only the latest turns matter. */
  played(turn: number, { durationUs, text }: Heard): void {
    const before = this.#heard.get(turn);
    const words = [before?.text, text].filter((part) => part !== undefined).join("");
    this.#heard.set(turn, { durationUs: (before?.durationUs ?? 0) + durationUs, ...(words !== "" && { text: words }) });
    if (turn === this.current) this.isPlaying = true;
  }

  /** What was heard of the current answer now that its playback has ended: all that was said, though rounding may lack a word's end. */
  heardToTheEnd(): Heard {
    const heard = this.#heardOf(this.current);
    return this.#said.has(this.current)
      ? { ...heard, text: heardWords(this.#said.get(this.current) ?? [], Number.POSITIVE_INFINITY) }
      : heard;
  }

  /** What the next part of an answer's audio says. */
  said(turn: number, words: Heard): void {
    const said = this.#said.get(turn);
    if (said === undefined) this.#said.set(turn, [words]);
    else said.push(words);
  }

  #begin(): void {
    this.current++;
    this.isPlaying = this.isHeld = false;
    for (const kept of [this.#heard, this.#said]) for (const old of kept.keys()) if (old < this.current - 1) kept.delete(old);
    this.#rose();
  }

  #heardOf(turn: number): Heard {
    const heard = this.#heard.get(turn) ?? { durationUs: 0 };
    const text = heard.text ?? heardWords(this.#said.get(turn) ?? [], heard.durationUs);
    return text === "" ? heard : { ...heard, text };
  }
}

/** The words that fit into a time; those of a part that was cut are taken to be spoken evenly, and the cut one is not heard. */
function heardWords(said: readonly Heard[], durationUs: number): string {
  let leftUs = durationUs;
  const words: string[] = [];
  for (const { text = "", durationUs: partUs } of said) {
    if (leftUs <= 0) break;
    const cut = leftUs >= partUs ? text : text.slice(0, text.lastIndexOf(" ", Math.floor((text.length * leftUs) / partUs)) + 1).trimEnd();
    if (cut !== "") words.push(cut);
    leftUs -= partUs;
  }
  return words.join(" ");
}
