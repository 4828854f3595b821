/**
 * Takes the marks out of written text that nobody would say: emphasis, headings, list marks, quotation marks of lines, the address of a
 * link, code, emoji. Text comes in pieces, and where they are cut does not matter: what could be the beginning of a mark is held back.
 */

interface Mark {
  /** Tried where the text stands; `^` is that place. */
  readonly is: RegExp;
  /** What is said instead. Default: nothing. */
  readonly says?: (match: RegExpExecArray, before: string) => string;
  /** Only at the start of a line. */
  readonly startsLine?: boolean;
}

// What is held back has to end somewhere: longer ones are no marks.
const pad = "[ \\t]{0,200}";
const label = "\\[[^\\[\\]\\n]{0,1000}";
const address = "\\([^()\\n]{0,1000}";
// Extended_Pictographic counts some signs in that are read aloud.
const emoji = "(?![©®™‼⁉])\\p{Extended_Pictographic}|\\p{Regional_Indicator}|\\p{Emoji_Modifier}|\\uFE0F|\\u200D|\\u20E3";

/** A sign of emphasis is none between spaces ("2 * 3"), between digits ("2*3"), or, if it is a low line, inside a word. */
function emphasis([, run = "", after = ""]: RegExpExecArray, before: string): string {
  const isBetween = (what: RegExp): boolean => what.test(before) && what.test(after);
  return isBetween(/^\s?$/) || isBetween(/\d/) || (run.startsWith("_") && isBetween(/\w/)) ? run : "";
}

const marks: readonly Mark[] = [
  { startsLine: true, is: new RegExp(`^${pad}(?:#{1,6}|>|[-*+•])[ \\t]{1,200}`) },
  { startsLine: true, is: new RegExp(`^${pad}(?:-{3,200}|\\*{3,200}|_{3,200}|={3,200})${pad}(?=\\n|$)`) },
  { is: new RegExp(`^!?${label}\\]${address}\\)`), says: ([link]) => link.slice(link.indexOf("[") + 1, link.indexOf("]")) },
  { is: /^(\*{1,200}|_{1,200}|~~)(?=(.?))/s, says: emphasis },
  { is: /^`/ },
  { is: new RegExp(`^(?:${emoji})`, "u") },
];
const fence = /^ {0,3}```[^`\n]{0,200}(?=\n)/;
/** One character, and then those that can begin no mark. */
const plain = new RegExp(`^(?:\\n|.(?:(?![\\n![*_~\`\\uD800-\\uDFFF]|${emoji}).)*)`, "su");

/** What may yet become a mark when more text comes. */
const unfinished = new RegExp(`^(?:!|!?${label}(?:\\](?:${address})?)?|\\*{1,200}|_{1,200}|~{1,2}|[\\uD800-\\uDBFF])$`);
const unfinishedLine = new RegExp(
  `^(?:${pad}(?:#{1,6}|>|[-+•]|-{2,200}|\\*{1,200}|_{2,200}|={2,200})?${pad}| {0,3}(?:\`{1,2}|\`\`\`[^\`\\n]{0,200}))$`,
);

/** Turns written text into text to speak, piece by piece. */
export class SpeakableText {
  #rest = "";
  /** The last character that was kept before the rest; a line break at the start of a line. */
  #before = "\n";
  #isCode = false;

  /** The next piece; gives what can be said so far. */
  push(piece: string): string {
    this.#rest += piece;
    return this.#take(false);
  }

  /** The text is over; gives what is left. */
  end(): string {
    const said = this.#take(true);
    this.reset();
    return said;
  }

  /** Forgets everything. */
  reset(): void {
    this.#rest = "";
    this.#before = "\n";
    this.#isCode = false;
  }

  #take(isEnd: boolean): string {
    let said = "";
    while (this.#rest !== "") {
      const step = this.#isCode ? this.#skipCode(isEnd) : this.#step(isEnd);
      if (step === undefined) break;
      said += step;
    }
    return said;
  }

  /** What the next mark or the next plain characters say; undefined when more text is needed. */
  #step(isEnd: boolean): string | undefined {
    const rest = this.#rest;
    const startsLine = this.#before === "\n";
    if (!isEnd && (unfinished.test(rest) || (startsLine && unfinishedLine.test(rest)))) return undefined;
    const opening = startsLine ? fence.exec(rest) : null;
    if (opening !== null) {
      this.#isCode = true;
      this.#rest = rest.slice(opening[0].length);
      return "code\n";
    }
    for (const mark of marks) {
      const match = mark.startsLine && !startsLine ? null : mark.is.exec(rest);
      if (match !== null) return this.#says(match[0], mark.says?.(match, this.#before) ?? "");
    }
    const kept = (plain.exec(rest) as RegExpExecArray)[0];
    return this.#says(kept, kept);
  }

  #says(written: string, said: string): string {
    this.#rest = this.#rest.slice(written.length);
    // A mark that is left out is no neighbor of the next one, but nothing after it starts the line.
    this.#before = said.at(-1) ?? (this.#before === "\n" ? " " : this.#before);
    return said;
  }

  #skipCode(isEnd: boolean): string | undefined {
    const closing = /\n {0,3}```[^\n]*(?=\n)/.exec(this.#rest);
    this.#isCode = closing === null && !isEnd;
    // The closing line may have begun; no more of a line is of interest than its beginning.
    if (closing === null) this.#rest = isEnd ? "" : this.#rest.slice(this.#rest.lastIndexOf("\n")).slice(0, 200);
    else this.#rest = this.#rest.slice(closing.index + closing[0].length);
    return closing === null ? undefined : "";
  }
}
