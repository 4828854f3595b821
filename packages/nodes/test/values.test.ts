import { type AudioFrame, eventFrame, type Frame, type JsonFrame, type NodeSpec, textFrame } from "@remotemedia/core";
import { builtInNodes, calculate, passThrough, select, template } from "@remotemedia/nodes";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { framesOf, joined, samplesOf, tone } from "./audio.ts";
import { pipelineOf, runNodes } from "./run-node.ts";

const values = (frames: readonly Frame[] = []) =>
  frames.map((frame) => (frame as JsonFrame).value ?? (frame as never as { text: string }).text);
const earlier = (type: string, params: object = {}): NodeSpec => {
  const factory = builtInNodes.find(({ definition }) => definition.type === type) as unknown as (params: object) => NodeSpec;
  return factory(params);
};

describe("calculate", () => {
  const run = async (params: object, input: unknown) => values((await runNodes([calculate(params as never)], [input] as never)).out)[0];

  it("does arithmetic on numbers and in arrays, and lets everything else through", async () => {
    expect(await run({ operation: "add", operand: 10 }, 5)).toBe(15);
    expect(await run({ operation: "subtract", operand: 1 }, [5, [7], "x", null])).toEqual([4, [6], "x", null]);
    expect(await run({ operation: "multiply", operand: 2 }, { a: 1 })).toEqual({ a: 1 });
    expect(await run({ operation: "multiply", operand: 2 }, "text")).toBe("text");
    expect(await run({ operation: "divide", operand: 4 }, 6)).toBe(1.5);
    expect(await run({ operation: "power", operand: 10 }, 3)).toBe(59_049);
    expect(await run({ operation: "power", operand: -2 }, 2)).toBe(0.25);
    expect(await run({ operation: "power", operand: 0.5 }, 9)).toBeCloseTo(3, 12);
    expect(await run({ operation: "modulo", operand: 3 }, -7)).toBe(2);
  });

  it("says so when it divides by zero", async () => {
    await expect(run({ operation: "divide", operand: 0 }, 1)).rejects.toMatchObject({ code: "node-failed", message: "Division by zero" });
    await expect(run({}, { operation: "modulo", args: [1, 0] })).rejects.toMatchObject({ message: "Division by zero" });
  });

  it("does what the data say", async () => {
    expect(await run({}, { operation: "subtract", args: [10, 3, 2] })).toEqual({
      operation: "subtract",
      args: [10, 3, 2],
      result: 5,
      processed_by: "CalculatorNode[last]",
      node_config: {},
    });
    await expect(run({}, { operation: "frobnicate", args: [1] })).rejects.toMatchObject({ code: "node-failed" });
    await expect(run({}, { operation: "add", args: ["1"] })).rejects.toMatchObject({ code: "node-failed" });
    expect(await run({}, 7)).toBe(7);
  });
});

describe("select", () => {
  const mixed = [
    textFrame("a"),
    eventFrame("marker", 1),
    eventFrame("speech-started"),
    { user: { name: "Ada", tags: ["x", "y"] } },
  ] as never;
  const run = async (params: Parameters<typeof select>[0], input: unknown = mixed) =>
    (await runNodes([select(params)], input as never)).out ?? [];

  it("chooses by kind and by event", async () => {
    expect((await run({ kinds: ["text", "json"] })).map(({ kind }) => kind)).toEqual(["text", "json"]);
    expect((await run({ kinds: ["event"], events: ["marker"] })).map((frame) => (frame as { name?: string }).name)).toEqual(["marker"]);
  });

  it("takes a part of a value, and drops what has none", async () => {
    expect(values(await run({ path: "user.tags.1" }))).toEqual(["y"]);
    expect(values(await run({ path: "text" }))).toEqual(["a"]);
    expect(values(await run({ path: "user.constructor" }))).toEqual([]);
  });

  it("takes channels", async () => {
    const data = samplesOf(100, (i, channel) => channel + i / 128, 3);
    const out = await run({ channels: [2, 5, 0] }, framesOf(data, 16_000, 50, { channels: 3 }));
    expect((out[0] as AudioFrame).numberOfChannels).toBe(3);
    expect([joined(out, 0), joined(out, 1), joined(out, 2)]).toEqual([data.slice(200), new Float32Array(100), data.slice(0, 100)]);
  });
});

describe("template", () => {
  it("fills in what is there", async () => {
    const node = template({ template: "{{name}} is {{ user.age }}{{nothing}}: {{user}}" });
    const { out } = await runNodes([node], [{ name: "Ada", user: { age: 36 } }, eventFrame("marker", 1)] as never);
    expect(values(out)).toEqual(['Ada is 36: {"age":36}', "marker is : "]);
    const echoed = await runNodes([template({ template: "> {{text}}" })], ["hi"]);
    expect(values(echoed.out)).toEqual(["> hi"]);
  });
});

