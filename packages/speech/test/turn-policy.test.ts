import type { EventFrame } from "@remotemedia/core";
import { afterEach, describe, expect, it } from "vitest";
import { Call, type CallOptions, hangoverMs } from "./turn-call.ts";

const calls: Call[] = [];
const open = async (options?: CallOptions): Promise<Call> => {
  const call = await Call.open(options);
  calls.push(call);
  await call.clock.advance(1);
  return call;
};
afterEach(async () => {
  for (const call of calls.splice(0)) await call.close();
});

/** Silence before the turn was given, ms. */
const silenceBefore = (call: Call, stoppedMs: number): number => (call.asked.at(-1)?.atUs ?? Number.NaN) / 1000 - stoppedMs;

describe("A turn ends", () => {
  it("400 ms after a complete sentence, the hangover included", async () => {
    const call = await open();
    await call.hears("What time is it?", 1_000);
    const stoppedMs = call.nowMs;
    await call.clock.advance(2_000);
    expect(call.asked.map(({ text }) => text)).toEqual(["What time is it?"]);
    expect(silenceBefore(call, stoppedMs)).toBe(400);
    expect(call.last("turn-ended")).toEqual({ turn: 1, text: "What time is it?", silence_ms: 400, reason: "complete" });
  });

  it("a second after an unfinished one", async () => {
    const call = await open();
    await call.hears("I want to", 1_000);
    const stoppedMs = call.nowMs;
    await call.clock.advance(2_000);
    expect(silenceBefore(call, stoppedMs)).toBe(1_000);
    expect(call.last("turn-ended")?.reason).toBe("unfinished");
  });

  it("after a fixed silence where that is asked for", async () => {
    const call = await open({ params: { mode: "silence", silence_ms: 600 } });
    await call.hears("I want to", 1_000);
    const stoppedMs = call.nowMs;
    await call.clock.advance(2_000);
    expect(silenceBefore(call, stoppedMs)).toBe(600);
  });

  it("later for a speaker who pauses for long", async () => {
    const call = await open({ params: { mode: "adaptive", silence_ms: 500 } });
    for (let i = 0; i < 4; i++) {
      await call.hears("And then", 500);
      await call.clock.advance(380);
    }
    await call.hears("that was it.", 500);
    const stoppedMs = call.nowMs;
    await call.clock.advance(3_000);
    expect(call.asked).toHaveLength(1);
    expect(silenceBefore(call, stoppedMs)).toBeGreaterThan(520);
    expect(silenceBefore(call, stoppedMs)).toBeLessThanOrEqual(1_000);
  });

  it("once, however often the speaker pauses", async () => {
    const call = await open();
    for (const words of ["I want to", "book a flight to", "Boston."]) {
      await call.hears(words, 700);
      await call.clock.advance(300);
    }
    await call.clock.advance(1_000);
    expect(call.asked.map(({ text }) => text)).toEqual(["I want to book a flight to Boston."]);
  });

  it("when a slow recognizer has its text, at once", async () => {
    const call = await open({ asrMs: () => 900 });
    await call.hears("What time is it?", 1_000);
    const stoppedMs = call.nowMs;
    await call.clock.advance(3_000);
    expect(silenceBefore(call, stoppedMs)).toBe(hangoverMs + 900);
  });

  it("with the last partial text when the recognizer takes too long, and its late text is not heard twice", async () => {
    const call = await open({ asrMs: () => 4_000, params: { asr_timeout_ms: 1_000 } });
    call.says("What time is it now?", 1_000, [{ afterMs: 900, text: "What time is it" }]);
    await call.clock.advance(8_000);
    expect(call.asked.map(({ text }) => text)).toEqual(["What time is it"]);
    expect(call.last("turn-ended")?.reason).toBe("asr-timeout");
  });

  it("of its own when the answer to the one before is still awaited: that is not given any more, and the later question is answered", async () => {
    const call = await open({ chatMs: () => 9_000, answerMs: () => 2_000 });
    await call.hears("What time is it?", 1_000);
    await call.clock.advance(6_000);
    await call.hears("Tell me a joke.", 1_000);
    await call.clock.advance(20_000);
    expect(call.asked.map(({ text, turn, replaces }) => [text, turn, replaces])).toEqual([
      ["What time is it?", 1, undefined],
      ["Tell me a joke.", 2, undefined],
    ]);
    expect(call.played.map(({ turn }) => turn)).toEqual(Array(100).fill(2));
  });

  it("late rather than never, when nothing at all was recognized in time", async () => {
    const call = await open({ asrMs: () => 4_000, params: { asr_timeout_ms: 1_000 } });
    call.says("What time is it?", 1_000);
    await call.clock.advance(8_000);
    expect(call.asked.map(({ text }) => text)).toEqual(["What time is it?"]);
  });

  it("without a question when nothing was said", async () => {
    const call = await open();
    await call.hears("", 300);
    await call.clock.advance(2_000);
    expect([call.asked, call.told]).toEqual([[], ["turn-started", "turn-ended"]]);
  });

  it("with what was said so far when the session is closed", async () => {
    const call = await open();
    call.says("What time is it?", 1_000, [{ afterMs: 500, text: "What time" }]);
    await call.clock.advance(700);
    await call.close();
    expect(call.asked.map(({ text }) => text)).toEqual(["What time"]);
  });
});

