import { existsSync, readdirSync } from "node:fs";
import {
  type AudioFrame,
  audioFrame,
  binaryFrame,
  eventFrame,
  type Frame,
  jsonFrame,
  tensorFrame,
  textFrame,
  videoFrame,
} from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { failureOf, node, outputOf, valuesOf } from "./pipelines.ts";
import { testPython } from "./python.ts";

const result = async (what: string): Promise<Frame | undefined> => (await outputOf([0], [node("results.py:Result", { what })]))[0];
/** What the next Python node sees of a result. */
const seen = async (what: string): Promise<unknown> =>
  valuesOf(await outputOf([0], [node("results.py:Result", { what }), node("forms.py:Shape")]))[0];
const shapeOf = async (frame: Frame): Promise<unknown> => valuesOf(await outputOf([frame] as never, [node("forms.py:Shape")]))[0];

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer => Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
const sound = (data: Float32Array, channels = 1): AudioFrame =>
  audioFrame({ sampleRate: 8_000, numberOfChannels: channels, data, timestamp: 1_000, metadata: {} });

describe.skipIf(testPython === undefined)("What a Python node gets", () => {
  it.each<[string, Frame, string]>([
    ["audio", sound(new Float32Array(6), 2), "(float32[2, 3], 8000)"],
    [
      "audio with metadata",
      audioFrame({ sampleRate: 8_000, data: new Float32Array(2), metadata: { a: 1 } }),
      "(float32[1, 2], 8000, {'a': 1})",
    ],
    [
      "interleaved s16",
      audioFrame({ sampleRate: 8_000, format: "s16", numberOfChannels: 2, data: new Int16Array(6) }),
      "(int16[2, 3], 8000)",
    ],
    ["text", textFrame("hé"), "'hé'"],
    ["json", jsonFrame({ a: [1, null] }), "{'a': [1, None]}"],
    ["binary", binaryFrame(Uint8Array.of(0, 255)), "b'\\x00\\xff'"],
    ["a tensor", tensorFrame({ dtype: "int32", shape: [2, 1], data: Int32Array.of(1, 2) }), "int32[2, 1]"],
    ["a picture", videoFrame({ format: "RGBA", codedWidth: 4, codedHeight: 2, data: new Uint8Array(32) }), "uint8[2, 4, 4]"],
    ["an event", eventFrame("marker", { at: 1 }), "{'event': 'marker', 'value': {'at': 1}}"],
  ])("%s", async (_, frame, expected) => {
    expect(await shapeOf(frame)).toBe(expected);
  });
});

