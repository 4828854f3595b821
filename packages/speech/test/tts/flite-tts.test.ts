import { collect, type NodeCase, nodeSuite, testHost } from "@remotemedia/conformance";
import { type AudioFrame, errors, Flags, type Frame, type Heard, Pipeline, textFrame, VirtualClock } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import type { Flite } from "../../src/tts/flite.ts";
import type { FliteRequest } from "../../src/tts/flite-program.ts";
import { fliteTtsWith } from "../../src/tts/flite-tts.ts";

/** A voice that needs 10 ms for a character, and 100 ms of silence around; it cannot say "crash". */
function fakeFlite(say: (request: FliteRequest, signal?: AbortSignal) => Promise<void> = async () => undefined) {
  const heard: FliteRequest[] = [];
  const flite: Flite = {
    async speak(request, { signal } = {}) {
      heard.push(request);
      await say(request, signal);
      if (request.text.includes("crash")) throw errors.trapped({ message: `flite could not speak "${request.text}"` });
      const length = 160 * request.text.length;
      return Float32Array.from({ length: length + 3_200 }, (_, i) => (i >= 1_600 && i < 1_600 + length ? 0.25 : 0));
    },
  };
  return { node: fliteTtsWith(async () => flite), heard };
}

const sentence = (text: string, isEnd = false, timestamp = 0): Frame => textFrame(text, { flags: isEnd ? Flags.end : 0, timestamp });
const isEnd = ({ flags }: Frame): boolean => (flags & Flags.end) !== 0;
const length = (frames: readonly Frame[]): number => frames.reduce((sum, frame) => sum + (frame as AudioFrame).numberOfFrames, 0);

async function speak(frames: readonly Frame[], node = fakeFlite().node()): Promise<readonly AudioFrame[]> {
  const { outputs } = await new Pipeline("tts", testHost())
    .add(node, "tts")
    .outputs("tts")
    .run(frames as Frame[]);
  return outputs["tts"] as unknown as readonly AudioFrame[];
}

const suite: Omit<NodeCase, "node"> = {
  input: () => ["One, two.", "", "Three: four, five.", "😀"].map((text, i) => sentence(text, i === 3, i * 1_000)),
};
nodeSuite("flite-tts", { ...suite, node: fakeFlite().node() }, { describe, it, expect });

