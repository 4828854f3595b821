import {
  audioFrame,
  binaryFrame,
  encodedFrame,
  eventFrame,
  type Frame,
  isRemoteMediaError,
  type JsonValue,
  jsonFrame,
  type LinkMessage,
  type Metadata,
  type SampleFormat,
  tensorFrame,
  textFrame,
  videoFrame,
} from "@remotemedia/core";
import {
  decodeMessage,
  descriptorBytes,
  encodeMessage,
  fragmentsOf,
  maxMessageBytes,
  Reassembler,
  readDescriptor,
} from "@remotemedia/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messages } from "./cases.ts";
import { messageJson } from "./message-json.ts";

const uint32 = fc.nat(2 ** 32 - 1);
const text = fc.string({ unit: "grapheme" });
const value = fc.jsonValue() as fc.Arbitrary<JsonValue>;

const init = fc.record(
  {
    timestamp: fc.maxSafeInteger(),
    duration: fc.maxSafeNat(),
    turn: uint32,
    sequence: uint32,
    stream: fc.record({ id: uint32, epochUs: fc.maxSafeInteger() }),
    // The key flag is not a frame's own.
    flags: uint32.map((flags) => (flags & ~16) >>> 0),
    metadata: fc.dictionary(text, value).map((metadata) => JSON.parse(JSON.stringify(metadata)) as Metadata),
  },
  { requiredKeys: [] },
);

const samples = { "f32-planar": Float32Array, f32: Float32Array, s16: Int16Array, "s16-planar": Int16Array, s32: Int32Array };
const audio = fc
  .tuple(
    init,
    fc.constantFrom(...(Object.keys(samples) as SampleFormat[])),
    fc.integer({ min: 1, max: 8 }),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([common, format, numberOfChannels, bytes]) => {
    const data = samples[format].from(Array.from({ length: numberOfChannels * bytes.length }, (_, i) => bytes[i % bytes.length]! - 128));
    return audioFrame({ ...common, format, sampleRate: 1 + bytes.length * 4_800, numberOfChannels, data });
  });
const video = fc
  .tuple(init, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.nat(3))
  .map(([common, width, height, padding]) => {
    const stride = width * 4 + padding;
    const layout = [{ offset: padding, stride }];
    return videoFrame({
      ...common,
      format: "BGRA",
      codedWidth: width,
      codedHeight: height,
      layout,
      data: new Uint8Array(padding + stride * height),
    });
  });
const encoded = fc
  .tuple(init, text, fc.constantFrom("key", "delta"), fc.uint8Array(), fc.boolean())
  .map(([common, codec, type, data, isVideo]) =>
    encodedFrame(isVideo ? "encoded-video" : "encoded-audio", { ...common, codec, type, data }),
  );
const tensor = fc
  .tuple(init, fc.array(fc.nat(4), { maxLength: 4 }))
  .map(([common, shape]) =>
    tensorFrame({ ...common, dtype: "int16", shape, data: new Int16Array(shape.reduce((a, b) => a * b, 1)).fill(-2) }),
  );

const frame: fc.Arbitrary<Frame> = fc.oneof(
  audio,
  video,
  encoded,
  tensor,
  fc.tuple(init, text, fc.boolean()).map(([common, words, final]) => textFrame(words, { ...common, final })),
  fc.tuple(init, value).map(([common, json]) => jsonFrame(JSON.parse(JSON.stringify(json)), common)),
  fc.tuple(init, text, value).map(([common, name, json]) => eventFrame(name, JSON.parse(JSON.stringify(json)), common)),
  fc.tuple(init, text, fc.uint8Array()).map(([common, mimeType, data]) => binaryFrame(data, { ...common, mimeType })),
);

const message: fc.Arbitrary<LinkMessage> = fc.oneof(
  fc.tuple(frame, fc.maxSafeNat()).map(([frame, sequence]) => ({ type: "frame", sequence, frame }) as const),
  fc.tuple(frame, text).map(([frame, track]) => ({ type: "media", track, frame }) as const),
  fc
    .tuple(uint32, fc.dictionary(text, fc.maxSafeInteger(), { noNullPrototype: true }))
    .map(([turn, cuts]) => ({ type: "turn", turn, cuts }) as const),
  fc.constantFrom(...Object.values(messages)),
);

// The same cases every time.
fc.configureGlobal({ seed: 5 });

/** Whatever happens, it is an error of ours. */
function onlyOurErrors(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!isRemoteMediaError(error)) throw error;
    expect(["media-invalid", "limit-exceeded"]).toContain(error.code);
  }
}

/** Bytes of a message with some of them changed, left out or doubled. */
const damaged = fc
  .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { minLength: 1, maxLength: 5 }))
  .map(([original, damages]) => {
    const bytes = [...encodeMessage(original)];
    for (const [position, byte, way] of damages)
      bytes.splice(position % (bytes.length + 1), way === 1 ? 0 : 1, ...(way === 2 ? [] : [byte]));
    return Uint8Array.from(bytes);
  });

