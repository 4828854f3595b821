import { collect } from "@remotemedia/conformance";
import { encodedFrame, eventFrame, Flags, type Frame, type ManifestQueue, textFrame, videoFrame } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { Gate, node, said, sink, sound, sounds } from "./nodes.ts";
import { wired } from "./wired.ts";

const hasEnd = (frame: Frame): boolean => (frame.flags & Flags.end) !== 0;

/** A live session whose consumer takes a frame only when the test lets it, behind a queue of this kind. */
async function queued(queue: ManifestQueue = {}) {
  const gate = new Gate();
  const requests: string[] = [];
  const camera = node("camera", { process: (frame, _port, out) => out.emit("out", frame), request: (name) => requests.push(name) > 0 });
  const { pipeline, clock } = wired({ nodes: { camera, gate: gate.spec }, wires: [["camera > gate", queue]] });
  const session = await pipeline.open();
  const got = collect(session.output("gate"));
  const errors = collect(session.errors);
  const drain = async (): Promise<unknown[]> => {
    while (gate.waits > 0) {
      gate.open();
      await clock.advance(0);
    }
    return got.map(said);
  };
  const edge = () => session.metrics().edges.find((one) => one.edge.startsWith("camera"));
  return { session, clock, gate, got, errors, requests, drain, edge };
}

const picture = (n: number, type: "key" | "delta", flags = 0): Frame =>
  encodedFrame("encoded-video", { codec: "vp8", type, data: Uint8Array.of(n), flags });
const image = (n: number, flags = 0): Frame => videoFrame({ codedWidth: 2, codedHeight: 2, data: new Uint8Array(6).fill(n), flags });

describe("A full queue of live media", () => {
  it("drops the oldest sound behind a live source", async () => {
    const { session, drain, edge } = await queued();
    for (const frame of sounds(40)) await session.push(frame);
    expect(edge()).toMatchObject({ queued: 32, peak_queued: 32, dropped_full: 7, debt_ms: 32 * 20, buffered_ms: 0 });
    expect(await drain()).toEqual([0, ...Array.from({ length: 32 }, (_, i) => 8 + i)]);
  });

  it("keeps only the latest picture", async () => {
    const { session, drain } = await queued();
    for (let i = 0; i < 5; i++) await session.push(image(i));
    expect(await drain()).toEqual([0, 4]);
  });

  it("drops the newest where the manifest says so", async () => {
    const { session, drain, edge } = await queued({ size: 2, policy: "drop-newest" });
    for (const frame of sounds(5)) await session.push(frame);
    expect(edge()?.dropped_full).toBe(2);
    expect(await drain()).toEqual([0, 1, 2]);
  });

  it("counts bytes as well as frames", async () => {
    const { session, drain } = await queued({ bytes: 3 * 320 * 4 });
    for (const frame of sounds(6)) await session.push(frame);
    expect(await drain()).toEqual([0, 3, 4, 5]);
  });

  it("drops sound that waited longer than half a second", async () => {
    const { session, clock, drain, edge } = await queued();
    for (const frame of sounds(3)) await session.push(frame);
    await clock.advance(501);
    await session.push(sound(3));
    expect(await drain()).toEqual([0, 3]);
    expect(edge()?.dropped_aged).toBe(2);
  });

  it.each(["drop-oldest", "drop-newest", "latest"] as const)(
    "never drops text, json or events (%s): more than four times its size is an overflow",
    async (policy) => {
      const { session, drain, errors } = await queued({ size: 2, policy });
      for (let i = 0; i < 3; i++) {
        await session.push(`${i}`);
        await session.push({ i });
        await session.push(eventFrame(`e${i}`));
      }
      expect(errors).toHaveLength(0);
      await session.push("one too many");
      await drain();
      expect(errors.map(({ error }) => [error.code, error.node])).toEqual([["overflow", "camera"]]);
      expect(await drain()).toEqual(["0", { i: 0 }, "e0", "1", { i: 1 }, "e1", "2", { i: 2 }, "e2"]);
    },
  );

  it("drops sound and keeps the messages between", async () => {
    const { session, drain } = await queued({ size: 3, policy: "drop-oldest" });
    await session.push(sound(0));
    for (const frame of [sound(1), textFrame("a"), sound(2), sound(3), sound(4)]) await session.push(frame);
    expect(await drain()).toEqual([0, "a", 3, 4]);
  });
});

