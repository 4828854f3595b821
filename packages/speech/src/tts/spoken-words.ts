import type { Heard } from "@remotemedia/core";

/** People speak about fifteen characters a second; the end of the sentence corrects it. */
const usPerCharacter = 65_000;

/**
 * Tells which words a sound says while its length is not known yet: word by word at the pace of speech, and the rest at the end.
 *
 * @example const words = new SpokenWords("It is late.", (said) => context.said(turn, said));
 */
export class SpokenWords {
  readonly #words: string[];
  readonly #say: (said: Heard) => void;
  #saidUs = 0;

  constructor(text: string, say: (said: Heard) => void) {
    this.#words = text.split(/\s+/).filter((word) => word !== "");
    this.#say = say;
  }

  /** There is sound until here; the last word is kept for the end. */
  reach(us: number): void {
    for (let word = this.#words[0]; word !== undefined && this.#words.length > 1; word = this.#words[0]) {
      const wordUs = (word.length + 1) * usPerCharacter;
      if (this.#saidUs + wordUs > us) return;
      this.#words.shift();
      this.#saidUs += wordUs;
      this.#say({ text: word, durationUs: wordUs });
    }
  }

  /** The sound is this long. */
  end(us: number): void {
    const text = this.#words.splice(0).join(" ");
    if (text !== "") this.#say({ text, durationUs: Math.max(us - this.#saidUs, 0) });
  }
}
