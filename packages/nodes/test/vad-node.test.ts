import { audio, defineNode, type EventFrame, event, Flags, sameAs } from "@remotemedia/core";
import { VadNode, type VadRules } from "@remotemedia/nodes";
import { describe, expect, it } from "vitest";
import { areSame, framesOf, joined, samplesOf } from "./audio.ts";
import { runNodes } from "./run-node.ts";

const rate = 16_000;
const rules: VadRules = {
  frameMs: 32,
  minSpeechMs: 90,
  hangoverMs: 128,
  preRollMs: 100,
  maxSpeechMs: 30_000,
  segments: true,
  marksSpeech: true,
};

/** Takes what is above 0.4 at the beginning of a frame for speech. */
const byFirstSample = (given: Partial<VadRules> = {}) =>
  defineNode({
    type: "scripted",
    description: "Decides as its input says",
    inputs: { in: audio("f32-planar") },
    outputs: { out: sameAs("in"), events: event() },
    params: { type: "object", properties: {} } as const,
    create: () =>
      new VadNode({ ...rules, ...given }, (_context, frameLength) => {
        let held: number[] = [];
        return {
          process(samples, count, decisions) {
            held.push(...samples.subarray(0, count));
            let written = 0;
            for (; held.length >= frameLength; held = held.slice(frameLength)) decisions[written++] = (held[0] as number) > 0.4 ? 1 : 0;
            return written;
          },
          reset: () => void (held = []),
          close: () => undefined,
        };
      }),
  })();

/** Ten frames of 32 ms of silence, ten of speech with a hole of two, ten of silence; every sample is different. */
const isLoud = (frame: number): boolean => frame >= 10 && frame < 20 && frame !== 15 && frame !== 16;
const heard = samplesOf(30 * 512, (i) => (isLoud(Math.floor(i / 512)) ? 0.5 : 0) + i * 1e-6);

describe("a voice detector with another decider", () => {
  it("marks what is speech, and nothing of pre-roll, holes and hangover, whatever the framing", async () => {
    for (const length of [160, 512, 5000]) {
      const { out = [], events = [] } = await runNodes([byFirstSample()], framesOf(heard, rate, length));
      expect(areSame(joined(out), heard.slice(10 * 512 - 1600, 24 * 512))).toBe(true);
      const spoken = out.filter(({ metadata }) => metadata["is_speech"] === true);
      expect(spoken.map(({ timestamp }) => timestamp / 32_000)).toEqual(length === 160 ? [10, 13, 14, 17, 18, 19] : expect.anything());
      expect(spoken.reduce((sum, { duration }) => sum + duration, 0)).toBe(8 * 32_000);
      expect(out.filter(({ metadata }) => metadata["is_speech"] === undefined)).toEqual([]);
      expect(out.map(({ flags }) => flags & Flags.end)).toEqual([...out.slice(1).map(() => 0), Flags.end]);
      expect((events as EventFrame[]).map(({ name, value }) => [name, value])).toEqual([
        ["speech-started", { timestamp_us: 320_000 }],
        ["speech-stopped", { timestamp_us: 640_000, started_us: 320_000, duration_us: 320_000, silence_us: 128_000, reason: "silence" }],
      ]);
    }
  });

  it("marks what passes", async () => {
    const { out = [] } = await runNodes([byFirstSample({ segments: false })], framesOf(heard, rate, 512));
    expect(out.map(({ metadata }) => metadata["is_speech"])).toEqual(Array.from({ length: 30 }, (_, frame) => isLoud(frame)));
    expect(areSame(joined(out), heard)).toBe(true);
  });
});
