import {
  type AudioFrame,
  audio,
  audioFrame,
  BufferPool,
  defineNode,
  Flags,
  type Frame,
  type JsonFrame,
  json,
  type NodeSpec,
  VirtualClock,
} from "@remotemedia/core";
import { audioTransform, chunk, formatConvert, gain, level, remix, resample, select, vad } from "@remotemedia/nodes";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { joined } from "./audio.ts";
import { pipelineOf, runNodes } from "./run-node.ts";

// A shared machine may be several times slower.
vi.setConfig({ testTimeout: 60_000 });

const nodes: Record<string, NodeSpec> = {
  resample: resample({ sampleRate: 16_000 }),
  "resample, fast": resample({ sampleRate: 44_100, quality: "fast" }),
  "audio-transform": audioTransform(),
  remix: remix({ channels: 2 }),
  gain: gain({ factor: 0.5 }),
  level: level({ intervalMs: 17 }),
  chunk: chunk({ samples: 100 }),
  vad: vad({ annotate: true, threshold: 0.1 }),
  "vad, segments": vad({ segments: true, threshold: 0.1, hangoverMs: 60, minSpeechMs: 30, maxSpeechMs: 150, frameMs: 10 }),
  select: select({ channels: [1, 0] }),
  "format-convert": formatConvert({ format: "s16" }),
};

/** Frames of any length, that jump, change their format, start and end segments. */
const stream = fc.array(
  fc.record({
    length: fc.oneof(fc.nat(40), fc.constantFrom(160, 480, 3000)),
    amplitude: fc.constantFrom(0, 0.5),
    flags: fc.constantFrom(0, 0, 0, 0, Flags.discontinuity, Flags.gap, Flags.end, Flags.end | Flags.discontinuity),
    jumpUs: fc.constantFrom(0, 0, 0, 0, 1_000, 20_000, 5_000_000, -1_000_000),
    format: fc.constantFrom(0, 0, 0, 1, 2, 3),
  }),
  { maxLength: 25 },
);
const formats = [
  [16_000, 1],
  [16_000, 2],
  [48_000, 1],
  [44_100, 6],
] as const;

function framesFrom(parts: typeof stream extends fc.Arbitrary<infer T> ? T : never): AudioFrame[] {
  let timestamp = 0;
  let format = 0;
  return parts.map((part, n) => {
    // Formats that change with every frame would test nothing else.
    if (part.format > 0) format = part.format;
    const [sampleRate, numberOfChannels] = formats[format] as (typeof formats)[number];
    timestamp += part.jumpUs;
    const data = new Float32Array(part.length * numberOfChannels).map((_, i) => part.amplitude * Math.sin(i));
    const frame = audioFrame({
      data,
      sampleRate,
      numberOfChannels,
      numberOfFrames: part.length,
      timestamp,
      flags: part.flags,
      metadata: { n },
    });
    timestamp += frame.duration;
    return frame;
  });
}

describe("any audio", () => {
  for (const [name, spec] of Object.entries(nodes)) {
    it(`goes through ${name}: no sample that was not there, nothing leaked, every segment ended`, async () => {
      await fc.assert(
        fc.asyncProperty(stream, async (parts) => {
          const pool = new BufferPool({ poison: true });
          const { out = [] } = await runNodes([spec], framesFrom(parts), { pool });
          for (const frame of out as AudioFrame[]) {
            expect(frame.data.length).toBe(frame.numberOfFrames * frame.numberOfChannels);
            expect(frame.data.every(Number.isFinite)).toBe(true);
            expect(Number.isInteger(frame.timestamp)).toBe(true);
            expect(frame.metadata).toMatchObject({ n: expect.any(Number) });
          }
          expect(pool.inUse).toBe(0);
          const ends = out.filter(({ flags }) => flags & Flags.end).length;
          if (name === "vad, segments") expect(ends).toBe(out.filter(({ flags }) => flags & Flags.discontinuity).length);
          else expect(ends).toBe(parts.filter(({ flags }) => flags & Flags.end).length);
        }),
        { numRuns: 40 },
      );
    });
  }
});

describe("an interruption", () => {
  /** Answers the number n with 100 ms of the sample n / 10. */
  const speak = defineNode({
    type: "speak",
    inputs: { in: json() },
    outputs: { out: audio({ format: "f32-planar", sampleRate: 48_000, numberOfChannels: 1 }) },
    answers: true,
    create: () => {
      let spoken = 0;
      return {
        process(frame, _port, out) {
          const own = out.audio({ numberOfFrames: 4800, sampleRate: 48_000, timestamp: spoken++ * 100_000 });
          own.data.fill(Number((frame as JsonFrame).value) / 10);
          return out.emit("out", own);
        },
      };
    },
  });

  it("keeps what nodes hold of an answer from being heard", async () => {
    for (const node of [
      resample({ sampleRate: 16_000 }),
      chunk({ samples: 7000 }),
      vad({ segments: true, floorRatio: 0, preRollMs: 0, hangoverMs: 5000 }),
    ]) {
      const clock = new VirtualClock();
      const session = await pipelineOf([speak(), node], { clock }).open({ clock });
      const heard: Frame[] = [];
      const reading = (async () => {
        for await (const frame of session.output()) heard.push(frame);
      })();
      await session.push(1);
      await clock.advance(10);
      heard.length = 0;
      session.interrupt();
      await session.push(2);
      await session.push(2);
      await clock.advance(10);
      await session.close();
      await reading;
      expect(heard.length).toBeGreaterThan(0);
      // Filters ring at a jump from nothing to 0.2, but what was 0.1 is not there.
      expect(heard[0]?.flags).toSatisfy((flags: number) => (flags & Flags.discontinuity) !== 0);
      const samples = joined(heard);
      expect(samples.slice(200, samples.length - 200).every((sample) => Math.abs(sample - 0.2) < 0.06)).toBe(true);
      expect(heard.every(({ turn }) => turn === 2)).toBe(true);
    }
  });
});
