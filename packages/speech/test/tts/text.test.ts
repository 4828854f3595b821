import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clausesOf } from "../../src/tts/clauses.ts";
import { pauseAfterMs, withPause } from "../../src/tts/pauses.ts";
import { speakable } from "../../src/tts/speakable.ts";

describe("What flite is given to read", () => {
  it.each([
    ["Hello, world!", "Hello, world!"],
    ["It costs €5, or £1, or 2.50 €.", "It costs 5 euros, or 1 pound, or 2.50 euros."],
    ["About €3 million, $5.50 and 50%", "About 3 million euros, $5.50 and 50%"],
    ["See https://www.example.com/docs/page.html?x=1#top.", "See example dot com/docs/page dot html"],
    ["Mail me@example.org, e.g. today, i.e. now.", "Mail me at example dot org, for example today, that is now."],
    ["Node.js 20.1.3 at 10.0.0.1", "Node dot js 20 point 1 point 3 at 10 point 0 point 0 point 1"],
    ["On 2024-05-06, 20°C", "On May 6, 2024, 20 degrees Celsius"],
    ["“It’s” 5–10 — or more…", "It's 5 to 10, or more..."],
    ["Café, naïve, Straße, ½ cup, ﬁne", "Cafe, naive, Strasse, 1/2 cup, fine"],
    ["Good 😀👍🏽 morning 中文", "Good morning"],
    ["**bold** `code` 2 * 3\u0000\u0007", "bold code 2 times 3"],
  ])("reads %j as %j", (text, read) => expect(speakable(text)).toBe(read));

  it.each(["", "  \n\t", "😀", "中文。", "?!…", "\u0000", "***"])("has nothing to read in %j", (text) => expect(speakable(text)).toBe(""));

  it("is ASCII whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        expect(speakable(text)).toMatch(/^[ -~]*$/);
      }),
      { seed: 11 },
    );
  });

  it("takes little time with what is made to take long", () => {
    const before = process.cpuUsage();
    for (const evil of [
      "1.".repeat(10_000),
      "a".repeat(20_000),
      "@".repeat(20_000),
      " -".repeat(10_000),
      "€1".repeat(10_000),
      "http://".repeat(4_000),
    ])
      clausesOf(evil).map(speakable);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(2);
  });
});

describe("Clauses", () => {
  it("are whole sentences where these are short", () => {
    expect(clausesOf("Hello, how can I help you today?")).toEqual(["Hello, how can I help you today?"]);
    expect(clausesOf(" \n ")).toEqual([]);
  });

  it("end at punctuation, the first of them early", () => {
    const text = "I can look up the weather, set timers, and tell you the time, but I cannot see your screen. What would you like?";
    expect(clausesOf(text)).toEqual([
      "I can look up the weather, set timers,",
      "and tell you the time, but I cannot see your screen. What would you like?",
    ]);
  });

  it("end between words where there is no punctuation, and anywhere in what is no word", () => {
    expect(clausesOf("word ".repeat(60)).map(({ length }) => length)).toEqual([119, 119, 59]);
    expect(clausesOf("x".repeat(400)).map(({ length }) => length)).toEqual([120, 120, 120, 40]);
    for (const clause of clausesOf(`a${"😀".repeat(300)}`)) expect(clause).not.toMatch(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/);
  });

  it("hold all of the text, none of them long", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "word", "something", ",", ".", " ", "\n", " – ", '?"', "é"), { maxLength: 400 }),
        (parts) => {
          const text = parts.join("");
          const clauses = clausesOf(text);
          expect(clauses.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
          for (const clause of clauses) expect([clause.length > 0, clause.length <= 121]).toEqual([true, true]);
        },
      ),
      { seed: 12 },
    );
    expect(clausesOf("This is a sentence, or two. ".repeat(360)).length).toBeGreaterThan(80);
  });
});

describe("Pauses", () => {
  const sound = Float32Array.from({ length: 16_000 }, (_, i) => (i >= 4_000 && i < 12_000 ? 0.3 : 0.001));

  it("are as long as they shall be, whatever silence the engine puts around its sound", () => {
    const spoken = withPause(sound, 16_000, 150);
    expect(spoken.findIndex((sample) => sample > 0.1)).toBe(240);
    const quietMs = (spoken.length - 240 - 8_000) / 16;
    expect(quietMs).toBeGreaterThanOrEqual(150);
    expect(quietMs).toBeLessThan(170);
    expect(spoken.length % 320).toBe(0);
  });

  it("leave nothing of silence", () => expect(withPause(new Float32Array(1_000), 16_000, 150)).toHaveLength(0));

  it("are longer after a sentence than inside of one, and shortest at the end of all", () => {
    const [end, sentence, clause] = [pauseAfterMs("Yes.", true), pauseAfterMs('"Yes."', false), pauseAfterMs("yes,", false)];
    expect([end < clause, clause < sentence]).toEqual([true, true]);
  });
});
