import { type AudioFrame, audioFrame, durationUs, Flags } from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { resample } from "@remotemedia/nodes";
import { describe, expect, it } from "vitest";
import { areSame, framesOf, joined, samplesOf, tone } from "./audio.ts";
import { runNodes } from "./run-node.ts";

const to16 = resample({ sampleRate: 16_000 });

describe("resample", () => {
  it("gives the samples that a tone of the other rate has", async () => {
    const { out = [] } = await runNodes([to16], framesOf(tone(48_000, 48_000), 48_000, 960));
    const samples = joined(out);
    const expected = tone(16_000, 16_000);
    expect(samples.length).toBe(16_000);
    expect(samples.slice(200, -200).every((sample, i) => Math.abs(sample - (expected[i + 200] as number)) < 1e-4)).toBe(true);
  });

  it("gives the same whatever the framing", async () => {
    const data = tone(44_100, 44_100);
    const [small, large] = await Promise.all([160, 22_050].map((length) => runNodes([to16], framesOf(data, 44_100, length))));
    const [a, b] = [joined(small?.out ?? []), joined(large?.out ?? [])];
    expect(a.length).toBe(b.length);
    expect(Math.max(...a.map((sample, i) => Math.abs(sample - (b[i] as number))))).toBeLessThan(1e-6);
  });

  it("counts time from samples, so that it does not drift", async () => {
    const { out = [] } = await runNodes(
      [resample({ sampleRate: 44_100 })],
      framesOf(new Float32Array(96_000), 48_000, 480, { fromUs: 5_000 }),
    );
    let given = 0;
    for (const frame of out as AudioFrame[]) {
      expect(frame.timestamp).toBe(5_000 + Math.round((given * 1e6) / 44_100));
      given += frame.numberOfFrames;
    }
    expect(given).toBe(88_200);
  });

  it("passes audio on that has the rate already", async () => {
    const frames = framesOf(tone(1600, 16_000), 16_000, 160, { metadata: [{ a: 1 }] });
    const { out = [] } = await runNodes([to16], frames);
    expect(out.map(({ timestamp, metadata }) => ({ timestamp, metadata }))).toEqual(
      frames.map(({ timestamp, metadata }) => ({ timestamp, metadata })),
    );
    expect(joined(out)).toEqual(tone(1600, 16_000));
  });

  it("gives out what it holds before a jump and marks what follows", async () => {
    const before = framesOf(tone(4800, 48_000), 48_000, 480);
    const after = framesOf(tone(4800, 48_000), 48_000, 480, { fromUs: 500_000 });
    const { out = [] } = await runNodes([to16], [...before, ...after]);
    const marked = out.findIndex(({ flags }) => (flags & Flags.discontinuity) !== 0);
    expect(joined(out.slice(0, marked)).length).toBe(1600);
    expect(joined(out.slice(marked)).length).toBe(1600);
    expect(out[marked]?.timestamp).toBe(500_000);
    expect(out.filter(({ flags }) => flags & Flags.discontinuity).length).toBe(1);
  });

  it("does the same where only a flag tells the jump, and where rate or channels change", async () => {
    const first = framesOf(tone(4800, 48_000), 48_000, 480);
    const flagged = framesOf(tone(4800, 48_000), 48_000, 480, { fromUs: 100_000 });
    (flagged[0] as AudioFrame).flags = Flags.gap;
    const slower = framesOf(tone(3200, 32_000), 32_000, 320, { fromUs: 200_000 });
    const same = framesOf(tone(1600, 16_000), 16_000, 160, { fromUs: 300_000 });
    const stereo = framesOf(
      samplesOf(4800, () => 0.25, 2),
      48_000,
      480,
      { channels: 2, fromUs: 400_000 },
    );
    const { out = [] } = await runNodes([to16], [...first, ...flagged, ...slower, ...same, ...stereo]);
    const marked = out.filter(({ flags }) => flags & Flags.discontinuity);
    expect(marked.map(({ timestamp }) => timestamp)).toEqual([100_000, 200_000, 300_000, 400_000]);
    expect((marked[0] as AudioFrame).flags & Flags.gap).toBe(Flags.gap);
    expect(out.reduce((sum, frame) => sum + (frame as AudioFrame).numberOfFrames, 0)).toBe(5 * 1600);
  });

  it("ends a segment where its input ends it", async () => {
    const frames = framesOf(tone(9600, 48_000), 48_000, 480);
    (frames[9] as AudioFrame).flags = Flags.end;
    const { out = [] } = await runNodes([to16], frames);
    const end = out.findIndex(({ flags }) => flags & Flags.end);
    expect(joined(out.slice(0, end + 1)).length).toBe(1600);
    expect(joined(out).length).toBe(3200);
    expect(out[end + 1]?.timestamp).toBe(100_000);
  });

  it("gives each output the metadata of the input that holds its first sample", async () => {
    const metadata = Array.from({ length: 100 }, (_, n) => (n === 50 ? undefined : { n })) as object[];
    const { out = [] } = await runNodes([to16], framesOf(tone(48_000, 48_000), 48_000, 480, { metadata }));
    expect(out.length).toBeGreaterThan(1);
    for (const frame of out) {
      const n = Math.floor(frame.timestamp / 10_000);
      expect(frame.metadata).toEqual(n === 50 ? {} : { n });
    }
  });

  it("gives a frame for a frame in a batch, of the same time and with its metadata, however long the frames are", async () => {
    const lengths = [441, 44_100, 1, 4410, 100_000];
    const data = tone(
      lengths.reduce((sum, length) => sum + length, 0),
      44_100,
    );
    let from = 0;
    const frames = lengths.map((length, n) => {
      const part = data.subarray(from, (from += length));
      return audioFrame({ data: part, sampleRate: 44_100, timestamp: durationUs(from - length, 44_100), metadata: { n } });
    });
    const { out = [] } = await runNodes([to16], frames);
    const ends = [441, 44_541, 44_542, 48_952, 148_952].map((end) => Math.ceil((end * 160) / 441));
    // One sample at 44.1 kHz is less than one at 16 kHz: it has none of its own here.
    const expected = ends.map((end, n) => ({ n, length: end - (ends[n - 1] ?? 0) })).filter(({ length }) => length > 0);
    expect((out as AudioFrame[]).map(({ metadata, numberOfFrames }) => ({ ...metadata, length: numberOfFrames }))).toEqual(expected);
    const whole = await runNodes([to16], { samples: data, sampleRate: 44_100 });
    expect(areSame(joined(out), joined(whole.out ?? []))).toBe(true);
  });

  it("declares the delay that it has, or more", () => {
    const rates = [8_000, 16_000, 22_050, 44_100, 48_000, 96_000];
    for (const quality of ["draft", "fast", "high"] as const) {
      for (const sampleRate of rates) {
        const declared = resample.definition.latencyUsFor({ sampleRate, quality } as never);
        for (const inputRate of rates.filter((rate) => rate !== sampleRate && rate >= 16_000)) {
          const options = { inputRate, outputRate: sampleRate, channels: 1, quality, latency: "live" } as const;
          expect(referenceKernels.createResampler(options).latencyUs).toBeLessThanOrEqual(declared);
        }
      }
    }
  });
});
