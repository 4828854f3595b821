import { type EncodedFrame, encodedFrame, Flags } from "@remotemedia/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VideoDepacketizer } from "../../src/video/video-depacketizer.ts";
import { VideoPacketizer } from "../../src/video/video-packetizer.ts";
import type { VideoPacket } from "../../src/video/video-payload.ts";

const bytes = (seed: number, length: number): number[] => Array.from({ length }, (_, i) => ((seed + i * 37) % 255) + 1);
const unit = (header: number, seed: number, length: number): number[] => [0, 0, 0, 1, header, ...bytes(seed, length)];

/** Frames as an encoder would make them. */
const codecs = {
  VP8: (isKey: boolean, seed: number, length: number) => Uint8Array.of(isKey ? 0x10 : 0x11, ...bytes(seed, length)),
  H264: (isKey: boolean, seed: number, length: number) =>
    Uint8Array.from(
      isKey ? [0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 9, ...unit(0x68, seed, 4), ...unit(0x65, seed, length)] : unit(0x41, seed, length),
    ),
} as const;

type Codec = keyof typeof codecs;
const frameOf = (codec: Codec, isKey: boolean, index: number, length: number): EncodedFrame =>
  encodedFrame("encoded-video", {
    codec: codec === "VP8" ? "vp8" : "avc1.42E01F",
    type: isKey ? "key" : "delta",
    timestamp: index * 33_333,
    data: codecs[codec](isKey, index, length),
  });

const packetizer = (codec: Codec) => new VideoPacketizer({ codec, firstSequenceNumber: 65_500, firstTimestamp: 2 ** 32 - 5000 });

function receiver(codec: string) {
  const frames: EncodedFrame[] = [];
  const asked: number[] = [];
  let nowUs = 0;
  const video = new VideoDepacketizer({ codec, frame: (frame) => frames.push(frame), keyFrameNeeded: () => asked.push(nowUs) });
  const push = (packet: VideoPacket, atUs = nowUs + 1000) => video.push(packet, (nowUs = atUs));
  return { video, frames, asked, push };
}

const lengths = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 2, maxLength: 25 });

describe.each(["VP8", "H264"] as const)("%s", (codec) => {
  const sequence = (sizes: readonly number[], keys = (i: number): boolean => i === 0): EncodedFrame[] =>
    sizes.map((size, i) => frameOf(codec, keys(i), i, size));
  const packetsOf = (frames: readonly EncodedFrame[]): VideoPacket[] => {
    const sender = packetizer(codec);
    return frames.flatMap((frame) => sender.packets(frame));
  };

  test("frames come back as they were, in order, whatever order their packets had", () => {
    fc.assert(
      fc.property(lengths, fc.infiniteStream(fc.integer({ min: 0, max: 6 })), (sizes, delays) => {
        const frames = sequence(sizes);
        const { frames: received, push, asked } = receiver(codec);
        const [first, ...rest] = packetsOf(frames);
        push(first!);
        const shuffled = rest.map((packet, i) => ({ packet, at: i + delays.next().value! })).sort((a, b) => a.at - b.at);
        for (const { packet } of shuffled) push(packet);
        expect(received.length).toBe(frames.length);
        expect(received.every(({ data }, i) => Buffer.compare(data, frames[i]!.data) === 0)).toBe(true);
        expect(received.map(({ type }) => type)).toEqual(frames.map(({ type }) => type));
        for (const [i, { timestamp }] of received.entries()) expect(Math.abs(timestamp - frames[i]!.timestamp)).toBeLessThan(20);
        expect(asked).toEqual([]);
      }),
      { seed: 4 },
    );
  });

  test("after a loss only whole frames from the next key frame on come, and a key frame was asked for", () => {
    fc.assert(
      fc.property(lengths, fc.nat(), fc.integer({ min: 1, max: 12 }), (sizes, at, keyEvery) => {
        const frames = sequence([...sizes, ...Array.from({ length: 30 }, () => 2000)], (i) => i % keyEvery === 0);
        const packets = packetsOf(frames);
        const lost = 1 + (at % (packets.length - 60));
        const { frames: received, push, asked } = receiver(codec);
        for (const [i, packet] of packets.entries()) if (i !== lost) push(packet, i * 5000);
        const lostFrame = frames.findIndex(({ timestamp }) => packetTime(packets[lost]!) === frameTime(timestamp));
        const indices = received.map(({ data }) => frames.findIndex((frame) => Buffer.compare(frame.data, data) === 0));
        const nextKey = frames.findIndex(({ type }, i) => i > lostFrame && type === "key");
        expect(indices).not.toContain(lostFrame);
        expect(indices).not.toContain(-1);
        expect(asked.length).toBeGreaterThan(0);
        for (const i of indices) expect(i < lostFrame || (nextKey > 0 && i >= nextKey)).toBe(true);
        const jumped = received.filter(({ flags }) => flags === (Flags.gap | Flags.discontinuity));
        expect(jumped.length).toBe(indices.some((i) => i > lostFrame) && indices.some((i) => i < lostFrame) ? 1 : 0);
      }),
      { seed: 5 },
    );
  });

  test("a packet that comes when asked for again heals its frame", () => {
    const packets = packetsOf(sequence([5000, 5000, 5000]));
    const { frames, push, asked } = receiver(codec);
    for (const [i, packet] of packets.entries()) if (i !== 9) push(packet, i * 1000);
    expect(frames.length).toBe(1);
    push(packets[9]!, 100_000);
    expect(frames.length).toBe(3);
    expect(asked).toEqual([]);
  });

  test("a stream that begins in its middle waits for a key frame, asking twice a second", () => {
    const packets = packetsOf(
      sequence(
        Array.from({ length: 60 }, () => 500),
        () => false,
      ),
    );
    const { frames, push, asked } = receiver(codec);
    for (const [i, packet] of packets.entries()) push(packet, i * 33_333);
    expect(frames).toEqual([]);
    expect(asked.length).toBe(4);
  });

  test("no payload is larger than 1,200 bytes, and packets number on over the wrap", () => {
    const packets = packetsOf(sequence([100, 1199, 1200, 1201, 50_000]));
    expect(Math.max(...packets.map(({ payload }) => payload.length))).toBeLessThanOrEqual(1200);
    expect(packets.map(({ sequenceNumber }) => sequenceNumber)).toEqual(packets.map((_, i) => (65_500 + i) & 0xffff));
    expect(packets.filter(({ marker }) => marker).length).toBe(5);
  });

  test("random and damaged packets never throw", () => {
    const packet = fc.record({
      sequenceNumber: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 65_535 })),
      timestamp: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      marker: fc.boolean(),
      payload: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 80 }), (packets) => {
        const { push } = receiver(codec);
        for (const one of packets) push(one);
        for (const one of packetsOf(sequence([3000, 3000])).map((whole, i) => ({ ...whole, payload: whole.payload.subarray(i) })))
          push(one);
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  test("a stream that jumps far starts anew, and what waits is bounded", () => {
    const { frames, push } = receiver(codec);
    for (const packet of packetsOf(sequence([500, 500]))) push(packet);
    for (const packet of packetsOf(sequence([500, 500]))) push({ ...packet, sequenceNumber: (packet.sequenceNumber + 20_000) & 0xffff });
    expect(frames.length).toBe(4);
  });

  test("frames of another codec are refused", () => {
    expect(() => packetizer(codec).packets(encodedFrame("encoded-video", { codec: "vp09.00.10.08", data: new Uint8Array(9) }))).toThrow(
      expect.objectContaining({ code: "media-incompatible" }),
    );
  });
});

