import { type AudioFrame, audioFrame, type Frame, Pipeline, tensorFrame, videoFrame } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { listening, node, outputOf, valuesOf } from "./pipelines.ts";
import { testPython } from "./python.ts";

const count = 8;
/** Sounds of three samples: 1 2 3, 4 5 6, … */
const sounds = (): AudioFrame[] =>
  Array.from({ length: count }, (_, index) =>
    audioFrame({ sampleRate: 8_000, timestamp: index * 375, data: Float32Array.of(3 * index + 1, 3 * index + 2, 3 * index + 3) }),
  );
const numbers = Array.from({ length: 3 * count }, (_, index) => index + 1);
const reversed = sounds().flatMap(({ data }) => [...data].reverse());
const samplesOf = async (spec: string): Promise<readonly number[]> =>
  (await outputOf(sounds(), [node(`keeping.py:${spec}`)])).flatMap((frame) => [...(frame as AudioFrame).data]);

describe.skipIf(testPython === undefined)("An array is a view of memory that the next frame comes into", () => {
  it.each<[string, readonly number[]]>([
    ["Returns", numbers],
    ["InPlace", numbers.map((value) => value * 2)],
    ["View", numbers.filter((value) => value % 3 !== 1)],
    ["Pieces", numbers],
    ["Waits", numbers],
    ["Keeps", numbers],
    ["KeepsViews", reversed],
    ["KeepsMemory", numbers],
    ["KeepsSubclass", numbers],
    ["KeepsFailing", numbers],
  ])("%s: every sample is that of its own frame", async (spec, expected) => {
    expect(await samplesOf(spec)).toEqual(expected);
  });

  it("a thread that looks later sees what its call got", async () => {
    const sums = sounds().map(({ data }) => [...data].reduce((sum, value) => sum + value));
    expect(valuesOf(await outputOf(sounds(), [node("keeping.py:LooksLater")]))).toEqual([sums]);
  });

  it("pictures and tensors are kept like sound", async () => {
    const picture = (value: number) => videoFrame({ format: "RGBA", codedWidth: 1, codedHeight: 1, data: new Uint8Array(4).fill(value) });
    const tensor = (value: number) => tensorFrame({ dtype: "uint8", shape: [2, 1], data: Uint8Array.of(value, value + 10) });
    const kept = async (input: readonly Frame[]) => valuesOf(await outputOf(input as never, [node("keeping.py:KeepsBytes")]));
    expect(await kept([1, 2, 3].map(picture))).toEqual([[1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]]);
    expect(await kept([1, 2, 3].map(tensor))).toEqual([[1, 11, 2, 12, 3, 13]]);
  });

  it("is lent again and again to who lets it go, and copied for who does not", async () => {
    const owns = async (params: object) => valuesOf(await outputOf(sounds(), [node("keeping.py:Owns", params as never)]));
    expect(await owns({})).toEqual(Array(count).fill(false));
    expect(await owns({ wait: true })).toEqual(Array(count).fill(false));
    // The first that is kept is a view, and stays one: the memory is the node's own from then on.
    expect(await owns({ keep_from: 2 })).toEqual([false, false, false, ...Array(count - 3).fill(true)]);
  });

  it("a frame that failed is whole at the end, and so are the next ones", async () => {
    const pipeline = new Pipeline("p", listening().host).add(node("keeping.py:FailsOnce"), "n", { on_error: { action: "skip" } });
    const { outputs } = await pipeline.run(sounds());
    expect((outputs.n ?? []).flatMap((frame) => [...(frame as AudioFrame).data])).toEqual([...numbers.slice(3), 1, 2, 3]);
  });
});
