/**
 * Cuts text that comes in pieces into sentences that can be spoken. A sentence is given as soon as what follows its stop proves that it
 * was the end; where the pieces are cut changes nothing, because every decision looks at the same characters however late they come.
 */
import { SpeakableText } from "./speakable-text.ts";

/** How sentences are cut. */
export interface SplitterOptions {
  /** The first sentence may be given out at a comma after this many characters; 0: never. */
  readonly firstClauseChars: number;
  /** The most characters of a sentence; longer ones are cut at a comma or a space. */
  readonly maxChars: number;
}

/** Never the end of a sentence. */
const titles = new Set("adm approx capt cf col dept dr e.g gen gov hon i.e lt maj mr mrs ms mt prof rep rev sen sgt st vs viz".split(" "));
/** The end of a sentence unless it goes on in small letters or with a figure. */
const endings = new Set("a.m al apr assn aug ave bros co corp dec etc feb inc jan jr ltd mar nov oct p.m ph.d rd sept sr".split(" "));
/** Not the end before a figure. */
const numbered = new Set("art ca ch eq fig no nos p pp sec vol".split(" "));

/** A stop with what closes after it; a line break; and for the first clause a comma. The lookahead of a stop is one space and one character. */
const ends = /\n|[。！？｡]+["'”’)\]}»」』）】]*|([.!?…]+)(["'”’)\]}»]*)|[,;:](?= )|[，；：]/g;
const mostLookahead = 64;

/** Text pieces in, sentences out. */
export class SentenceSplitter {
  readonly #options: SplitterOptions;
  readonly #speakable = new SpeakableText();
  #rest = "";
  #isFirst = true;

  constructor(options: SplitterOptions) {
    this.#options = options;
  }

  /** The next piece; gives the sentences that have ended. */
  *push(piece: string): Generator<string> {
    this.#add(this.#speakable.push(piece));
    yield* this.#take(false);
  }

  /** The text is over; gives what is left of it. */
  *end(): Generator<string> {
    this.#add(this.#speakable.end());
    yield* this.#take(true);
    this.reset();
  }

  /** Forgets what has not been given. */
  reset(): void {
    this.#speakable.reset();
    this.#rest = "";
    this.#isFirst = true;
  }

  #add(text: string): void {
    this.#rest = `${this.#rest}${text}`.replace(/[^\S\n]+/g, " ").trimStart();
  }

  *#take(isEnd: boolean): Generator<string> {
    for (let length = this.#end(isEnd); length !== undefined; length = this.#end(isEnd)) {
      const sentence = this.#rest.slice(0, length).trim();
      this.#rest = this.#rest.slice(length).trimStart();
      // Stops alone, a line of dashes: nothing to say.
      if (!/[\p{L}\p{N}]/u.test(sentence)) continue;
      this.#isFirst = false;
      yield sentence;
    }
  }

  /** Where the first sentence of the rest ends; undefined when more text is needed, or none is there. */
  #end(isEnd: boolean): number | undefined {
    const { firstClauseChars, maxChars } = this.#options;
    const isWhole = isEnd || this.#rest.length >= maxChars + mostLookahead;
    const window = this.#rest.slice(0, maxChars + mostLookahead);
    for (const match of window.matchAll(ends)) {
      const end = match.index + match[0].length;
      if (end > maxChars) break;
      if (match[0] === "\n") return end;
      if (/^[,;:，；：]/.test(match[0])) {
        if (this.#isFirst && firstClauseChars > 0 && match.index >= firstClauseChars) return end;
        continue;
      }
      const after = window.slice(end, end + 2);
      if (after.length < 2 && !after.startsWith("\n") && !isWhole) return undefined;
      if (match[1] === undefined || /^\n/.test(after) || (/^ /.test(after) && isStop(window.slice(0, match.index), match, after[1] ?? "")))
        return end;
    }
    if (isWhole && this.#rest.length > maxChars) return lastBreak(window, maxChars);
    return isEnd && this.#rest !== "" ? this.#rest.length : undefined;
  }
}

/** Whether a stop, followed by a space, ends the sentence. */
function isStop(before: string, [, stops = "", closers]: RegExpExecArray, next: string): boolean {
  const goesOnSmall = /\p{Ll}/u.test(next);
  if (closers !== "" || /^(\.{2,}|…)/.test(stops)) return !goesOnSmall;
  if (stops !== ".") return true;
  const word = /[^\s"'“‘([«]*$/.exec(before)?.[0] ?? "";
  const small = word.toLowerCase();
  if (titles.has(small)) return false;
  if (endings.has(small)) return !goesOnSmall && !/\d/.test(next);
  if (numbered.has(small) && /\d/.test(next)) return false;
  // The number of a list item, an initial, U.S.
  if (/^\d{1,3}$/.test(before)) return false;
  return !(/^(\p{Lu}\.)*\p{Lu}$/u.test(word) && word !== "I");
}

/** Where a sentence without an end is cut: after the last comma of the second half, else after the last space, else in a word. */
function lastBreak(text: string, maxChars: number): number {
  const most = text.slice(0, maxChars);
  const comma = Math.max(...[", ", "; ", ": ", "，", "、"].map((sign) => most.lastIndexOf(sign)));
  if (comma > maxChars / 2) return comma + 1;
  const space = most.lastIndexOf(" ");
  if (space > 0) return space;
  return /[\uD800-\uDBFF]$/.test(most) ? maxChars - 1 : maxChars;
}
