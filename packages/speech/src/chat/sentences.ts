import { defineNode, type Emission, Flags, type NodeExecutor, type ParamsOf, type TextFrame, text, textFrame } from "@remotemedia/core";
import { SentenceSplitter } from "./sentence-splitter.ts";

const params = {
  type: "object",
  additionalProperties: false,
  properties: {
    first_clause_chars: {
      type: "integer",
      minimum: 0,
      maximum: 1_000,
      default: 40,
      description:
        "The first sentence of an answer may go out at a comma after this many characters, so that speech starts sooner; 0: whole sentences only.",
    },
    max_chars: {
      type: "integer",
      minimum: 20,
      maximum: 4_000,
      default: 250,
      description: "The most characters of a sentence; a longer one is cut at a comma or a space.",
    },
  },
} as const;

/**
 * Makes sentences that can be spoken out of text that comes in pieces: abbreviations and figures do not end them, and marks of writing
 * (emphasis, headings, list marks, addresses of links, emoji) are left out; a block of code is said as "code". A frame that is `final`
 * or flagged `end` ends the text; its last sentence is flagged `end`, and is empty when everything was given before.
 *
 * @example new Pipeline("talk").add(chat()).add(sentences()).add(fliteTts())
 */
export const sentences = defineNode({
  type: "sentences",
  description: "Makes sentences that can be spoken out of pieces of text.",
  inputs: { in: text() },
  outputs: { out: text() },
  params,
  create: (options) => new SentencesNode(options),
});

class SentencesNode implements NodeExecutor<TextFrame> {
  readonly #splitter: SentenceSplitter;
  /** Whether some text came whose end did not, and whether it answers. */
  #isOpen = false;
  #isAnswer = false;

  constructor(options: ParamsOf<typeof params>) {
    this.#splitter = new SentenceSplitter(options);
  }

  *process(frame: TextFrame): Generator<Emission> {
    this.#isOpen = true;
    this.#isAnswer = (frame.flags & Flags.answer) !== 0;
    for (const sentence of this.#splitter.push(frame.text)) yield textFrame(sentence);
    if (frame.final || (frame.flags & Flags.end) !== 0) yield* this.flush();
  }

  /** The text has ended, or nothing more comes. */
  *flush(): Generator<Emission> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const rest = [...this.#splitter.end()];
    const last = rest.pop() ?? "";
    for (const sentence of rest) yield textFrame(sentence);
    yield textFrame(last, { flags: Flags.end });
  }

  /** The rest of an answer that is over is not spoken. */
  interrupt(): void {
    if (!this.#isAnswer) return;
    this.#splitter.reset();
    this.#isOpen = false;
  }
}
