import { collect } from "@remotemedia/conformance";
import { AudioFrame, audio, audioFrame, BufferPool, type Frame, type InputValue } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { Gate, node, said, sound } from "./nodes.ts";
import { wired } from "./wired.ts";

const narrow = () =>
  node(
    "narrow",
    { process: (frame, _port, out) => out.emit("out", frame) },
    { inputs: { in: audio({ format: "f32-planar", sampleRate: 16_000, numberOfChannels: 1 }) } },
  );

/** Pushes what is bad, then something good, and tells what became of it. */
async function afterwards(bad: readonly Frame[]) {
  const pool = new BufferPool({ poison: true });
  const { pipeline, clock } = wired({ nodes: { a: (frame: Frame) => frame, narrow: narrow() }, wires: ["a > narrow"] });
  const session = await pipeline.open({ pool });
  const [got, errors] = [collect(session.output()), collect(session.errors)];
  for (const frame of bad) await session.push(frame);
  await session.push(sound(7));
  await clock.advance(0);
  const closed = session.close();
  await clock.advance(5_000);
  await closed;
  return { got, codes: errors.map(({ error }) => error.code), inUse: pool.inUse };
}

describe("What cannot be audio", () => {
  const of = (init: object) => () => audioFrame({ sampleRate: 16_000, data: new Float32Array(320), ...init });
  it.each([
    ["no rate", of({ sampleRate: Number.NaN })],
    ["a rate of 0", of({ sampleRate: 0 })],
    ["a rate below 0", of({ sampleRate: -8_000 })],
    ["an endless rate", of({ sampleRate: Number.POSITIVE_INFINITY })],
    ["a rate that no machine has", of({ sampleRate: 1e9 })],
    ["no channel", of({ numberOfChannels: 0 })],
    ["half a channel", of({ numberOfChannels: 0.5 })],
    ["a thousand channels", of({ numberOfChannels: 1_000 })],
    ["samples that do not divide", of({ numberOfChannels: 3 })],
    ["fewer samples than it says", of({ numberOfFrames: 640 })],
    ["another array", of({ format: "s16" })],
    ["no array", of({ data: [0, 0] })],
  ])("is refused when it is made: %s", (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "media-invalid" }));
  });

  it("is refused by push in plain samples, too", async () => {
    const session = await wired({ nodes: { a: (frame: Frame) => frame } }).pipeline.open();
    expect(() => session.push({ samples: new Float32Array(3), sampleRate: 0 })).toThrow(expect.objectContaining({ code: "media-invalid" }));
    expect(() => session.push({ samples: new Float32Array(3), sampleRate: 8_000, numberOfChannels: 2 })).toThrow(
      expect.objectContaining({ code: "media-invalid" }),
    );
  });

  it.each([
    ["a rate that is none", { sampleRate: Number.NaN }],
    ["an absurd rate", { sampleRate: 1e12 }],
    ["no channels", { numberOfChannels: 0, numberOfFrames: 0 }],
    ["a million channels", { numberOfChannels: 1e6, numberOfFrames: 1 }],
    ["fewer samples than it says", { numberOfFrames: 1e9 }],
  ])(
    "does no harm when it was made past the door: %s",
    async (_, init) => {
      const bad = new AudioFrame({ sampleRate: 16_000, data: new Float32Array(320), ...init });
      const { got, inUse } = await afterwards([bad, bad]);
      expect([said(got.at(-1) as Frame), inUse]).toEqual([7, 0]);
    },
    20_000,
  );
});

describe("Samples and times that make no sense", () => {
  it("NaN and endless samples pass as they are", async () => {
    const data = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -1e38);
    const { got, codes } = await afterwards([audioFrame({ sampleRate: 16_000, data })]);
    expect([...(got[0] as AudioFrame).data]).toEqual([...data]);
    expect(codes).toEqual([]);
  });

  it.each([
    [[0, 1e15, 5]],
    [[100, 50, 0, -50]],
    [[Number.NaN, Number.POSITIVE_INFINITY, 0.5]],
    [[Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
  ])("times that jump, run backwards or are none do not change the order live: %j", async (times) => {
    const { got, codes, inUse } = await afterwards(times.map((timestamp, i) => sound(i, { timestamp })));
    expect([got.map(said), codes, inUse]).toEqual([[...times.map((_, i) => i), 7], [], 0]);
  });

  it("nor lose anything where branches of a batch meet", async () => {
    const times = [5, Number.NaN, -1e15, 1e15, 5, 0];
    const { pipeline } = wired({
      nodes: {
        a: node("a", {
          *produce() {
            for (const [i, timestamp] of times.entries()) yield sound(i, { timestamp });
          },
        }),
        b: node("b", {
          *produce() {
            for (const [i, timestamp] of [...times].reverse().entries()) yield sound(10 + i, { timestamp });
          },
        }),
        m: (frame: Frame) => frame,
      },
      wires: ["a > m", "b > m"],
    });
    const { outputs } = await pipeline.run();
    expect(outputs["m"]?.map(said).sort()).toEqual([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15].sort());
  });
});

describe("A frame that its owner pushes again, or changes", () => {
  it("is stamped under a header of the session's own", async () => {
    const frame = sound(1);
    const { got } = await afterwards([frame, frame]);
    expect(got.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect([frame.turn, frame.sequence, frame.stream.id]).toEqual([0, 0, 0]);
  });

  it("is never written into by a node", async () => {
    const frame = sound(1);
    const louder = node("louder", {
      process(given, _port, out) {
        if (!("data" in given)) return;
        const own = given.writable();
        own.data.fill(9);
        return out.emit("out", own);
      },
    });
    const { outputs } = await wired({ nodes: { louder } }).pipeline.run(frame);
    expect([outputs["louder"]?.map(said), said(frame)]).toEqual([[9], 1]);
  });

  it("while it waits has the header that it had", async () => {
    const gate = new Gate();
    const { pipeline, clock } = wired({ nodes: { gate: gate.spec } });
    const session = await pipeline.open();
    const got = collect(session.output());
    const frame = sound(1);
    await session.push("first");
    await session.push(frame);
    Object.assign(frame, { timestamp: 5, sampleRate: 1, flags: 15 });
    for (let i = 0; i < 2; i++) {
      gate.open();
      await clock.advance(0);
    }
    expect([...got.slice(1)]).toMatchObject([{ timestamp: 0, sampleRate: 16_000, flags: 0 }]);
  });
});

describe("Values that are none", () => {
  it.each([undefined, Number.NaN, () => 1, Symbol("x"), 10n] as unknown[])("%s is pushed without harm, or refused", async (value) => {
    const { pipeline, clock } = wired({ nodes: { a: (frame: Frame) => frame } });
    const session = await pipeline.open();
    const got = collect(session.output());
    try {
      await session.push(value as InputValue);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.any(String) });
    }
    await session.push("x");
    await clock.advance(0);
    expect(said(got.at(-1) as Frame)).toBe("x");
  });
});