describe("messages", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(messageJson(decodeMessage(encodeMessage(sent)))).toEqual(messageJson(sent));
      }),
    );
  });

  it("come back at any alignment", () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 8 }), (sent, offset) => {
        const bytes = encodeMessage(sent);
        const memory = new Uint8Array(bytes.length + offset);
        memory.set(bytes, offset);
        expect(messageJson(decodeMessage(memory.subarray(offset)))).toEqual(messageJson(sent));
      }),
    );
  });

  it("fail with our errors only, cut anywhere, damaged, or random", () => {
    fc.assert(fc.property(message, fc.nat(), (sent, cut) => onlyOurErrors(() => decodeMessage(encodeMessage(sent).subarray(0, cut)))));
    fc.assert(
      fc.property(damaged, (bytes) => onlyOurErrors(() => decodeMessage(bytes))),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => onlyOurErrors(() => decodeMessage(bytes))));
  });

  it("pass fields of a later version", () => {
    const [later] = Object.values(messages);
    const bytes = encodeMessage(later!);
    const unknown = [0xa0, 0x06, 1, 0xa1, 0x06, ...new Uint8Array(8), 0xa2, 0x06, 1, 0, 0xa5, 0x06, 0, 0, 0, 0];
    expect(decodeMessage(Uint8Array.from([...unknown, ...bytes, ...unknown]))).toEqual(later);
  });

  it("have at most 16 MiB", () => {
    const tooLong = binaryFrame(new Uint8Array(maxMessageBytes));
    expect(() => encodeMessage({ type: "frame", sequence: 1, frame: tooLong })).toThrow(/larger than 16777216/);
    expect(() => decodeMessage(new Uint8Array(maxMessageBytes + 1))).toThrow(/larger than 16777216/);
  });

  it("do not let small bytes become many objects", () => {
    const planes = new Uint8Array(6_000);
    for (let at = 0; at < planes.length; at += 3) planes.set([0xca, 0x01, 0], at);
    const bytes = encodeMessage({ type: "media", track: "", frame: binaryFrame(new Uint8Array()) });
    const frame = Uint8Array.from([0x08, 8, ...planes]);
    expect(() => decodeMessage(Uint8Array.from([0x1a, ...length(frame.length + 3), 0x12, ...length(frame.length), ...frame]))).toThrow(
      /layout has more than 256/,
    );
    expect(bytes.length).toBeLessThan(300);
  });

  it("say what does not fit the wire", () => {
    const send = (frame: Frame) => () => encodeMessage({ type: "media", track: "", frame });
    expect(send(textFrame("", { timestamp: 0.5 }))).toThrow(/does not fit the wire/);
    expect(send(textFrame("", { turn: -1 }))).toThrow(/does not fit the wire/);
    expect(send(jsonFrame(1n as never))).toThrow(/not plain JSON/);
    expect(send(jsonFrame(undefined as never))).toThrow(/not plain JSON/);
    expect(send(tensorFrame({ dtype: "float32", shape: [1], data: new Int16Array(1) }))).toThrow(/float32 tensor/);
  });
});

const length = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...length(value >> 7)]);

describe("descriptors", () => {
  it("fail with our errors only, whatever the memory holds", () => {
    const memory = fc.uint8Array({ minLength: descriptorBytes, maxLength: 200 });
    const kind = fc.nat(10);
    fc.assert(
      fc.property(memory, kind, fc.integer({ min: -1, max: 200 }), (bytes, number, offset) => {
        bytes.set([number, 0], 0);
        bytes.fill(0, 40, Math.min(bytes.length, 80));
        onlyOurErrors(() => readDescriptor(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset));
      }),
    );
  });
});

describe("fragments", () => {
  it("put together give the message, also when messages take turns", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 9, max: 400 }),
        (a, b, maxBytes) => {
          const reassembler = new Reassembler();
          const [ofA, ofB] = [fragmentsOf(a, 1, maxBytes), fragmentsOf(b, 2 ** 32 - 1, maxBytes)];
          expect([...ofA, ...ofB].every((fragment) => fragment.length <= maxBytes)).toBe(true);
          const whole = ofA.flatMap((fragment, index) => [fragment, ...ofB.slice(index, index === ofA.length - 1 ? undefined : index + 1)]);
          const given = whole.map((fragment) => reassembler.add(fragment)).filter((message) => message !== undefined);
          expect(given.map((bytes) => [...bytes]).sort()).toEqual([[...a], [...b]].sort());
          expect(reassembler.bytes).toBe(0);
        },
      ),
    );
  });

  const [first, second, third] = fragmentsOf(new Uint8Array(30), 7, 20) as [Uint8Array, Uint8Array, Uint8Array];
  const [other] = fragmentsOf(new Uint8Array(20), 7, 20) as [Uint8Array];

  it.each([
    ["repeated", [first, first]],
    ["left out", [first, third]],
    ["out of order", [second, first]],
    ["of another count", [first, other]],
    ["shorter than its header", [first.subarray(0, 7)]],
    ["empty among others", [first.subarray(0, 8)]],
    ["beyond its count", [Uint8Array.of(0, 0, 0, 0, 2, 0, 2, 0)]],
    ["of no count", [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0)]],
  ])("are refused when one is %s, and what was open is forgotten", (_, fragments) => {
    const reassembler = new Reassembler();
    const add = () => fragments.map((fragment) => reassembler.add(fragment));
    expect(add).toThrow(expect.objectContaining({ code: "media-invalid" }));
    expect(reassembler.bytes).toBe(0);
  });

  it("are kept within bounds: open messages, their pieces and their bytes", () => {
    const starts = (count: number, size: number) =>
      Array.from({ length: count }, (_, id) => fragmentsOf(new Uint8Array(2 * size), id, size + 8)[0]!);
    const addAll = (fragments: Uint8Array[]) => () => {
      const reassembler = new Reassembler();
      for (const fragment of fragments) reassembler.add(fragment);
    };
    expect(addAll(starts(16, 10))).not.toThrow();
    expect(addAll(starts(17, 10))).toThrow(/too many messages/);
    expect(addAll(starts(16, 2 ** 21))).toThrow(/larger than/);
    const tiny = (id: number) => fragmentsOf(new Uint8Array(40_000), id, 9).slice(0, -1);
    expect(addAll([...tiny(1), ...tiny(2)])).toThrow(/too many fragments/);
  });
});
