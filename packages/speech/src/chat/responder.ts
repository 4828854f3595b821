/** Answers by rules, in the manner of ELIZA (Weizenbaum 1966): for trying an agent out without a network. It says plainly what it is. */
import { type ResponderRule, responderRules, turnedAround } from "./responder-rules.ts";

/**
 * The built-in responder of one conversation.
 *
 * @example new Responder(context.random).answer("Hello!") // "Hello. How can I help?"
 */
export class Responder {
  readonly #random: () => number;
  readonly #now: () => Date;
  #name = "";
  #last = "";

  /** @param random uniform in [0, 1): the same numbers give the same answers */
  constructor(random: () => number, now: () => Date = () => new Date()) {
    this.#random = random;
    this.#now = now;
  }

  /** At most two short sentences. */
  answer(said: string): string {
    const plain = said
      .toLowerCase()
      .replaceAll("’", "'")
      .replace(/[.!?,\s]+$/, "")
      .trim();
    for (const rule of responderRules) {
      const match = rule.when.exec(plain);
      if (match !== null) return (this.#last = this.#fill(this.#choose(rule), match));
    }
    return "";
  }

  /** Not the same twice in a row where there is a choice. */
  #choose({ say }: ResponderRule): string {
    const start = Math.floor(this.#random() * say.length);
    const chosen = say[start] as string;
    return chosen === this.#last ? (say[(start + 1) % say.length] as string) : chosen;
  }

  #fill(template: string, match: RegExpExecArray): string {
    if (template.includes("{name}") && /name|call/.test(match[0]) && match[1] !== undefined) this.#name = capitalized(match[1]);
    const now = this.#now();
    const values: Readonly<Record<string, () => string>> = {
      time: () => now.toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" }).replace(/\u202f/g, " "),
      date: () => now.toLocaleDateString("en-US", { weekday: "long", month: "long", day: "numeric" }),
      greeting: () => capitalized(/^\w+(?: ?(?:morning|afternoon|evening))?/.exec(match[0])?.[0] ?? "hello"),
      name: () => (this.#name === "" ? "" : `, ${this.#name}`),
      known: () => (this.#name === "" ? "You have not told me your name yet." : `Your name is ${this.#name}.`),
    };
    return template
      .replace(/\{(\w+)\}/g, (_, key: string) => values[key]?.() ?? "")
      .replace(/\$(\d)/g, (_, group: string) => reflected(match[Number(group)] ?? ""));
  }
}

const reflected = (text: string): string =>
  text.replace(/[a-z']+/g, (word) => (Object.hasOwn(turnedAround, word) ? (turnedAround[word] as string) : word));
const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** A text in the pieces in which a model would give it: a word with the space before it. */
export const inWords = (text: string): readonly string[] => text.match(/\s*\S+/g) ?? [];