describe.skipIf(testPython === undefined)("What a Python node gives", () => {
  it.each<[string, unknown]>([
    ["text", { kind: "text", text: "hé", final: true }],
    ["number", { kind: "json", value: 3 }],
    ["numpy number", { kind: "json", value: 0.5 }],
    ["bool", { kind: "json", value: true }],
    ["bytes", { kind: "binary", data: Uint8Array.of(0, 255) }],
    ["dict", { kind: "json", value: { rms: 0.5, list: [1, null] } }],
    ["dataclass", { kind: "json", value: { text: "a", score: 0.5 } }],
    ["mono", { kind: "audio", format: "f32-planar", sampleRate: 8_000, duration: 250, data: Float32Array.of(0.5, -0.5) }],
    ["stereo", { kind: "audio", numberOfChannels: 2, data: Float32Array.of(0.5, 0.25, -0.5, 0) }],
    ["int16", { kind: "audio", format: "s16-planar", data: Int16Array.of(1, 2, 3, 4) }],
    ["int32", { kind: "audio", format: "s32", sampleRate: 8_000, data: Int32Array.of(1, 3, 2, 4) }],
    ["float16", { kind: "audio", format: "f32-planar", data: Float32Array.of(0.5) }],
    ["big-endian", { kind: "audio", data: Float32Array.of(0.5, 0.25) }],
    ["non-contiguous", { kind: "audio", numberOfChannels: 2, data: Float32Array.of(0, 2, 4, 6, 8, 10) }],
    ["reversed", { kind: "audio", data: Float32Array.of(0.5, 1) }],
    ["empty", { kind: "audio", numberOfFrames: 0, data: new Float32Array() }],
    ["with metadata", { kind: "audio", metadata: { speaker: "a", at: [1, 2] } }],
    ["tensor", { kind: "tensor", dtype: "int16", shape: [2, 3], data: Int16Array.of(0, 1, 2, 3, 4, 5) }],
    ["complex tensor", { kind: "tensor", dtype: "complex128", shape: [1] }],
    ["0-d", { kind: "tensor", dtype: "float64", shape: [] }],
    ["bool tensor", { kind: "tensor", dtype: "bool", data: Uint8Array.of(1, 0) }],
    ["big-endian tensor", { kind: "tensor", dtype: "int16", data: Int16Array.of(1, -2) }],
    ["non-contiguous tensor", { kind: "tensor", shape: [3, 2], data: Uint8Array.of(0, 3, 1, 4, 2, 5) }],
    ["empty tensor", { kind: "tensor", dtype: "float32", shape: [0, 3], data: new Float32Array() }],
    ["numpy rate", { kind: "audio", sampleRate: 8_000, data: new Float32Array(2) }],
    ["named sound", { kind: "audio", sampleRate: 8_000, data: new Float32Array(2) }],
    ["dict of a kind", { kind: "json", value: { a: 200, b: ["b"] } }],
    ["half a character", { kind: "text", text: "a?b" }],
  ])("%s", async (what, expected) => {
    expect(await result(what)).toMatchObject(expected as object);
  });

  it("None is nothing", async () => {
    expect(await result("none")).toBeUndefined();
  });

  it.each([
    ["tuple", "(1, 'a', {2: b'x'})"],
    ["nan", "nan"],
    ["huge int", "{'n': 1180591620717411303424}"],
    ["dataclass", "Word(text='a', score=0.5)"],
    ["list of dataclasses", "[Word(text='a', score=0.5)]"],
    ["named tuple", "[Point(x=1, y=b'y')]"],
    ["number of a kind", "(200, 0.5)"],
    ["nested metadata", "((float32[1, 2], 8000), {'is_speech': True})"],
    ["empty metadata", "(float32[1, 2], 8000, {})"],
    ["with metadata", "(float32[1, 2], 8000, {'speaker': 'a', 'at': [1, 2]})"],
  ])("%s is the same for the next Python node", async (what, expected) => {
    expect(await seen(what)).toBe(expected);
  });

  it("metadata that are none are not those of the next node's result", async () => {
    const nodes = [
      node("results.py:Result", { what: "empty metadata" }),
      node("results.py:Result", { what: "mono" }),
      node("forms.py:Shape"),
    ];
    expect(valuesOf(await outputOf([0], nodes))).toEqual(["(float32[1, 2], 8000)"]);
  });

  it("and more than fits into memory that is there already", async () => {
    const data = new Float32Array(500_000).map((_, index) => index);
    const frames = await outputOf([sound(data), sound(data), sound(data)], [node("forms.py:Echo")]);
    expect(frames).toHaveLength(3);
    for (const frame of frames) expect(Buffer.compare(bytesOf((frame as AudioFrame).data), bytesOf(data))).toBe(0);
  });
});

describe.skipIf(testPython === undefined)("Frames of changing sizes", () => {
  it("keep their samples while memory grows under a stream of them", async () => {
    const sizes = Array.from({ length: 120 }, (_, index) => Math.floor(40 * 1.09 ** index) % 700_000);
    const sounds = sizes.map((size, index) => sound(new Float32Array(size).fill(index + 1)));
    const frames = await outputOf(sounds, [node("forms.py:Echo"), node("forms.py:Echo"), node("forms.py:Echo")]);
    expect(frames.map((frame) => (frame as AudioFrame).data.length)).toEqual(sizes);
    const isSame = ({ data }: AudioFrame, index: number): boolean => data.every((sample) => sample === index + 1);
    expect(frames.findIndex((frame, index) => !isSame(frame as AudioFrame, index))).toBe(-1);
  });
});

