import { type AudioFrame, audioFrame, durationUs } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { Transcription, type TranscriptionOptions } from "../../src/asr/transcription.ts";

const rate = 16_000;
const { signal: never } = new AbortController();
const settled = () => new Promise((resolve) => setImmediate(resolve));

interface Asked {
  readonly samples: Float32Array;
  readonly signal: AbortSignal;
  readonly isUrgent: boolean;
  readonly answer: (text: string) => void;
  readonly fail: (cause: Error) => void;
}

/** A recognizer that answers when the test says so. */
function stub(options: Partial<TranscriptionOptions> = {}) {
  const asked: Asked[] = [];
  const lost: unknown[] = [];
  const recognizer = {
    call: (samples: Float32Array, { signal, isUrgent = false }: { signal?: AbortSignal | undefined; isUrgent?: boolean } = {}) =>
      new Promise<string>((answer, fail) => {
        signal?.addEventListener("abort", () => fail(signal.reason));
        asked.push({ samples, signal: signal as AbortSignal, isUrgent, answer, fail });
      }),
  };
  const begin = (first: AudioFrame) =>
    new Transcription(first, { recognizer, partialIntervalMs: 400, maxSpeechMs: 20_000, onLost: (cause) => lost.push(cause), ...options });
  return { asked, lost, begin };
}

/** Frames of 20 ms from a second on: loud where the pattern has x, each letter 100 ms. */
function framesOf(pattern: string, { says = false } = {}): AudioFrame[] {
  return [...pattern].flatMap((letter, hundred) =>
    Array.from({ length: 5 }, (_, n) => {
      const data = Float32Array.from({ length: 320 }, (_, i) => (letter === "x" ? 0.3 : 0.0001) * Math.sin(i));
      const timestamp = 1_000_000 + hundred * 100_000 + n * 20_000;
      return audioFrame({ data, sampleRate: rate, timestamp, ...(says && { metadata: { is_speech: letter === "x", call: 7 } }) });
    }),
  );
}

/** Pushes frames as a live session does; gives the partial texts. */
function hear(transcription: Transcription, frames: readonly AudioFrame[]): string[] {
  return frames.flatMap((frame) => {
    transcription.push(frame);
    return transcription.goOn() ?? [];
  });
}

describe.each([
  ["by their metadata", true],
  ["by their level", false],
])("a transcription that tells speech from silence %s", (_, says) => {
  it("has the time of the speech, and recognizes what there is a little beyond it", async () => {
    const { asked, begin } = stub();
    const frames = framesOf("--xxx----", { says });
    const transcription = begin(frames[0] as AudioFrame);
    for (const frame of frames) transcription.push(frame);
    const text = transcription.finish(never);
    expect(asked.map(({ samples, isUrgent }) => [samples.length / rate, isUrgent])).toEqual([[0.6, true]]);
    asked[0]?.answer("a b");
    expect(await text).toBe("a b");
    expect([transcription.utterance.timestamp, transcription.utterance.duration]).toEqual([1_200_000, 300_000]);
    expect(transcription.utterance.metadata).toEqual(says ? { call: 7 } : {});
  });

  it("recognizes ahead in a pause, and uses it", async () => {
    const { asked, begin } = stub({ partialIntervalMs: 0 });
    const frames = framesOf("xxxxx--", { says });
    const transcription = begin(frames[0] as AudioFrame);
    hear(transcription, frames);
    expect(asked.map(({ samples, isUrgent }) => [samples.length / rate, isUrgent])).toEqual([[0.6, true]]);
    asked[0]?.answer("done");
    await settled();
    // It may be where the turn ends.
    expect(transcription.goOn()).toBe("done");
    expect(await transcription.finish(never)).toBe("done");
    expect(asked.length).toBe(1);
  });

  it("discards it when speech goes on", async () => {
    const { asked, begin } = stub({ partialIntervalMs: 0 });
    const frames = framesOf("xxx--xxx-", { says });
    const transcription = begin(frames[0] as AudioFrame);
    hear(transcription, frames);
    expect(asked.map(({ samples, signal }) => [samples.length / rate, signal.aborted])).toEqual([
      [0.4, true],
      [0.9, false],
    ]);
    asked[1]?.answer("all");
    expect(await transcription.finish(never)).toBe("all");
  });
});

