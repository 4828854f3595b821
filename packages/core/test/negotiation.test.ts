import { collect } from "@remotemedia/conformance";
import { type AudioFrame, any, audio, event, eventFrame, type Frame, formatOf, type MediaFormat, sameAs } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { node, said, sink, sound, source } from "./nodes.ts";
import { wired } from "./wired.ts";

const pass = (id: string, input: Parameters<typeof audio>[0] = {}) =>
  node(
    id,
    { process: (frame, _port, out) => out.emit("out", frame) },
    { inputs: { in: audio(input as object) }, outputs: { out: sameAs("in") } },
  );
const narrow = () => pass("narrow", { format: "f32-planar", sampleRate: 16_000, numberOfChannels: 1 } as never);
const formats = (frames: readonly Frame[]) =>
  frames.map((frame) => {
    const { format, sampleRate, numberOfChannels } = frame as AudioFrame;
    return [format, sampleRate, numberOfChannels];
  });

/** A source whose declaration fixes what it gives. */
const tone = (sampleRate: number, numberOfChannels = 1, count = 1) =>
  source("tone", () => Array.from({ length: count }, (_, i) => sound(i, { sampleRate, numberOfChannels, timestamp: i * 20_000 })), {
    outputs: { out: audio({ format: "f32-planar", sampleRate, numberOfChannels }) },
  });

describe("Where formats do not meet", () => {
  it("converters are put on the edge, and explain shows them", async () => {
    const { pipeline } = wired({ nodes: { tone: tone(48_000, 2), narrow: narrow() }, wires: ["tone > narrow"] });
    const { edges, latency } = await pipeline.explain();
    expect(edges[0]).toMatchObject({
      edge: "tone.out → narrow.in",
      format: "audio f32-planar 48000 Hz 2 ch",
      converters: [
        { type: "remix", params: { channels: 1 } },
        { type: "resample", params: { sample_rate: 16_000 } },
      ],
    });
    expect(latency).toEqual({ latencyUs: 1_000, paths: [{ path: ["tone", "narrow"], latencyUs: 1_000 }] });
    const { outputs, metrics } = await pipeline.run();
    expect(formats(outputs["narrow"] ?? [])).toEqual([["f32-planar", 16_000, 1]]);
    expect(metrics.node_metrics.map(({ node_type }) => node_type)).toEqual(["tone", "narrow", "remix", "resample"]);
  });

  it("nothing is put there when the manifest forbids it: the error names both sides and what would help", async () => {
    const { pipeline } = wired({ nodes: { tone: tone(48_000), narrow: narrow() }, wires: ["tone > narrow"], autoNegotiate: false });
    await expect(pipeline.run()).rejects.toMatchObject({
      code: "media-incompatible",
      node: "narrow",
      port: "in",
      message: "tone.out → narrow.in: no way from one format to the other",
      expected: "audio f32-planar 16000 Hz 1 ch",
      received: "audio f32-planar 48000 Hz 1 ch",
      fix: "Insert converters, or set metadata.auto_negotiate to true.",
    });
  });

  it("the first alternative that needs the fewest steps is taken", async () => {
    const picky = node(
      "picky",
      { process: (frame, _port, out) => out.emit("out", frame) },
      {
        inputs: {
          in: [
            audio({ format: "s16", sampleRate: 8_000, numberOfChannels: 1 }),
            audio({ format: "f32-planar", sampleRate: { min: 8_000, max: 24_000 } }),
          ],
        },
      },
    );
    const { edges } = await wired({ nodes: { tone: tone(48_000, 2), picky }, wires: ["tone > picky"] }).pipeline.explain();
    expect(edges[0]?.converters).toMatchObject([{ type: "resample", params: { sample_rate: 24_000 } }]);
  });

  it("what is known only with the first frame is planned there", async () => {
    const { pipeline, clock } = wired({ nodes: { a: (frame: Frame) => frame, narrow: narrow() }, wires: ["a > narrow"] });
    const session = await pipeline.open();
    const got = collect(session.output());
    await session.push(sound(1, { sampleRate: 48_000 }));
    await clock.advance(0);
    expect(formats(got)).toEqual([["f32-planar", 16_000, 1]]);
  });
});

