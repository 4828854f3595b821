import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import {
  defineNode,
  type Frame,
  fileSink,
  fileSource,
  gain,
  type JsonFrame,
  json,
  jsonFrame,
  nodejsHost,
  Pipeline,
  Registry,
  registerNode,
  resample,
  vad,
  validateManifest,
} from "../src/index.ts";
import { toneWav } from "./command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "remotemedia-sdk-"));
const input = join(folder, "in.wav");
const output = join(folder, "out.wav");
beforeAll(() => writeFileSync(input, toneWav(2, 48_000)));
afterAll(() => rmSync(folder, { recursive: true }));

const values = (outputs: Readonly<Record<string, readonly Frame[]>>) =>
  Object.values(outputs)
    .flat()
    .map((frame) => (frame as JsonFrame).value);

describe("the SDK for Node.js", () => {
  it("runs a first pipeline of five lines and no configuration", async () => {
    const clean = new Pipeline("clean")
      .add(fileSource({ path: input }))
      .add(resample({ sampleRate: 16_000 }))
      .add(vad({ segments: true }))
      .add(fileSink({ path: output }));
    const { metrics } = await clean.run();
    expect(metrics.node_metrics.map(({ node_id }) => node_id)).toEqual(
      expect.arrayContaining(["file-source", "resample", "vad", "file-sink"]),
    );
    expect(metrics.peak_memory_bytes).toBeGreaterThan(1024 ** 2);
    expect(readFileSync(output).readUInt32LE(24)).toBe(16_000);
    expect(readFileSync(output).length).toBeGreaterThan(16_000);
  });

  it("reads manifests and launch lines, as pipelines of its own class", async () => {
    const pipeline = Pipeline.fromManifest("MultiplyNode factor=2 ! AddNode addend=10");
    expect(pipeline).toBeInstanceOf(Pipeline);
    expect(values((await pipeline.run([5, 7, 3])).outputs)).toEqual([20, 24, 16]);
    expect(Pipeline.fromManifest(pipeline.toManifest()).toManifest()).toEqual(pipeline.toManifest());
  });

  it("lets the compiler know the nodes and ports of a pipeline", () => {
    const pipeline = new Pipeline("typed").add(vad(), "speech").add(gain({ factor: 2 }));
    expectTypeOf(pipeline.node).parameter(0).toEqualTypeOf<"speech" | "gain">();
    expectTypeOf(pipeline.node("speech").out).parameter(0).toEqualTypeOf<"out" | "events" | undefined>();
    expectTypeOf(new Pipeline("plain")).toExtend<Pipeline>();
  });

  it("runs users' nodes by name once they are registered", async () => {
    const twice = defineNode({
      type: "test-twice",
      inputs: { in: json() },
      outputs: { out: json() },
      params: { type: "object", properties: { times: { type: "integer", default: 2 } } },
      create: ({ times }) => ({ process: (frame) => Array.from({ length: times }, () => jsonFrame(frame.value)) }),
    });
    registerNode(twice);
    expect(values((await Pipeline.fromManifest("test-twice times=3").run(7)).outputs)).toEqual([7, 7, 7]);
    expect(validateManifest({ version: "v1", nodes: [{ id: "a", node_type: "test-twice" }] }).faults).toEqual([]);
    expect(() => registerNode(defineNode({ type: "test-twice", create: () => ({}) }))).toThrow(/registered already/);
  });

  it("runs functions, generators and waiting nodes that are written in place", async () => {
    const each = async function* (frames: AsyncIterable<Frame>) {
      for await (const frame of frames) for (const value of (frame as JsonFrame).value as number[]) yield jsonFrame(value);
    };
    const slow = async (frame: Frame): Promise<Frame> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return frame;
    };
    const { outputs } = await new Pipeline("in-place")
      .map(each)
      .map(slow)
      .run([[1, 2, 3, 4, 5]] as never);
    expect(values(outputs)).toEqual([1, 2, 3, 4, 5]);
    expect(() => new Pipeline("in-place").map(slow).toManifest()).toThrow(/cannot travel/);
  });

  it("tells the faults of a manifest against its own nodes, or those of another host", () => {
    expect(validateManifest({ version: "v1", nodes: [{ id: "a", node_type: "gian" }] }).faults).toMatchObject([
      { fix: 'Did you mean "gain"?' },
    ]);
    const bare = { ...nodejsHost, registry: new Registry() };
    expect(validateManifest({ version: "v1", nodes: [{ id: "a", node_type: "gain" }] }, bare).faults).toMatchObject([
      { code: "node-unknown" },
    ]);
  });
});