describe("The end of a segment survives the frame that carried it", () => {
  it("on the frame behind it when the oldest is dropped", async () => {
    const { session, got, drain } = await queued({ size: 2, policy: "drop-oldest" });
    for (const frame of [sound(0), sound(1, { flags: Flags.end }), sound(2), sound(3)]) await session.push(frame);
    await drain();
    expect(got.map((frame) => [said(frame), hasEnd(frame)])).toEqual([
      [0, false],
      [2, true],
      [3, false],
    ]);
  });

  it("on the frame before it when the newest is dropped", async () => {
    const { session, got, drain } = await queued({ size: 1, policy: "drop-newest" });
    for (const frame of [sound(0), sound(1), sound(2, { flags: Flags.end })]) await session.push(frame);
    await drain();
    expect(got.map((frame) => [said(frame), hasEnd(frame)])).toEqual([
      [0, false],
      [1, true],
    ]);
  });

  it("on the next frame when nothing else waited", async () => {
    const { session, got, drain } = await queued({ size: 1, policy: "drop-oldest" });
    for (const frame of [sound(0), sound(1, { flags: Flags.end }), sound(2)]) await session.push(frame);
    await drain();
    expect(got.map((frame) => [said(frame), hasEnd(frame)])).toEqual([
      [0, false],
      [2, true],
    ]);
  });

  it("on the picture that replaces it", async () => {
    const { session, got, drain } = await queued();
    for (const frame of [image(0), image(1, Flags.end), image(2)]) await session.push(frame);
    await drain();
    expect(got.map((frame) => [said(frame), hasEnd(frame)])).toEqual([
      [0, false],
      [2, true],
    ]);
  });

  it("when it has waited too long, even if what follows comes later", async () => {
    const { session, clock, got, drain } = await queued();
    await session.push(sound(0));
    await session.push(sound(1, { flags: Flags.end }));
    await clock.advance(501);
    await drain();
    await session.push(sound(2));
    await drain();
    expect(got.map((frame) => [said(frame), hasEnd(frame)])).toEqual([
      [0, false],
      [2, true],
    ]);
  });

  it("and does not mark the frame of a sibling branch that shares it", async () => {
    const gate = new Gate();
    const free = sink();
    const { pipeline, clock } = wired({
      nodes: { camera: (frame: Frame) => frame, gate: gate.spec, free: free.spec },
      wires: [["camera > gate", { size: 1, policy: "drop-newest" }], "camera > free"],
    });
    const session = await pipeline.open();
    for (const frame of [sound(0), sound(1), sound(2, { flags: Flags.end })]) await session.push(frame);
    await clock.advance(0);
    expect(free.got.map(hasEnd)).toEqual([false, false, true]);
  });
});

describe("Encoded video", () => {
  it("is dropped up to the next key frame, which is requested upstream once", async () => {
    const { session, drain, requests } = await queued({ size: 2, policy: "drop-oldest" });
    for (const frame of [picture(0, "key"), picture(1, "delta"), picture(2, "delta"), picture(3, "delta")]) await session.push(frame);
    expect(requests).toEqual(["keyframe"]);
    expect(await drain()).toEqual([0]);
    await session.push(picture(4, "delta"));
    await session.push(picture(5, "key"));
    await session.push(picture(6, "delta"));
    expect(await drain()).toEqual([0, 5, 6]);
    expect(requests).toEqual(["keyframe"]);
  });

  it("goes on with a key frame that waits already, without a request", async () => {
    const { session, drain, requests } = await queued({ size: 3, policy: "drop-oldest" });
    for (const frame of [picture(0, "key"), picture(1, "delta"), picture(2, "delta"), picture(3, "key"), picture(4, "delta")])
      await session.push(frame);
    expect(await drain()).toEqual([0, 3, 4]);
    expect(requests).toEqual([]);
  });

  it("waits for a key frame after the newest was dropped, too", async () => {
    const { session, drain, requests } = await queued({ size: 1, policy: "drop-newest" });
    for (const frame of [picture(0, "key"), picture(1, "delta"), picture(2, "delta")]) await session.push(frame);
    expect(await drain()).toEqual([0, 1]);
    await session.push(picture(3, "delta"));
    await session.push(picture(4, "key"));
    expect(await drain()).toEqual([0, 1, 4]);
    expect(requests).toEqual(["keyframe"]);
  });

  it("waits for a key frame after one grew too old", async () => {
    const { session, clock, drain, requests } = await queued();
    for (const frame of [picture(0, "key"), picture(1, "key"), picture(2, "delta")]) await session.push(frame);
    await clock.advance(501);
    await drain();
    await session.push(picture(3, "delta"));
    await session.push(picture(4, "key"));
    expect(await drain()).toEqual([0, 4]);
    expect(requests).toEqual(["keyframe"]);
  });
});

describe("A tap", () => {
  it("sees what passes, as copies, and holds nothing back when nobody reads it", async () => {
    const out = sink();
    const { pipeline, clock } = wired({ nodes: { a: (frame: Frame) => frame, sink: out.spec }, wires: ["a > sink"] });
    const session = await pipeline.open();
    const errors = collect(session.errors);
    const tap = session.tap("a.out");
    for (let i = 0; i < 500; i++) await session.push(String(i));
    await clock.advance(0);
    expect(out.got).toHaveLength(500);
    expect(errors).toHaveLength(0);
    expect(said((await tap.next()).value)).toBe("468");
  });

  it("is gone when its reader leaves", async () => {
    const { pipeline } = wired({ nodes: { a: (frame: Frame) => frame } });
    const session = await pipeline.open();
    const before = session.metrics().edges.length;
    for (let i = 0; i < 10; i++) {
      const tap = session.tap("a");
      await session.push(`${i}`);
      expect(said((await tap.next()).value)).toBe(`${i}`);
      await tap.return?.();
    }
    expect(session.metrics().edges).toHaveLength(before);
    await session.close();
  });

  it("ends at once on a node that has ended", async () => {
    const { pipeline, clock } = wired({ nodes: { src: node("src", { *produce() {} }) } });
    const session = await pipeline.open();
    await clock.advance(0);
    expect(await session.tap("src").next()).toEqual({ done: true, value: undefined });
  });
});
