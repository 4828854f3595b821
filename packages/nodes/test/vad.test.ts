import { type AudioFrame, type EventFrame, Flags } from "@remotemedia/core";
import { vad } from "@remotemedia/nodes";
import { describe, expect, it } from "vitest";
import { areSame, framesOf, joined, samplesOf } from "./audio.ts";
import { runNodes } from "./run-node.ts";

const rate = 16_000;
/** One second of silence, one of a tone, one of silence. Every sample is different, so that cuts show. */
const beep = samplesOf(3 * rate, (i) => (i >= rate && i < 2 * rate ? 0.5 : 0.0001) * Math.sin(i * 0.7));
const events = (frames: readonly unknown[] = []) => (frames as EventFrame[]).map(({ name, value }) => [name, value]);

describe("vad", () => {
  it("lets everything through and tells when speech starts and stops, whatever the framing", async () => {
    for (const length of [160, 333, 8000, 48_000]) {
      const { out = [], events: heard } = await runNodes([vad()], framesOf(beep, rate, length));
      expect(areSame(joined(out), beep)).toBe(true);
      // Analysis frames of 30 ms: the one that holds 1,000 ms begins at 990 ms, the one that holds the last of it ends at 2,010 ms.
      expect(events(heard)).toEqual([
        ["speech-started", { timestamp_us: 990_000 }],
        [
          "speech-stopped",
          { timestamp_us: 2_010_000, started_us: 990_000, duration_us: 1_020_000, silence_us: 300_000, reason: "silence" },
        ],
      ]);
    }
  });

  it("cuts speech out to the sample, with pre-roll and hangover, whatever the framing", async () => {
    for (const length of [160, 333, 8000, 48_000]) {
      const { out = [] } = await runNodes([vad({ segments: true, preRollMs: 100, hangoverMs: 300 })], framesOf(beep, rate, length));
      expect(areSame(joined(out), beep.slice(0.89 * rate, 2.31 * rate))).toBe(true);
      expect(out[0]?.timestamp).toBe(890_000);
      expect(out.map(({ flags }) => flags & Flags.discontinuity)).toEqual([Flags.discontinuity, ...out.slice(1).map(() => 0)]);
      expect(out.map(({ flags }) => flags & Flags.end)).toEqual([...out.slice(1).map(() => 0), Flags.end]);
    }
  });

  it("hears all channels and every rate", async () => {
    const stereo = samplesOf(3 * 44_100, (i, channel) => (channel === 1 && i >= 44_100 && i < 88_200 ? 0.5 : 0) * Math.sin(i * 0.3), 2);
    const { out = [], events: heard } = await runNodes([vad({ segments: true })], framesOf(stereo, 44_100, 4410, { channels: 2 }));
    expect(events(heard).map(([name]) => name)).toEqual(["speech-started", "speech-stopped"]);
    expect(joined(out, 0).every((sample) => sample === 0)).toBe(true);
    expect(Math.max(...joined(out, 1))).toBeGreaterThan(0.49);
  });

  it("takes a click for a click", async () => {
    const click = samplesOf(rate, (i) => (i > 8000 && i < 8400 ? 0.5 : 0));
    const { out = [], events: heard } = await runNodes([vad({ segments: true })], framesOf(click, rate, 320));
    expect([out, heard]).toEqual([[], []]);
  });

  it("cuts speech that is too long, and loses nothing between the parts", async () => {
    const long = samplesOf(3 * rate, (i) => 0.5 * Math.sin(i * 0.7));
    const { out = [], events: heard } = await runNodes(
      [vad({ segments: true, maxSpeechMs: 1000, floorRatio: 0 })],
      framesOf(long, rate, 320),
    );
    expect(areSame(joined(out), long)).toBe(true);
    expect(events(heard).map(([name, value]) => `${name} ${(value as { reason?: string }).reason ?? ""}`.trim())).toEqual([
      "speech-started",
      "speech-stopped max-length",
      "speech-started",
      "speech-stopped max-length",
      "speech-started",
      "speech-stopped end",
    ]);
    expect(out.filter(({ flags }) => flags & Flags.end).length).toBe(3);
  });

  it("ends what is open when the stream ends, and when its input ends a segment", async () => {
    const speech = beep.slice(0, 1.5 * rate);
    const frames = framesOf(speech, rate, 400);
    const atEnd = await runNodes([vad({ segments: true, preRollMs: 0 })], frames);
    expect(areSame(joined(atEnd.out ?? []), speech.slice(0.99 * rate))).toBe(true);
    expect(events(atEnd.events).at(-1)).toEqual([
      "speech-stopped",
      { timestamp_us: 1_500_000, started_us: 990_000, duration_us: 510_000, silence_us: 0, reason: "end" },
    ]);
    (frames.at(-1) as AudioFrame).flags = Flags.end;
    const { out = [], events: heard } = await runNodes([vad()], frames);
    expect(out.at(-1)?.flags).toBe(Flags.end);
    expect(events(heard).length).toBe(2);
  });

  it("goes on over a short loss and ends at a long one", async () => {
    const speech = samplesOf(rate, (i) => 0.5 * Math.sin(i * 0.7));
    for (const [lossUs, names] of [
      [20_000, 2],
      [2_000_000, 4],
    ] as const) {
      const after = framesOf(speech, rate, 320, { fromUs: 1_000_000 + lossUs });
      (after[0] as AudioFrame).flags = Flags.gap;
      for (const segments of [false, true]) {
        const { out = [], events: heard } = await runNodes(
          [vad({ segments, floorRatio: 0, preRollMs: 0 })],
          [...framesOf(speech, rate, 320), ...after],
        );
        expect(heard?.length).toBe(names);
        expect(joined(out).length).toBe(2 * rate);
        expect(out.some(({ timestamp }) => timestamp === 1_000_000 + lossUs)).toBe(true);
      }
    }
  });

  it("keeps metadata, and adds what it heard where that is wanted", async () => {
    const frames = framesOf(beep, rate, 4800, { metadata: Array.from({ length: 10 }, (_, n) => ({ n })) });
    const { out = [] } = await runNodes([vad({ annotate: true })], frames);
    expect(out[4]?.metadata).toEqual({
      n: 4,
      is_speech: true,
      speech_frames: 10,
      total_frames: 10,
      speech_ratio: 1,
      avg_energy: expect.closeTo(0.3535, 3),
      frame_duration_ms: 30,
    });
    expect(out[0]?.metadata).toMatchObject({ n: 0, is_speech: false, speech_frames: 0 });
    expect(frames[4]?.metadata).toEqual({ n: 4 });
    const cut = await runNodes([vad({ segments: true, preRollMs: 100 })], frames);
    expect(cut.out?.[0]?.metadata).toEqual({ n: 2 });
  });
});