describe("a transcription", () => {
  it("guesses while speech goes on, one guess at a time, and gives each new text once", async () => {
    const { asked, begin } = stub();
    const frames = framesOf("xxxxxxxxxxxxxx");
    const transcription = begin(frames[0] as AudioFrame);
    expect(hear(transcription, frames.slice(0, 50))).toEqual([]);
    expect(asked.map(({ samples, isUrgent }) => [samples.length / rate, isUrgent])).toEqual([[0.4, false]]);
    asked[0]?.answer("one");
    await settled();
    expect(hear(transcription, frames.slice(50))).toEqual(["one"]);
    expect(asked.length).toBe(2);
    asked[1]?.answer("one");
    await settled();
    expect(transcription.goOn()).toBe(undefined);
  });

  it("gives up the guess for the final", async () => {
    const { asked, begin } = stub();
    const frames = framesOf("xxxxxx");
    const transcription = begin(frames[0] as AudioFrame);
    hear(transcription, frames);
    const text = transcription.finish(never);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    asked[1]?.answer("six");
    expect(await text).toBe("six");
  });

  it("goes on when a guess fails, and says so", async () => {
    const { asked, lost, begin } = stub();
    const frames = framesOf("xxxxxxxxxx");
    const transcription = begin(frames[0] as AudioFrame);
    hear(transcription, frames.slice(0, 25));
    asked[0]?.fail(new Error("no"));
    await settled();
    hear(transcription, frames.slice(25));
    expect([lost.length, asked.length]).toEqual([1, 2]);
  });

  it("recognizes nothing where nothing was said", async () => {
    const { asked, begin } = stub();
    const frames = framesOf("--------------------");
    const transcription = begin(frames[0] as AudioFrame);
    expect(hear(transcription, frames)).toEqual([]);
    expect([await transcription.finish(never), asked.length]).toEqual(["", 0]);
  });

  it("cuts ten minutes without a pause at quiet places, loses no sample, and holds a part at a time", async () => {
    const { asked, begin } = stub({ maxSpeechMs: 10_000 });
    // A dip every 2.5 s that is no silence.
    const at = (i: number): number => (i % 40_000 < 1600 ? 0.03 : 0.3) * Math.sin(i * 0.3);
    const length = 320;
    const frames = 600 * (rate / length);
    let transcription: Transcription | undefined;
    for (let n = 0; n < frames; n++) {
      const data = Float32Array.from({ length }, (_, i) => at(n * length + i));
      const frame = audioFrame({ data, sampleRate: rate, timestamp: durationUs(n * length, rate) });
      transcription ??= begin(frame);
      transcription.push(frame);
      asked.at(-1)?.answer("w");
    }
    const text = (transcription as Transcription).finish(never);
    asked.at(-1)?.answer("w");
    expect((await text).split(" ").length).toBe(asked.length);
    const lengths = asked.map(({ samples }) => samples.length / rate);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10);
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(5);
    expect(lengths.reduce((sum, seconds) => sum + seconds, 0)).toBeCloseTo(600, 6);
    for (const { samples } of asked.slice(0, -1)) expect(Math.max(...samples.slice(-100).map(Math.abs))).toBeLessThan(0.031);
    expect((transcription as Transcription).utterance.duration).toBe(600_000_000);
  });

  it("lets its input wait when parts are recognized more slowly than they come", async () => {
    const { asked, begin } = stub({ maxSpeechMs: 2_000 });
    const frame = audioFrame({ data: Float32Array.from({ length: 16 * rate }, (_, i) => 0.3 * Math.sin(i)), sampleRate: rate });
    const transcription = begin(frame);
    expect(transcription.push(frame)).toBe(true);
    const done = transcription.partsDone(never);
    for (const { answer } of asked) answer("w");
    await done;
  });

  it("gives up at once when it is told to, in any state", async () => {
    for (const pattern of ["xxxxx", "xxxxx---", "xxxxx---xx"]) {
      const { asked, begin } = stub();
      const frames = framesOf(pattern);
      const transcription = begin(frames[0] as AudioFrame);
      hear(transcription, frames);
      const abort = new AbortController();
      const text = transcription.finish(abort.signal);
      abort.abort(new Error("enough"));
      await expect(text).rejects.toThrow("enough");
      transcription.cancel();
      expect(asked.every(({ signal }) => signal.aborted)).toBe(true);
    }
  });
});