describe("What is told of a turn", () => {
  it("has the time of its speech, whoever tells it and when", async () => {
    const call = await open();
    await call.hears("Tell me a story.", 1_000);
    await call.clock.advance(1_000);
    const onsetUs = call.clock.nowUs();
    call.says("Stop that please.", 900);
    await call.clock.advance(4_000);
    expect(call.events.map((frame) => [(frame as EventFrame).name, frame.timestamp])).toEqual([
      ["turn-started", 1_000],
      ["turn-ended", 1_001_000],
      ["interrupted", onsetUs],
      ["turn-started", onsetUs],
      ["turn-ended", onsetUs + 900_000],
    ]);
    // Every event that is pushed has a stream of its own here.
    const streams = call.events.map(({ stream }) => stream.id);
    const [first, , second] = streams;
    expect(streams).toEqual([first, first, second, second, second]);
    expect(first).not.toBe(second);
  });

  it("has one number from its start to its end, also when the answer before begins meanwhile", async () => {
    const call = await open({ params: { join_ms: 0 }, chatMs: () => 1_500 });
    await call.hears("Tell me a story.", 1_000);
    await call.clock.advance(1_000);
    await call.hears("Stop that please.", 2_500);
    await call.clock.advance(6_000);
    expect(call.told.slice(2)).toEqual(["turn-started", "interrupted", "turn-ended"]);
    expect(call.events.flatMap((frame) => ((frame as EventFrame).value as { turn?: number }).turn ?? [])).toEqual([1, 1, 2, 2]);
    expect(call.asked.at(-1)).toMatchObject({ turn: 2 });
  });
});

describe("Who goes on before the answer is heard", () => {
  it("has not finished: the texts are one turn, and the earlier one is named", async () => {
    const call = await open({ chatMs: () => 800 });
    await call.hears("I live in Boston.", 1_000);
    await call.clock.advance(500);
    await call.hears("But I work in Cambridge.", 1_000);
    await call.clock.advance(4_000);
    expect(call.asked.map(({ text, turn, replaces }) => [text, turn, replaces])).toEqual([
      ["I live in Boston.", 1, undefined],
      ["I live in Boston. But I work in Cambridge.", 2, 1],
    ]);
    expect(new Set(call.played.map(({ turn }) => turn))).toEqual(new Set([2]));
  });

  it("keeps the turn when it was a cough", async () => {
    const call = await open({ chatMs: () => 800 });
    await call.hears("I live in Boston.", 1_000);
    await call.clock.advance(500);
    await call.hears("", 150);
    await call.clock.advance(4_000);
    expect(call.asked.at(-1)).toMatchObject({ text: "I live in Boston.", turn: 2, replaces: 1 });
    expect(call.played.length).toBeGreaterThan(0);
  });
});

/** A call in which the agent has begun to speak. */
const speaking = async (options?: CallOptions): Promise<Call> => {
  const call = await open(options);
  await call.hears("Tell me a story.", 1_000);
  await call.clock.advance(1_000);
  expect(
    call.session
      .turns()
      .at(-1)
      ?.events.some(({ name }) => name === "playback-started"),
  ).toBe(true);
  return call;
};

