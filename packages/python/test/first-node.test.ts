import { audioFrame, Pipeline } from "@remotemedia/core";
import { python } from "@remotemedia/python";
import { describe, expect, it } from "vitest";
import { listening } from "./pipelines.ts";
import { testPython } from "./python.ts";

const file = `${import.meta.dirname}/nodes/gain.py`;

describe.skipIf(testPython === undefined)("a Python class in a file", () => {
  it("processes the audio of a pipeline", async () => {
    const pipeline = new Pipeline("first", listening().host).add(python({ class: `${file}:Gain`, params: { factor: 0.25 } }));
    const { outputs } = await pipeline.run([audioFrame({ sampleRate: 16_000, data: Float32Array.from([1, -1, 0.5]) })]);
    expect(outputs.python).toMatchObject([
      { kind: "audio", sampleRate: 16_000, timestamp: 0, data: Float32Array.from([0.25, -0.25, 0.125]) },
    ]);
  });
});
