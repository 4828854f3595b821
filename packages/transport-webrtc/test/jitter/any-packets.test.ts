import fc from "fast-check";
import { expect, test } from "vitest";
import { JitterBuffer } from "../../src/jitter/jitter-buffer.ts";
import { signalDecoder, tone } from "./simulated-call.ts";

const signal = tone();
const payload = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(960, 480, 1920, 2880, 120, 5760, 1000).map((n) => new Uint8Array(new Float64Array([0, n]).buffer)),
  },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(1)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).filter((bytes) => bytes.length !== 1 && bytes.length !== 16) },
);
const step = fc.record({
  sequence: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 3, arbitrary: fc.integer({ min: -5, max: 9 }) }, fc.nat(0xffff)),
  timestamp: fc.oneof(
    { weight: 8, arbitrary: fc.constant(960) },
    { weight: 2, arbitrary: fc.integer({ min: -9600, max: 96_000 }) },
    fc.nat(0xffffffff),
  ),
  waitUs: fc.oneof({ weight: 8, arbitrary: fc.constant(20_000) }, { weight: 3, arbitrary: fc.nat(100_000) }, fc.nat(5_000_000)),
  payload,
  act: fc.constantFrom("none", "none", "none", "none", "none", "none", "none", "drop", "restart", "sleep"),
});

test.each([1, 2] as const)(
  "whatever comes, %i channels of sound come out at an even pace, bounded, and it ends",
  (numberOfChannels) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const buffer = new JitterBuffer({ decoder: signalDecoder(signal, numberOfChannels), numberOfChannels });
        let sequence = 65_500;
        let timestamp = 2 ** 32 - 20_000;
        let nowUs = 1e6;
        let lastUs = Number.NEGATIVE_INFINITY;
        let endUs = Number.NEGATIVE_INFINITY;
        const pull = () => {
          let calls = 0;
          while (buffer.dueUs !== undefined && buffer.dueUs <= nowUs) {
            expect(buffer.dueUs).toBeGreaterThanOrEqual(lastUs);
            lastUs = buffer.dueUs;
            const frame = buffer.pull(nowUs);
            expect(++calls).toBeLessThan(3000);
            if (frame === undefined) continue;
            expect(frame.numberOfFrames).toBeGreaterThan(0);
            expect(frame.numberOfFrames).toBeLessThanOrEqual(1920);
            if (!frame.discontinuity) expect(frame.timestampUs).toBeGreaterThanOrEqual(endUs - 11);
            endUs = frame.timestampUs + frame.numberOfFrames / 0.048;
            expect(frame.planes).toHaveLength(numberOfChannels);
            for (const plane of frame.planes) {
              expect(plane).toHaveLength(frame.numberOfFrames);
              expect(plane.every((x) => Math.abs(x) < 1.5)).toBe(true);
            }
          }
        };
        for (const { waitUs, act, payload, ...next } of steps) {
          nowUs += waitUs;
          sequence = (sequence + next.sequence) & 0xffff;
          timestamp = (timestamp + next.timestamp) >>> 0;
          if (act !== "sleep") pull();
          buffer.push({ sequenceNumber: sequence, timestamp, payload }, nowUs);
          if (act === "drop") buffer.drop(timestamp);
          if (act === "restart") buffer.restart();
          expect(buffer.stats().held).toBeLessThanOrEqual(200);
        }
        for (let k = 0; k < 250; k++) {
          nowUs += 20_000;
          pull();
        }
        expect(buffer.dueUs).toBeUndefined();
        expect(Object.values(buffer.stats()).every(Number.isFinite)).toBe(true);

        // And a proper stream afterwards is heard.
        for (let k = 0; k < 100; k++) {
          nowUs += 20_000;
          pull();
          buffer.push(
            {
              sequenceNumber: (sequence + 5 + k) & 0xffff,
              timestamp: (timestamp + k * 960) >>> 0,
              payload: new Uint8Array(new Float64Array([k * 960, 960]).buffer),
            },
            nowUs,
          );
        }
        nowUs += 20_000;
        const frame = buffer.pull(nowUs);
        expect(frame?.concealed).toBe(false);
        expect(frame?.planes[0]?.some((x) => x !== 0)).toBe(true);
      }),
      { numRuns: 60, seed: 3 },
    );
  },
  60_000,
);