describe("flite-tts", () => {
  it("gives frames of 20 ms at 16 kHz that follow on each other, the last one of the answer with `end`", async () => {
    const frames = await speak([sentence("Hello there."), sentence("How are you?", true, 5_000_000)]);
    expect(new Set(frames.map(({ numberOfFrames, sampleRate, format }) => [numberOfFrames, sampleRate, format].join()))).toEqual(
      new Set(["320,16000,f32-planar"]),
    );
    expect(frames.map(({ timestamp }) => timestamp)).toEqual(frames.map((_, i) => i * 20_000));
    expect(frames.map(isEnd)).toEqual(frames.map((_, i) => i === frames.length - 1));
  });

  it.each(["", "   ", "😀", "中文"])("ends an answer whose last text is %j", async (text) => {
    const frames = await speak([sentence("Hello."), sentence(text, true)]);
    expect([isEnd(frames.at(-1) as Frame), frames.filter(isEnd).length, length([frames.at(-1) as Frame])]).toEqual([true, 1, 0]);
  });

  it("begins an answer where its text ends, and not before the end of the answer before", async () => {
    const spoken = (timestamp: number) => textFrame("Hello.", { flags: Flags.end, timestamp, duration: 500_000 });
    const frames = await speak([spoken(1_000_000), spoken(1_000_000), spoken(9_000_000)]);
    const starts = frames.filter((_, i) => i === 0 || isEnd(frames[i - 1] as Frame));
    const end = 1_500_000 + frames.findIndex(isEnd) * 20_000 + 20_000;
    expect(starts.map(({ timestamp }) => timestamp)).toEqual([1_500_000, end, 9_500_000]);
    expect(starts.map(({ flags }) => flags & Flags.discontinuity)).toEqual([0, Flags.discontinuity, Flags.discontinuity]);
  });

  it("does not speak what a later text replaces", async () => {
    expect(length(await speak([textFrame("Hel", { final: false }), textFrame("Hello", { final: false })]))).toBe(0);
  });

  it("speaks with the voice it is given", async () => {
    const { node, heard } = fakeFlite();
    await speak([sentence("Hello.")], node({ voice: "awb", speed: 1.5, pitch: 0.8 }));
    expect(heard).toEqual([{ text: "Hello.", voice: "awb", speed: 1.5, pitch: 0.8 }]);
  });

  it("refuses another pitch for the voice that has one only", async () => {
    await expect(speak([], fakeFlite().node({ voice: "rms", pitch: 2 }))).rejects.toThrow("rms");
  });

  it("speaks 10,000 characters without a pause for breath, part by part", async () => {
    const { node, heard } = fakeFlite();
    const text = "And on and on it goes, ".repeat(435);
    expect(length(await speak([sentence(text, true)], node()))).toBeGreaterThan(160 * 9_000);
    expect(heard.every((request) => request.text.length <= 120)).toBe(true);
  });

  it("ends the answer and tells which sentence it was when flite crashes", async () => {
    const clock = new VirtualClock();
    const session = await new Pipeline("tts", testHost({ clock })).add(fakeFlite().node(), "tts").outputs("tts").open();
    const [frames, failures] = [collect(session.output("tts")), collect(session.errors)];
    for (const [text, end] of [
      ["One.", false],
      ["A crash.", false],
      ["Two.", false],
      ["And a crash.", true],
      ["Three.", true],
    ] as const)
      await session.push(sentence(text, end), "tts");
    await clock.advance(0);
    await session.close();
    expect(failures.map(({ error }) => [error.code, error.message])).toEqual([
      ["trapped", 'flite could not speak "A crash."'],
      ["trapped", 'flite could not speak "And a crash."'],
    ]);
    expect(frames.filter(isEnd)).toHaveLength(2);
    const silentMs = 15 + 150;
    expect(length(frames) / 16).toBeGreaterThan(40 + 40 + 60 + 2 * silentMs);
  });

  it("tells what each part of its audio says, in the order of playing", async () => {
    const { session, clock } = await openSaid();
    await session.push(sentence("This is the first sentence, which is a long one,  and it goes on and on."), "tts");
    await session.push(sentence("Bye 😀.", true), "tts");
    await clock.advance(0);
    expect(session.said.map(({ text }) => text)).toEqual([
      "This is the first sentence, which is a long one,",
      "and it goes on and on.",
      "Bye 😀.",
    ]);
    expect(session.said.reduce((sum, { durationUs }) => sum + durationUs, 0)).toBe((length(session.frames) * 1e6) / 16_000);
    await session.close();
  });

  it("falls silent at once when it is interrupted, and speaks no clause that it has not begun", async () => {
    const clock = new VirtualClock();
    const signals: AbortSignal[] = [];
    const { node, heard } = fakeFlite(({ text }, signal) => {
      signals.push(signal as AbortSignal);
      return text.startsWith("Stop")
        ? new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)))
        : Promise.resolve();
    });
    const session = await new Pipeline("tts", testHost({ clock })).add(node(), "tts").outputs("tts").open();
    const [frames, failures] = [collect(session.output("tts")), collect(session.errors)];
    await session.push(sentence("Stop in the middle of this long sentence, please do. ".repeat(9), true), "tts");
    await clock.advance(0);
    session.interrupt();
    await session.push(sentence("Go on.", true), "tts");
    await clock.advance(0);
    expect(heard.map(({ text }) => text.slice(0, 4))).toEqual(["Stop", "Go o"]);
    expect(signals[0]?.aborted).toBe(true);
    expect(new Set(frames.map(({ turn }) => turn))).toEqual(new Set([2]));
    expect(failures).toHaveLength(0);
    await session.close();
  });
});

/** A session whose node's words are written down. */
async function openSaid() {
  const clock = new VirtualClock();
  const said: Heard[] = [];
  const spec = fakeFlite().node();
  const create = (params: never) => {
    const executor = spec.definition.create(params);
    const start = executor.start?.bind(executor);
    executor.start = (context) =>
      start?.(Object.create(context, { said: { value: (turn: number, words: Heard) => said.push(words) && context.said(turn, words) } }));
    return executor;
  };
  const heard = { ...spec, definition: { ...spec.definition, create } };
  const session = await new Pipeline("tts", testHost({ clock })).add(heard, "tts").outputs("tts").open();
  return { clock, session: Object.assign(session, { said, frames: collect(session.output("tts")) }) };
}