const packetTime = ({ timestamp }: VideoPacket): number => (timestamp - (2 ** 32 - 5000)) >>> 0;
const frameTime = (us: number): number => Math.round((us * 9) / 100);

test("VP8 descriptors with every optional field are read", () => {
  const { frames, push } = receiver("VP8");
  const long = [0x90, 0xf0, 0x81, 0x23, 7, 0x21];
  const short = [0x90, 0x80, 0x05];
  push({ sequenceNumber: 1, timestamp: 0, marker: true, payload: Uint8Array.of(...long, 0x10, 1, 2) });
  push({ sequenceNumber: 2, timestamp: 1, marker: true, payload: Uint8Array.of(...short, 0x11, 3, 4) });
  push({ sequenceNumber: 3, timestamp: 2, marker: true, payload: Uint8Array.of(0x90, 0x40, 9, 0x11, 5) });
  expect(frames.map(({ data, type }) => [type, ...data])).toEqual([
    ["key", 0x10, 1, 2],
    ["delta", 0x11, 3, 4],
    ["delta", 0x11, 5],
  ]);
});

test("H.264 parameter sets that come together are taken apart, and name the codec", () => {
  const { frames, push } = receiver("H264");
  const sps = [0x67, 0x64, 0x00, 0x28, 1];
  const payload = Uint8Array.of(0x78, 0, sps.length, ...sps, 0, 2, 0x68, 9);
  push({ sequenceNumber: 1, timestamp: 0, marker: false, payload });
  push({ sequenceNumber: 2, timestamp: 0, marker: true, payload: Uint8Array.of(0x65, 1, 2) });
  expect(frames[0]).toMatchObject({ codec: "avc1.640028", type: "key" });
  expect([...frames[0]!.data]).toEqual([0, 0, 0, 1, ...sps, 0, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65, 1, 2]);
});

test("H.264 that is not in Annex B form is told", () => {
  const frame = encodedFrame("encoded-video", { codec: "avc1.42E01F", data: Uint8Array.of(0, 0, 0, 2, 0x65, 1) });
  expect(() => packetizer("H264").packets(frame)).toThrow(expect.objectContaining({ code: "media-invalid" }));
});

test("a codec that cannot pass through is refused by name", () => {
  expect(() => receiver("AV1")).toThrow(expect.objectContaining({ code: "media-incompatible" }));
});
