import { describe, expect, it } from "vitest";
import { completeness, realWords } from "../src/turns/completeness.ts";

describe("A text looks", () => {
  it.each([
    "What time is it?",
    "I live in Boston.",
    "Yes.",
    "No, thank you.",
    "Forty two.",
    "Yes, I do.",
    "Tell me what you can do.",
    "Where are you from?",
    "My number is 555 0192 334.",
    "I was born in Boston. I work in Cambridge.",
    "If it rains, we stay at home.",
  ])("complete: %s", (text) => expect(completeness(text)).toBe("complete"));

  it.each([
    "I want to",
    "I want to.",
    "And then the.",
    "I need a flight from.",
    "Well,",
    "Um.",
    "I was thinking...",
    "Can you.",
    "My name is.",
    "My phone number is 555.",
    "five five five",
    "When I got home.",
    "I like tea and",
    "It’s",
  ])("unfinished: %s", (text) => expect(completeness(text)).toBe("unfinished"));

  it.each(["", "Pizza.", "turn on the light", "I want", "...?", "你好"])("neither: %s", (text) => {
    expect(["unsure", "unfinished"]).toContain(completeness(text));
  });

  it("the same however long it is, and soon", () => {
    const before = process.cpuUsage();
    for (const piece of ["a ", "I want to ", ". ", "5 ", "i see "]) completeness(piece.repeat(20_000));
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1);
  });
});

describe("Words that only say that somebody listens", () => {
  it.each(["Mm-hm.", "Mhm", "Yeah.", "Okay, right.", "Uh-huh!", "I see.", "Got it.", "Oh wow", "", "…"])("%s", (text) =>
    expect(realWords(text)).toBe(0),
  );

  it.each(["No.", "Stop.", "Wait.", "Yeah, but not today.", "Right, so I wanted to ask you", "yeah yeah yeah yeah yeah"])(
    "are not %s",
    (text) => expect(realWords(text)).toBeGreaterThan(0),
  );
});