describe("Speech during an answer", () => {
  it("silences it at once and ends it when real words are recognized", async () => {
    const call = await speaking();
    const onset = call.nowMs;
    call.says("Stop that please.", 900, [{ afterMs: 500, text: "Stop that" }]);
    await call.clock.advance(4_000);
    const stale = call.played.filter(({ turn, atUs }) => turn === 1 && atUs / 1000 > onset);
    expect((stale.at(-1)?.atUs as number) / 1000 - onset).toBeLessThanOrEqual(100 + 120);
    expect(call.asked.at(-1)).toMatchObject({ text: "Stop that please.", turn: 2 });
    expect(call.told).toEqual(["turn-started", "turn-ended", "interrupted", "turn-started", "turn-ended"]);
    expect(call.last("interrupted")?.heard_us).toBeGreaterThan(0);
  });

  it.each(["Mm-hm.", "Yeah.", "Okay, right.", "Uh-huh.", "I see."])("that only says %s lets it go on, whole", async (words) => {
    const call = await speaking();
    call.says(words, 300);
    await call.clock.advance(6_000);
    expect(call.told).toEqual(["turn-started", "turn-ended", "backchannel"]);
    expect(call.played).toHaveLength(100);
    expect(call.last("backchannel")).toEqual({ text: words });
  });

  it("that has no words, or is too short for any, was a false interruption", async () => {
    const call = await speaking();
    call.says("", 400);
    await call.clock.advance(1_500);
    call.says("Hm", 110);
    await call.clock.advance(6_000);
    expect(call.told.filter((name) => name === "false-interruption")).toHaveLength(2);
    expect(call.played).toHaveLength(100);
  });

  it("that lasts ends it, whatever is recognized later", async () => {
    const call = await speaking();
    call.asrMs = () => 1_500;
    call.says("No no no, listen to me now.", 3_000);
    await call.clock.advance(100 + 800 + 10);
    expect(call.told.at(-2)).toBe("interrupted");
  });

  it("ends it at once where that is asked for", async () => {
    const call = await speaking({ params: { barge_in: "immediate" } });
    call.says("Mm-hm.", 300);
    await call.clock.advance(110);
    expect(call.told.slice(2)).toEqual(["interrupted", "turn-started"]);
  });

  it("is not listened to in half duplex", async () => {
    const call = await speaking({ params: { barge_in: "off" } });
    call.says("Stop that please.", 900, [{ afterMs: 500, text: "Stop that" }]);
    await call.clock.advance(5_000);
    expect([call.asked.length, call.played.length]).toEqual([1, 100]);
    await call.hears("What time is it?", 1_000);
    await call.clock.advance(1_000);
    expect(call.asked.at(-1)?.text).toBe("What time is it?");
  });

  it("never leaves it on hold: not when its text never comes", async () => {
    const call = await speaking();
    call.asrMs = () => 60_000;
    call.says("never recognized", 300);
    await call.clock.advance(100 + 1_000);
    expect(call.told.at(-1)).toBe("turn-ended");
    await call.clock.advance(1_010);
    expect(call.told.at(-1)).toBe("false-interruption");
    await call.clock.advance(5_000);
    expect(call.played).toHaveLength(100);
  });

  it("that somebody else interrupted is not taken for one that goes on: the next turn is given once", async () => {
    const call = await speaking();
    call.says("Mm-hm.", 300);
    await call.clock.advance(150);
    call.session.interrupt("somebody pressed a button");
    await call.clock.advance(900);
    await call.hears("", 200);
    await call.clock.advance(2_000);
    expect(call.asked.map(({ text, turn, replaces }) => [text, turn, replaces])).toEqual([
      ["Tell me a story.", 1, undefined],
      ["Mm-hm.", 2, undefined],
      ["Mm-hm.", 3, 2],
    ]);
  });

  it("twice within 100 ms interrupts once, and every word is heard", async () => {
    const call = await speaking();
    call.says("Stop.", 300);
    await call.clock.advance(90);
    await call.session.interrupt("somebody pressed a button");
    await call.clock.advance(5_000);
    expect(call.asked.at(-1)?.text).toBe("Stop.");
    expect(call.played.at(-1)?.turn).toBe(2);
  });

  it("in the last frame of an answer is a turn of its own, also when it is only yes", async () => {
    const call = await speaking();
    const answerEndsMs = (call.played[0]?.atUs as number) / 1000 + 2_000;
    await call.clock.advance(answerEndsMs - call.nowMs - 115);
    call.says("Yes.", 300);
    await call.clock.advance(3_000);
    expect(call.asked.at(-1)?.text).toBe("Yes.");
  });
});