describe.skipIf(testPython === undefined)("What cannot be sent is told with its type and where it is", () => {
  it.each([
    ["object", "not-serializable", /value is a \S*Opaque/],
    ["nested object", "not-serializable", /value\['a'\]\[1\]\['b'\] is a \S*Opaque/],
    ["object array", "not-serializable", /numpy array of objects/],
    ["text array", "not-serializable", /numpy array of dtype <U1/],
    ["nested object array", "not-serializable", /value\[0\]: a numpy array of objects/],
    ["channels last", "media-invalid", /shape \(800, 2\) has 800 channels/],
    ["three dimensions", "media-invalid", /shape \(2, 2, 2\)/],
    ["0-d audio", "media-invalid", /shape \(\)/],
    ["no channels", "media-invalid", /0 channels/],
    ["complex audio", "media-invalid", /complex64/],
    ["int64 audio", "media-invalid", /int64/],
    ["object audio", "media-invalid", /objects/],
    ["rate 0", "media-invalid", /sample rate of 0 Hz/],
    ["half a rate", "media-invalid", /sample rate of 0.5 Hz/],
    ["bad metadata", "not-serializable", /value\[2\]\['a'\]\['b'\] is a \S*Opaque/],
    ["2 GB", "limit-exceeded", /2,147,483,648 bytes/],
    ["itself", "not-serializable", /contains itself/],
    ["complex256 tensor", "not-serializable", /dtype complex256/],
    ["structured array", "not-serializable", /dtype \[\('a'/],
    ["dates", "not-serializable", /dtype datetime64/],
    ["rate nan", "media-invalid", /sample rate of nan Hz/],
    ["masked array", "not-serializable", /masked/],
    ["masked audio", "not-serializable", /masked/],
    ["long double", "not-serializable", /value\['a'\] is a numpy\.(longdouble|float128)/],
    ["metadata within themselves", "not-serializable", /contains itself/],
    ["huge metadata", "not-serializable", /value\[2\]\['a'\] is 1180591620717411303424/],
    ["frame of no port", "media-invalid", /port='aside'.* is no frame/],
    ["path", "not-serializable", /value\['file'\] is a pathlib\.\S*Path/],
    ["enum in dataclass", "not-serializable", /value\.score is a results\.Color/],
    ["frame of no kind", "media-invalid", /Frame\('sound'.* is no frame/],
    ["frame of no format", "media-invalid", /format='f64'.* is no frame/],
    ["frame that does not fit", "media-invalid", /does not fit together/],
    ["frame of objects", "media-invalid", /Opaque is not JSON/],
    ["text frame of bytes", "media-invalid", /Frame\('text'.* is no frame/],
    ["binary frame of text", "media-invalid", /Frame\('binary'.* is no frame/],
  ])("%s", async (what, code, message) => {
    const error = await failureOf(result(what));
    expect(error).toMatchObject({ code, node: "n0", message: expect.stringMatching(message) });
    expect(error.fix).not.toBe("");
  });
});

describe.skipIf(testPython === undefined)("A frame whose fields do not fit its data", () => {
  it("is the node's mistake, and no damage on the way", async () => {
    const error = await failureOf(result("tensor frame of half a number"));
    expect(error).toMatchObject({ code: "media-invalid", node: "n0", message: expect.stringContaining("not whole elements of 4 bytes") });
    expect(error.fix).toContain("fields of the Frame");
  });
});

describe.skipIf(testPython === undefined || !existsSync("/dev/shm"))("Shared memory", () => {
  it("has no name any more when a run is over, even one that ends while memory grows", async () => {
    const runs = Array.from({ length: 4 }, () =>
      outputOf([sound(new Float32Array(500_000))], [node("forms.py:Echo"), node("forms.py:Echo")]),
    );
    await Promise.all(runs);
    const names = () => readdirSync("/dev/shm").filter((name) => name.startsWith(`remotemedia-${process.pid}-`));
    await expect.poll(names).toEqual([]);
  });
});
