// The golden vectors are read by every implementation of the protocol. After a change that is meant: `npx vitest run packages/protocol -u`.
import { isRemoteMediaError } from "@remotemedia/core";
import {
  decodeFrame,
  decodeMessage,
  descriptorBytes,
  descriptorParts,
  encodeFrame,
  encodeMessage,
  readDescriptor,
  writeDescriptor,
} from "@remotemedia/protocol";
import { describe, expect, it } from "vitest";
import { frames, messages } from "./cases.ts";
import { frameJson, fromHex, hex, messageJson } from "./message-json.ts";

/** JSON Lines. */
const lines = (vectors: readonly object[]) =>
  vectors
    .map(
      (vector) => `${JSON.stringify(vector)}
`,
    )
    .join("");

/** A descriptor at 8, what it points to behind it at multiples of 8, in as much memory as that takes. */
function inMemory(name: string): Uint8Array {
  const parts = descriptorParts(frames[name]!, 1);
  let end = 8 + descriptorBytes;
  const place = (bytes: Uint8Array) => {
    const at = end;
    end = Math.ceil((end + bytes.length) / 8) * 8;
    return at;
  };
  const pointers = { data: place(parts.data), metadata: place(parts.metadata), extra: place(parts.extra) };
  const memory = new Uint8Array(end);
  writeDescriptor(new DataView(memory.buffer), 8, parts, pointers);
  for (const part of ["data", "metadata", "extra"] as const) memory.set(parts[part], pointers[part]);
  return memory;
}

describe("golden vectors", () => {
  it("of messages are what is written now", async () => {
    const vectors = Object.entries(messages).map(([name, message]) => ({
      name,
      message: messageJson(message),
      bytes: hex(encodeMessage(message)),
    }));
    await expect(lines(vectors)).toMatchFileSnapshot("../vectors/messages.jsonl");
  });

  it("of descriptors are what is written now", async () => {
    const vectors = Object.entries(frames).map(([name, frame]) => ({ name, frame: frameJson(frame), at: 8, memory: hex(inMemory(name)) }));
    await expect(lines(vectors)).toMatchFileSnapshot("../vectors/descriptors.jsonl");
  });

  it.each(Object.entries(messages))("read back as what was written: %s", (_, message) => {
    expect(messageJson(decodeMessage(encodeMessage(message)))).toEqual(messageJson(message));
  });

  it.each(Object.entries(frames))("of memory read back as what was written: %s", (name, frame) => {
    const { frame: back, port } = readDescriptor(new DataView(inMemory(name).buffer), 8);
    expect(port).toBe(1);
    // In memory every frame has a time.
    expect(frameJson(back)).toEqual({ ...frameJson(frame), timestamp: frame.timestamp });
    expect(frameJson(decodeFrame(encodeFrame(frame)))).toEqual(frameJson(frame));
  });
});

const within = (field: number, ...content: string[]): string => {
  const digits = content.join("");
  return hex(Uint8Array.of(...varint(field * 8 + 2), digits.length / 2)) + digits;
};
const number = (field: number, value: number): string => hex(Uint8Array.of(...varint(field * 8), ...varint(value)));
const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
const utf8 = (text: string): string => hex(new TextEncoder().encode(text));
const framed = (...fields: string[]): string => within(3, within(2, ...fields));
const audio = (...fields: string[]): string => framed(number(1, 1), number(9, 3), number(10, 8000), ...fields);
const picture = (width: number, height: number, ...more: string[]): string =>
  framed(number(1, 2), number(9, 18), number(13, width), number(14, height), ...more);

/** Bytes that every implementation refuses, and what is said about them. */
const refused: Readonly<Record<string, readonly [bytes: string, told: RegExp]>> = {
  "nothing at all": ["", /one message of a known type/],
  "a message of a later version": [within(100), /one message of a known type/],
  "two messages at once": [within(9) + within(10), /one message of a known type/],
  "a number that does not end": ["220280", /ends inside of a field/],
  "a number cut off": ["22020880", /ends inside of a number/],
  "a length beyond the end": ["0a7f00", /ends inside of a field/],
  "a length of four gigabytes": ["0affffffff0f", /ends inside of a field/],
  "a number of more than 64 bits": [within(4, "08ffffffffffffffffffffff01"), /more than 64 bits/],
  "a number of more than 53 bits": [within(4, "08ffffffffffffffffff01"), /larger than 9007199254740991/],
  "a turn of more than 32 bits": [within(5, "08ffffffff1f"), /larger than 4294967295/],
  "an unknown wire type": ["6702", /unknown wire type/],
  "a field of the number 0": ["0000", /number 0/],
  "an ack of the wrong wire type": ["2005", /ack has the wrong wire type/],
  "hello of another protocol": [within(1, within(1, utf8("v2"))), /hello is not of remotemedia.v1/],
  "a frame message without a frame": [within(2, number(1, 1)), /no frame/],
  "a frame of no kind": [framed(), /unknown kind/],
  "a frame of an unknown kind": [framed(number(1, 10)), /unknown kind/],
  "text that is not UTF-8": [framed(number(1, 5), within(100, "ff")), /not UTF-8/],
  "a name that is not UTF-8": [framed(number(1, 9), within(21, "c0af"), within(100, utf8("1"))), /not UTF-8/],
  "an event whose value is not JSON": [framed(number(1, 9), within(21, utf8("x")), within(100, utf8("{"))), /not JSON/],
  "json without a value": [framed(number(1, 6)), /not JSON/],
  "metadata that are no object": [framed(number(1, 8), within(17, utf8("[]"))), /not a JSON object/],
  "audio of an unknown format": [framed(number(1, 1), number(9, 16)), /unknown format/],
  "audio of half a sample": [audio(number(11, 1), number(12, 1), within(100, "00")), /whole elements/],
  "audio of fewer samples than it says": [audio(number(11, 1), number(12, 2), within(100, "0000")), /does not fit together/],
  "audio without channels": [audio(number(12, 0)), /does not fit together/],
  "a picture larger than its data": [picture(2, 2, within(100, "00".repeat(15))), /outside of its data/],
  "a picture without size": [picture(0, 2), /impossible size/],
  "a picture of absurd size": [picture(2 ** 26, 2 ** 26), /impossible size/],
  "a picture with a plane too many": [picture(1, 1, within(25), within(25), within(100, "00000000")), /outside of its data/],
  "a picture with two strides": [picture(1, 1, number(15, 8), within(100, "00000000")), /disagree/],
  "an encoded frame whose flag contradicts its type": [framed(number(1, 3)), /disagree/],
  "an encoded frame of an unknown type": [framed(number(1, 3), number(19, 2)), /unknown type/],
  "a tensor of another shape": [framed(number(1, 7), within(23, utf8("uint8")), within(24, "03"), within(100, "0000")), /disagree/],
  "a request of an unknown name": [within(7, within(1, utf8("x")), within(2, utf8("0"))), /unknown name/],
};

describe("bytes that are no message", () => {
  it("are vectors as well", async () => {
    const vectors = Object.entries(refused).map(([name, [bytes]]) => ({ name, bytes }));
    await expect(lines(vectors)).toMatchFileSnapshot("../vectors/refused.jsonl");
  });

  it.each(Object.entries(refused))("are refused: %s", (_, [bytes, told]) => {
    let thrown: unknown;
    try {
      decodeMessage(fromHex(bytes));
    } catch (error) {
      thrown = error;
    }
    expect(isRemoteMediaError(thrown) && thrown.code).toBe("media-invalid");
    expect(String(thrown)).toMatch(told);
  });
});
