import { defineNode, Flags, type Frame, type NodeContext, type NodeSpec, text, textFrame } from "@remotemedia/core";
import { describe, expect, it, vi } from "vitest";
import { chat } from "../../src/chat/chat.ts";
import { inWords, Responder } from "../../src/chat/responder.ts";
import { sentences } from "../../src/chat/sentences.ts";
import { says, stubServer } from "../openai/stub-server.ts";
import { talk } from "./talk.ts";

// The network is real: a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

const flagged = (frames: readonly Frame[]) => frames.map((frame) => frame.kind === "text" && [frame.text, (frame.flags & Flags.end) !== 0]);

/** Says that every text takes a second to speak, and lets a test tell how much of it was played. */
function loudspeaker(): { readonly spec: NodeSpec; play(turn: number, seconds: number): void } {
  let context: NodeContext | undefined;
  const { definition } = defineNode({
    type: "loudspeaker",
    inputs: { in: text() },
    outputs: { out: text() },
    answers: true,
    create: () => ({
      start: (given) => void (context = given),
      process(frame, _port, out) {
        if (frame.text !== "") context?.said(out.turn, { text: frame.text, durationUs: 1_000_000 });
        return out.emit("out", frame);
      },
    }),
  });
  return {
    spec: { type: "loudspeaker", definition: { ...definition, isSerializable: false }, params: {} },
    play: (turn, seconds) => context?.played(turn, { durationUs: seconds * 1e6 }),
  };
}

describe("Of an answer that is interrupted", () => {
  const heardOf = async (seconds: number): Promise<unknown> => {
    await using server = await stubServer(says("One two. ", "Three **four**. ", "Five six."), says("Yes."));
    const speaker = loudspeaker();
    await using agent = await talk(chat({ baseUrl: server.baseUrl }), sentences(), speaker.spec);
    await agent.ask("Count!");
    if (seconds > 0) speaker.play(1, seconds);
    agent.session.interrupt();
    await agent.ask("And now?");
    const [, messages = []] = server.bodies.map((body) => body["messages"] as { content: string }[]);
    return messages.slice(1).map(({ content }) => content);
  };

  it("the history keeps what was heard, marked as cut", async () => {
    expect(await heardOf(1)).toEqual(["Count!", "One two. …", "And now?"]);
    expect(await heardOf(1.6)).toEqual(["Count!", "One two. Three …", "And now?"]);
  });

  it("nothing, where nothing was heard: the words of the user come again", async () => {
    expect(await heardOf(0)).toEqual(["Count! And now?"]);
  });
});

describe("Sentences", () => {
  const push = async (...frames: readonly Frame[]) => {
    await using agent = await talk(sentences());
    for (const frame of frames) await agent.session.push(frame);
    await agent.clock.advance(0);
    return flagged(agent.out);
  };
  const piece = (words: string) => textFrame(words, { final: false });

  it("of an answer end with it; the end is flagged once", async () => {
    expect(await push(piece("Hello. Go"), piece("od day."), textFrame("", { flags: Flags.end }), textFrame("Next. One."))).toEqual([
      ["Hello.", false],
      ["Good day.", true],
      ["Next.", false],
      ["One.", true],
    ]);
  });

  it("the end of an answer is told, too, where nothing is left to say", async () => {
    expect(await push(piece("Hello.\n"), textFrame("", { flags: Flags.end }), textFrame("**"))).toEqual([
      ["Hello.", false],
      ["", true],
      ["", true],
    ]);
  });

  it("of an answer that is interrupted are forgotten; those of a transcript are not", async () => {
    for (const [node, expected] of [
      [[sentences()], [["Never mind this.", true]]],
      [[chat(), sentences()], []],
    ] as const) {
      await using agent = await talk(...node);
      await agent.session.push(piece("Never mind"));
      agent.session.interrupt();
      if (node.length === 1) await agent.session.push(textFrame(" this."));
      await agent.clock.advance(0);
      expect(flagged(agent.out)).toEqual(expected);
    }
  });
});

describe("The built-in responder", () => {
  const noon = (): Date => new Date(2026, 0, 5, 12, 30);
  const seeded = (seed: number) => () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const answers = (...words: readonly string[]): string[] => {
    const responder = new Responder(seeded(7), noon);
    return words.map((said) => responder.answer(said));
  };

  it("greets, helps, thanks and takes its leave", () => {
    const [hello, help, thanks, bye] = answers("Good morning!", "Can you help me?", "Thank you.", "Bye bye.");
    expect([hello, help, thanks, bye]).toEqual([
      expect.stringMatching(/^Good morning\./),
      expect.stringContaining("time"),
      expect.stringMatching(/welcome|pleasure/),
      expect.stringMatching(/bye/i),
    ]);
  });

  it("knows the time, the date, and the user's name once it was told", () => {
    expect(
      answers("What time is it?", "What's the date today?", "What is my name?", "My name is ada.", "What's my name?", "Thanks!"),
    ).toEqual([
      "It is 12:30 PM.",
      "It is Monday, January 5.",
      "You have not told me your name yet.",
      "Nice to meet you, Ada. How can I help?",
      "Your name is Ada.",
      expect.stringContaining(", Ada."),
    ]);
  });

  it("says plainly what it is", () => {
    for (const words of ["Who are you?", "Are you a robot?", "Are you ChatGPT?", "So, what are you?"])
      expect(answers(words)[0]).toMatch(/simple built-in responder, and no language model/);
  });

  it("turns around what the user says", () => {
    expect(answers("I am afraid of my boss.")[0]).toMatch(/afraid of your boss\?$/);
    expect(answers("I like your voice.")).toEqual(["What is it that you like about my voice?"]);
  });

  it("says the same for the same numbers, not the same twice, and two short sentences at most", () => {
    const words = ["Yes.", "Yes.", "No!", "Blue.", "", "?", "Why?", "x".repeat(5_000), "$1 {name}", "Мне грустно", "I want {time} $2"];
    const said = answers(...words);
    expect(answers(...words)).toEqual(said);
    expect(said[0]).not.toBe(said[1]);
    for (const answer of said) expect([answer.length < 160, answer.split(/[.?!](?: |$)/).length <= 3]).toEqual([true, true]);
    expect(inWords("Good day to you.")).toEqual(["Good", " day", " to", " you."]);
  });

  it("answers where no server is set", async () => {
    await using agent = await talk(chat(), sentences());
    expect(await agent.ask("Who are you?")).toMatch(/^I am a simple built-in responder/);
    expect(agent.out.map(({ flags }) => (flags & Flags.end) !== 0)).toEqual([false, true]);
  });
});