describe("the nodes of the earlier SDK", () => {
  it("calculate as they did", async () => {
    const { out } = await runNodes([earlier("MultiplyNode"), earlier("AddNode", { addend: 10 })], [5, 7, 3]);
    expect(values(out)).toEqual([20, 24, 16]);
    expect(values((await runNodes([earlier("CalculatorNode", { operation: "divide", operand: 2 })], 8)).out)).toEqual([4]);
    expect(values((await runNodes([earlier("CalculatorNode")], { operation: "multiply", args: [6, 7] })).out)).toMatchObject([
      { result: 42 },
    ]);
  });

  it("echo and pass through", async () => {
    expect(values((await runNodes([earlier("Echo")], ["a", { b: 1 }])).out)).toEqual([
      { input: "a", counter: 1, node: "Echo" },
      { input: { b: 1 }, counter: 2, node: "Echo" },
    ]);
    for (const type of ["PassThrough", "PassThroughNode"])
      expect(values((await runNodes([earlier(type)], [1, "x"])).out)).toEqual([1, "x"]);
    expect(values((await runNodes([passThrough()], [1])).out)).toEqual([1]);
  });

  it("resample and keep metadata, which they once dropped", async () => {
    const frames = framesOf(tone(4800, 48_000), 48_000, 480, { metadata: [{ session: "s" }] });
    const { out = [] } = await runNodes([earlier("AudioResampleNode", { quality: "medium", runtimeHint: "rust" })], frames);
    expect((out[0] as AudioFrame).sampleRate).toBe(16_000);
    expect(joined(out).length).toBe(1600);
    expect(out[0]?.metadata).toEqual({ session: "s" });
    const buffered = await runNodes([earlier("AudioBuffer", { bufferSizeSamples: 2000 })], frames);
    expect(buffered.out?.map((frame) => (frame as AudioFrame).numberOfFrames)).toEqual([2000, 2000, 800]);
    const stereo = await runNodes([earlier("AudioTransform")], frames);
    expect(stereo.out?.[0]).toMatchObject({ sampleRate: 44_100, numberOfChannels: 2 });
  });

  it("convert formats without wrapping, whatever the case", async () => {
    const frames = framesOf(Float32Array.of(1, -1, 0.5), 16_000, 3);
    const { out = [] } = await runNodes([earlier("FormatConverterNode", { targetFormat: "I16" })], frames);
    expect([...(out[0] as AudioFrame).data]).toEqual([32767, -32768, 16384]);
    await expect(runNodes([earlier("FormatConverterNode", { targetFormat: "mp3" })], frames)).rejects.toMatchObject({
      code: "params-invalid",
    });
  });

  it("tell speech in the metadata of the audio", async () => {
    const frames = framesOf(
      samplesOf(9600, (i) => (i >= 4800 ? 0.5 * Math.sin(i) : 0)),
      16_000,
      4800,
    );
    const { out } = await runNodes([earlier("VADNode")], frames);
    expect(out?.map(({ metadata }) => [metadata.is_speech, metadata.speech_frames, metadata.total_frames])).toEqual([
      [false, 0, 10],
      [true, 10, 10],
    ]);
    const detected = await runNodes([earlier("VoiceActivityDetector", { filterMode: true })], frames);
    expect(detected.out?.map(({ timestamp, metadata }) => [timestamp, metadata.is_speech, metadata.speech_ratio])).toEqual([
      [300_000, true, 1],
    ]);
    expect(detected.out?.[0]?.metadata).toMatchObject({ python_type: "((array, sample_rate), metadata)" });
  });

  it("travel in manifests under their own names", () => {
    expect(pipelineOf([earlier("AudioResampleNode", { targetSampleRate: 8000 })]).toManifest().nodes).toEqual([
      { id: "AudioResampleNode", node_type: "AudioResampleNode", params: { target_sample_rate: 8000 } },
    ]);
  });
});

describe("built-in nodes", () => {
  it("describe every parameter and give it bounds", () => {
    for (const { definition } of builtInNodes) {
      const { properties = {} } = definition.params as { properties?: Record<string, Record<string, unknown>> };
      for (const [name, schema] of Object.entries(properties)) {
        expect(schema.description, `${definition.type}.${name}`).toBeTypeOf("string");
        expect(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name), `${definition.type}.${name}`).toBe(true);
      }
      expect(definition.description, definition.type).not.toBe("");
    }
  });

  it("run in a page: nothing of Node.js is behind the front door", async () => {
    const stdin = { contents: 'export * from "@remotemedia/nodes"', resolveDir: import.meta.dirname };
    const { outputFiles } = await build({
      stdin,
      bundle: true,
      write: false,
      platform: "browser",
      format: "esm",
      conditions: ["@remotemedia/source"],
    });
    expect(outputFiles[0]?.text).not.toMatch(/\b(Buffer|process)\.|from "node:/);
  });
});
