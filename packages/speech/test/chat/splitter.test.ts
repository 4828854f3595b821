import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SentenceSplitter, type SplitterOptions } from "../../src/chat/sentence-splitter.ts";

const whole = { firstClauseChars: 0, maxChars: 250 };

function split(pieces: readonly string[], options: SplitterOptions = whole): string[] {
  const splitter = new SentenceSplitter(options);
  return [...pieces.flatMap((piece) => [...splitter.push(piece)]), ...splitter.end()];
}

const cases: readonly (readonly [what: string, text: string, sentences: readonly string[]])[] = [
  ["stops", "Hello there. How are you? Fine! Good", ["Hello there.", "How are you?", "Fine!", "Good"]],
  ["small letters after a stop", "sure thing. let me look.", ["sure thing.", "let me look."]],
  ["titles", "Dr. Smith met Mrs. Jones. They talked.", ["Dr. Smith met Mrs. Jones.", "They talked."]],
  ["e.g. and i.e.", "Take fruit, e.g. apples. Or, i.e. pears.", ["Take fruit, e.g. apples.", "Or, i.e. pears."]],
  ["etc.", "Apples, pears, etc. are fruit. Nuts etc. Are not.", ["Apples, pears, etc. are fruit.", "Nuts etc.", "Are not."]],
  [
    "U.S. and initials",
    "J. R. Hill lives in the U.S. Capital. So do I. Yes.",
    ["J. R. Hill lives in the U.S. Capital.", "So do I.", "Yes."],
  ],
  ["times of day", "At 5 p.m. we go. It is 9 a.m. Get up.", ["At 5 p.m. we go.", "It is 9 a.m.", "Get up."]],
  ["figures", "Pi is 3.14, about. It was 1999. No. 5 won.", ["Pi is 3.14, about.", "It was 1999.", "No. 5 won."]],
  ["numbers of a list", "1. Open it.\n2. Close it.", ["1. Open it.", "2. Close it."]],
  ["addresses", "See example.com for v1.2.3 of it. Done.", ["See example.com for v1.2.3 of it.", "Done."]],
  ["ellipsis", "Well... maybe. Wait… Now.", ["Well... maybe.", "Wait…", "Now."]],
  ["several stops", "What?! No!!! Yes.", ["What?!", "No!!!", "Yes."]],
  [
    "quotes and brackets",
    '"Go." He went. (She did too.) "Really?" she said.',
    ['"Go."', "He went.", "(She did too.)", '"Really?" she said.'],
  ],
  ["line breaks", "First line\nsecond line\n\nthird", ["First line", "second line", "third"]],
  ["Chinese and Japanese", "你好。你好吗？「はい。」そうです！", ["你好。", "你好吗？", "「はい。」", "そうです！"]],
  ["emoji", "Great! 😀 Next 👩‍👩‍👧 one 1️⃣ 🇫🇷. ©", ["Great!", "Next one 1 ."]],
  ["emphasis", "This is **very** *good* and __bold__ ~~not~~.", ["This is very good and bold not."]],
  ["signs that are no emphasis", "2 * 3 is 6, 2*3 too, and snake_case_name.", ["2 * 3 is 6, 2*3 too, and snake_case_name."]],
  ["headings and lists", "# Title\n- one\n* two\n  + three\n> said\n---\nend", ["Title", "one", "two", "three", "said", "end"]],
  [
    "links and pictures",
    "See [the page](https://a.example/x?y=1). ![A cat](cat.png) [1] is a note.",
    ["See the page.", "A cat [1] is a note."],
  ],
  ["code", "Run `npm test`:\n```sh\nnpm test. Now!\n```\nDone.", ["Run npm test:", "code", "Done."]],
  ["code that never ends", "Run:\n```\nnpm test. Now!", ["Run:", "code"]],
  ["three marks in a line", "Say ```x``` now. And\n```y``` too.", ["Say x now.", "And", "y too."]],
  ["nothing to say", "... !!\n---\n*", []],
];

describe("Sentences end where a speaker would pause", () => {
  for (const [what, text, sentences] of cases) it(what, () => expect(split([text])).toEqual(sentences));

  it("and the first may go out at a comma", () => {
    const text = "Well, that depends on many things, I think, and on you. And on me, of course, too.";
    expect(split([text], { firstClauseChars: 10, maxChars: 250 })).toEqual([
      "Well, that depends on many things,",
      "I think, and on you.",
      "And on me, of course, too.",
    ]);
  });

  it("a sentence is given as soon as the next one begins, and not before", () => {
    const splitter = new SentenceSplitter(whole);
    expect(["Hello", " there", ".", " ", "H", "ow"].map((piece) => [...splitter.push(piece)].length)).toEqual([0, 0, 0, 0, 1, 0]);
  });

  it("what has no end is cut at a comma, at a space, or in the middle of a word", () => {
    const options = { firstClauseChars: 0, maxChars: 20 };
    expect(split(["one two three, four five six seven"], options)).toEqual(["one two three,", "four five six seven"]);
    expect(split(["one two three four five six seven"], options)).toEqual(["one two three four", "five six seven"]);
    expect(split(["x".repeat(45)], options)).toEqual(["x".repeat(20), "x".repeat(20), "xxxxx"]);
  });

  it("a megabyte without an end takes its time and no more", () => {
    const splitter = new SentenceSplitter({ firstClauseChars: 40, maxChars: 250 });
    let longest = 0;
    for (const sign of ["a", "[", "*", "`", " ", ".", "```\n", "- ", "😀"])
      for (let i = 0; i < 5; i++) for (const sentence of splitter.push(sign.repeat(20_000))) longest = Math.max(longest, sentence.length);
    expect(longest).toBeLessThanOrEqual(250);
  });
});

const bits = [
  "Dr",
  ". ",
  "!",
  "? ",
  "…",
  "\n",
  "*",
  "**",
  "_",
  "`",
  "```",
  "```\n",
  "[",
  "](",
  ")",
  "x",
  "Yes",
  "3",
  ".1",
  ", ",
  "; ",
  " ",
  "-",
  "- ",
  "#",
  "> ",
  "~~",
  "😀",
  "é",
  "𝒳",
  "。",
  "」",
  '"',
  "e.g",
  "U.S",
  "long words here ",
];
const written = fc.oneof(
  fc.array(fc.constantFrom(...bits), { maxLength: 60 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 80 }),
);
const options = fc.record({ firstClauseChars: fc.integer({ min: 0, max: 20 }), maxChars: fc.integer({ min: 20, max: 60 }) });

describe("However text is cut in pieces", () => {
  it("the same sentences come out", () => {
    fc.assert(
      fc.property(written, options, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (text, how, lengths) => {
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < text.length; at += pieces[i++]?.length as number)
          pieces.push(text.slice(at, at + (lengths[i % lengths.length] as number)));
        expect(split(pieces, how)).toEqual(split([text], how));
      }),
      { seed: 4, numRuns: 3_000 },
    );
  });

  it("no word is lost, and none is longer than it may be", () => {
    const words = fc.array(fc.constantFrom("Dr.", "yes,", "no!", "3.14", "U.S.", "really?", "(so)", "end.", "\n", "好。", '"Ha."'), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(words, options, (given, how) => {
        const said = split([given.join(" ")], how);
        expect(said.join("").replace(/\s/g, "")).toBe(given.join("").replace(/\s/g, ""));
        expect(Math.max(0, ...said.map((sentence) => sentence.length))).toBeLessThanOrEqual(how.maxChars);
      }),
      { seed: 4, numRuns: 1_000 },
    );
  });
});