describe("Where edges meet", () => {
  it("all bring what the first one brings", async () => {
    const { pipeline } = wired({ nodes: { a: tone(48_000), b: tone(8_000), mix: pass("mix") }, wires: ["a > mix", "b > mix"] });
    const { outputs } = await pipeline.run();
    expect(formats(outputs["mix"] ?? [])).toEqual([
      ["f32-planar", 48_000, 1],
      ["f32-planar", 48_000, 1],
    ]);
    expect((await pipeline.explain()).edges.map(({ converters }) => converters.map(({ type }) => type))).toEqual([[], ["resample"], []]);
  });

  it("sound and events go into one port that takes everything", async () => {
    const vad = node(
      "vad",
      {
        process(frame, _port, out) {
          void out.emit("events", eventFrame("speech-started"));
          return out.emit("out", frame);
        },
      },
      { inputs: { in: audio() }, outputs: { out: sameAs("in"), events: event() } },
    );
    const log = sink("log");
    const { pipeline } = wired({
      nodes: { tone: tone(16_000), vad, log: log.spec },
      wires: ["tone > vad", "vad.out > log", "vad.events > log"],
    });
    await pipeline.run();
    expect(log.got.map(said)).toEqual([0, "speech-started"]);
  });
});

describe("A frame unlike the agreed format", () => {
  it("gets other converters from there on, and the node is told", async () => {
    const told: MediaFormat[] = [];
    const tells = node(
      "tells",
      { negotiate: ({ in: given }) => void (given && told.push(given)), process: (frame, _port, out) => out.emit("out", frame) },
      { inputs: { in: audio({ format: "f32-planar", sampleRate: [16_000, 44_100] }) } },
    );
    const { pipeline, clock } = wired({ nodes: { a: (frame: Frame) => frame, tells }, wires: ["a > tells"] });
    const session = await pipeline.open();
    const got = collect(session.output());
    for (const sampleRate of [48_000, 48_000, 16_000, 44_100, 8_000]) await session.push(sound(1, { sampleRate }));
    await clock.advance(0);
    expect(formats(got).map(([, rate]) => rate)).toEqual([16_000, 16_000, 16_000, 44_100, 16_000]);
    expect(told.map((format) => "sampleRate" in format && format.sampleRate)).toEqual([16_000, 16_000, 44_100, 16_000]);
    await session.close();
  });

  it("is an error that ends a batch where there is no way", async () => {
    const { pipeline } = wired({ nodes: { a: (frame: Frame) => frame, narrow: narrow() }, wires: ["a > narrow"] });
    await expect(pipeline.run("text")).rejects.toMatchObject({
      code: "media-incompatible",
      node: "narrow",
      message: "a.out → narrow.in: no way from one format to the other",
    });
  });

  it("is left out of a live session, which goes on with the converters it had", async () => {
    const { pipeline, clock } = wired({ nodes: { a: (frame: Frame) => frame, narrow: narrow() }, wires: ["a > narrow"] });
    const session = await pipeline.open();
    const [got, errors] = [collect(session.output()), collect(session.errors)];
    await session.push(sound(1, { sampleRate: 48_000 }));
    await session.push("text");
    await session.push(sound(2, { sampleRate: 48_000 }));
    await clock.advance(0);
    expect(got.map((frame) => [said(frame), (formatOf(frame) as { sampleRate?: number }).sampleRate])).toEqual([
      [1, 16_000],
      [2, 16_000],
    ]);
    expect(errors.map(({ error }) => error.code)).toEqual(["media-incompatible"]);
  });

  it("a thousand changes leave nothing behind", async () => {
    const { pipeline, clock } = wired({ nodes: { a: (frame: Frame) => frame, narrow: narrow() }, wires: ["a > narrow"] });
    const session = await pipeline.open();
    for (let i = 0; i < 1_000; i++) await session.push(sound(i, { sampleRate: i % 2 === 0 ? 48_000 : 8_000 }));
    await clock.advance(0);
    expect(session.metrics().node_metrics.length).toBeLessThan(10);
    await session.close();
  });
});

describe("An answer through a converter", () => {
  it("that must wait is not given the next frame meanwhile", async () => {
    const { pipeline, clock } = wired({
      nodes: {
        answer: node("answer", { process: (frame, _port, out) => out.emit("out", frame) }, { answers: true }),
        slow: node(
          "slow",
          {
            process: async (frame, _port, out) => {
              await Promise.resolve();
              await out.emit("out", frame);
            },
          },
          { inputs: { in: audio({ format: "f32-planar", sampleRate: 16_000 }) }, outputs: { out: any() } },
        ),
        free: (frame: Frame) => frame,
      },
      wires: [["answer > slow", { size: 2 }], "answer > free"],
    });
    const session = await pipeline.open();
    const [slow, free, errors] = [collect(session.output("slow")), collect(session.output("free")), collect(session.errors)];
    for (let i = 0; i < 6; i++) void session.push(sound(i, { sampleRate: 48_000 }));
    await clock.advance(0);
    expect([slow.map(said), free.map(said), errors.length]).toEqual([[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5], 0]);
  });
});
