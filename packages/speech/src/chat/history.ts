/** What was said: the user's words, and of the answers only what was heard. */
import type { Heard } from "@remotemedia/core";

/** A message as chat servers take it. */
export interface Message {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string | null;
  readonly [key: string]: unknown;
}

/** How much is remembered. */
export interface HistoryLimits {
  /** The most exchanges; at least 1. */
  readonly historyTurns: number;
  /** The most characters of all of them. */
  readonly historyCharacters: number;
}

/** What the user said, and what was answered so far. */
export interface Exchange {
  readonly turn: number;
  readonly user: string;
  answer: string;
}

/** A conversation. */
export class History {
  readonly #limits: HistoryLimits;
  #exchanges: Exchange[] = [];

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  /** The user has said something. @param replaces the turn that had not been answered yet, and whose words these contain */
  ask(turn: number, text: string, replaces?: number): Exchange {
    const exchange = { turn, user: text.slice(-this.#limits.historyCharacters), answer: "" };
    this.#exchanges = [...this.#exchanges.filter((before) => before.turn !== replaces || before.answer !== ""), exchange];
    this.#forget();
    return exchange;
  }

  /** The turn has risen to `turn`: of the answer before, nothing counts but what was heard. */
  interrupted(turn: number, { text = "" }: Heard): void {
    const last = this.#exchanges.at(-1);
    if (last === undefined || last.turn !== turn - 1) return;
    // The generator that writes the answer may not know yet, so it must lose hold of it.
    const heard = text.trim();
    const answer = heard === "" || heard === last.answer.trim() ? heard : `${heard} …`;
    this.#exchanges[this.#exchanges.length - 1] = { ...last, answer };
  }

  /** Everything that is remembered, oldest first. Words that nobody answered stand before the next ones. */
  messages(): Message[] {
    const messages: Message[] = [];
    let unanswered = "";
    for (const { user, answer } of this.#exchanges) {
      unanswered = unanswered === "" ? user : `${unanswered} ${user}`;
      if (answer === "") continue;
      messages.push({ role: "user", content: unanswered }, { role: "assistant", content: answer });
      unanswered = "";
    }
    return unanswered === "" ? messages : [...messages, { role: "user", content: unanswered }];
  }

  #forget(): void {
    const { historyTurns, historyCharacters } = this.#limits;
    let characters = 0;
    const tooOld = this.#exchanges.findLastIndex(({ user, answer }) => (characters += user.length + answer.length) > historyCharacters);
    this.#exchanges = this.#exchanges.slice(Math.max(tooOld + 1, this.#exchanges.length - historyTurns));
  }
}
