import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { command, put, remotemedia, toneWav, useCommandLine } from "./command-line.ts";

const folder = useCommandLine();
put(folder, "tone.wav", toneWav(1));

const output = async (...argv: string[]): Promise<string> => {
  const { code, stdout, stderr } = await remotemedia(argv, { cwd: folder });
  expect([code, stderr], stderr).toEqual([0, ""]);
  return stdout;
};
const json = async (...argv: string[]): Promise<unknown> => JSON.parse(await output(...argv, "--json"));

describe("remotemedia alone", () => {
  it("introduces itself", async () => {
    expect(await output()).toMatchInlineSnapshot(`
      "Pipelines for audio, video and AI, in real time or as fast as it goes.

      Usage: remotemedia COMMAND [options]

        run       Run a pipeline to its end
        serve     Put a pipeline behind a web page
        connect   Talk to a server: send and record audio, measure
        engine    Run pipelines for a program in Python
        validate  Tell all faults of a manifest
        explain   Show formats, converters, runtimes and delays
        nodes     List node types, or show one
        models    List, fetch or remove the weights of speech nodes
        doctor    Check this machine
        schema    Print the JSON Schema of manifests, or of a node

      Try:
        remotemedia run 'file-source path=in.wav ! resample sample_rate=16000 ! file-sink path=out.wav'
        remotemedia COMMAND --help
      "
    `);
    expect(await output("--help")).toBe(await output());
    expect(await output("help")).toBe(await output());
  });

  it("tells its version, also behind a command", async () => {
    expect(await output("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await output("run", "--version")).toBe(await output("--version"));
  });

  it.each(["run", "validate", "explain", "nodes", "doctor", "schema"])("helps with %s, with examples", async (name) => {
    const text = await output(name, "--help");
    expect(text).toContain(`Usage: remotemedia ${name} `);
    expect(text).toMatch(new RegExp(`Examples:\\n( {2}.*remotemedia ${name}.*\\n)+$`));
    expect(await output("help", name)).toBe(text);
  });
});

describe("remotemedia validate", () => {
  const manifest = {
    version: "v1",
    metadata: { name: "x", colour: "red" },
    nodes: [
      { id: "a", node_type: "vda" },
      { id: "b", node_type: "gain", params: { factr: 2 } },
    ],
    connections: [{ from: "b", to: "b" }],
  };

  it("says that a manifest is valid", async () => {
    expect(await output("validate", "tone ! gain")).toBe("tone ! gain: valid, 2 nodes, 1 connections\n");
    expect(await json("validate", "tone ! gain")).toEqual({ status: "valid", faults: [], warnings: [] });
  });

  it("tells every fault and warning with its place, and ends with 2", async () => {
    put(folder, "faulty.json", manifest);
    const { code, stdout, stderr } = await remotemedia(["validate", "faulty.json"], { cwd: folder });
    expect([code, stderr]).toEqual([2, ""]);
    expect(stdout).toMatchInlineSnapshot(`
      "fault /nodes/0/node_type node-unknown: no node type "vda" (Did you mean "vad"?)
      fault /nodes/1/params/factr params-invalid: gain has no parameter "factr" (Did you mean "factor"?)
      fault /connections cycle: the graph leads back into itself: b → b
      warning /metadata/colour manifest-invalid: "colour" is not a known field; it is kept (One of: name, description, created_at, auto_negotiate.)
      "
    `);
  });

  it("as JSON", async () => {
    put(folder, "faulty.json", manifest);
    const { code, stdout } = await remotemedia(["validate", "faulty.json", "--json"], { cwd: folder });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "invalid",
      faults: [{ code: "node-unknown", pointer: "/nodes/0/node_type" }, { pointer: "/nodes/1/params/factr" }, { code: "cycle" }],
      warnings: [{ pointer: "/metadata/colour" }],
    });
  });
});

describe("--use", () => {
  const contents = `
    import { defineNode, json, jsonFrame } from "remotemedia";
    export const double = defineNode({
      type: "double",
      inputs: { in: json() },
      outputs: { out: json() },
      params: { type: "object", properties: { by_more: { type: "number", default: 0 } } },
      create: ({ byMore }) => ({ process: (frame, _port, out) => out.emit("out", jsonFrame(frame.value * 2 + byMore)) }),
    });
    export { double as default };`;

  it("makes the nodes that a module exports known", async () => {
    // With a copy of the library in it, as a module has it that is not beside the command.
    const stdin = { contents, resolveDir: import.meta.dirname };
    const outfile = join(folder, "double.mjs");
    await build({ stdin, outfile, bundle: true, platform: "node", format: "esm", conditions: ["@remotemedia/source"], logLevel: "silent" });
    put(folder, "two.json", "2");
    expect(await output("run", "double by_more=1", "-i", "two.json", "--use", "double.mjs")).toBe("5\n");
    expect(await output("nodes", "info", "double", "--use", "double.mjs")).toContain("by_more  number  default 0");
    expect(await output("validate", "double ! double", "--use", "./double.mjs")).toContain("valid, 2 nodes");
  });
});

describe("remotemedia explain", () => {
  it("shows formats, converters, runtimes and delays", async () => {
    const text = await output("explain", "resample sample_rate=48000 ! level ! file-sink", "-i", "tone.wav", "-o", "x.wav");
    expect(text.replace(/[\d.]+ ms/, "N ms")).toMatchInlineSnapshot(`
      "nodes
        file-source  file-source  wasm  path=tone.wav pace=false loop=false
        resample     resample     wasm  sample_rate=48000 quality=high
        level        level        wasm  interval_ms=100
        file-sink    file-sink    wasm  path=x.wav format=s16
      edges
        resample.out → level.in  audio f32-planar 48000 Hz 1 ch  (at most 64 frames wait, then block)
        level.out → file-sink.in  audio f32-planar 48000 Hz 1 ch  (at most 64 frames wait, then block)
        file-source.out → resample.in  audio s16 16000 Hz 1 ch  (at most 64 frames wait, then block)
          + format-convert format=f32-planar (wasm)
      delay
        N ms  file-source → resample → level → file-sink
      "
    `);
  });

  it("as JSON, without what was not said", async () => {
    expect(await json("explain", "file-source path=tone.wav ! gain name=g")).toMatchObject({
      nodes: [
        { id: "file-source", type: "file-source" },
        { id: "g", type: "gain", params: { factor: expect.any(Number) } },
      ],
      edges: expect.arrayContaining([expect.objectContaining({ converters: [expect.objectContaining({ type: "format-convert" })] })]),
      outputs: ["g"],
    });
  });
});

describe("remotemedia nodes", () => {
  it("lists every type, and those of the earlier SDK apart", async () => {
    const text = await output("nodes", "list");
    expect(await output("nodes")).toBe(text);
    expect(text).toMatch(/^resample {2,}Converts/m);
    expect(text).toMatch(/^file-sink +sink /m);
    expect(text).toMatch(/^AudioResampleNode += resample$/m);
    expect(await json("nodes", "list")).toEqual(expect.arrayContaining([expect.objectContaining({ type: "VADNode", alias_of: "vad" })]));
  });

  it("shows ports and parameters of one", async () => {
    const text = await output("nodes", "info", "file-source");
    expect(text).toMatch(/^file-source: Reads a WAV file/);
    expect(text).toMatch(/\nout +out +audio\ntouches +fs\n/);
    expect(text).toMatch(/\nParameters:\n {2}path +string +required +The file\.\n {2}pace +boolean +default false +Play/);
    expect(await json("nodes", "info", "vad")).toMatchObject({
      outputs: { out: "same as in", events: "event" },
      params: { type: "object" },
    });
  });

  it("names the nearest type", async () => {
    const { code, stderr } = await remotemedia(["nodes", "info", "resampel"]);
    expect([code, stderr]).toEqual([2, 'node-unknown: no node type "resampel"\n  fix: Did you mean "resample"?\n']);
  });
});

describe("remotemedia doctor", () => {
  it("looks at what is there, and says what is missing", async () => {
    const text = await output("doctor");
    expect(text).toMatch(/^✓ {2}Node\.js +v\d+/m);
    expect(text).toMatch(/^✓ {2}temporary folder/m);
    expect(await json("doctor")).toMatchObject({
      status: "ok",
      findings: expect.arrayContaining([{ check: "kernels", status: "ok", found: expect.any(String) }]),
    });
  });
});

describe("remotemedia schema", () => {
  it("prints the schema of manifests and of a node's parameters", async () => {
    expect(JSON.parse(await output("schema"))).toMatchObject({ $id: "https://remotemedia.dev/schemas/manifest.v1.json" });
    expect(JSON.parse(await output("schema", "resample"))).toMatchObject({ required: ["sample_rate"] });
  });
});

describe("the command line", () => {
  // How long it takes is measured in benchmarks; what makes it quick can be told on a busy machine, too.
  it("is one file that loads nothing but what Node.js brings, and what some commands need when they are called", () => {
    const text = readFileSync(command, "utf8");
    const namesIn = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name as string);
    const atStart = namesIn(/(?:\}\s*from|\bimport)\s*"([^"]+)"/g);
    expect(atStart.length).toBeGreaterThan(0);
    expect(atStart.filter((name) => !name.startsWith("node:"))).toEqual([]);
    const later = namesIn(/\bimport\(\s*"([^"]+)"/g).filter((name) => !name.startsWith("node:"));
    expect([...new Set(later)].sort()).toEqual([
      "@remotemedia/python",
      "@remotemedia/server",
      "@remotemedia/speech",
      "@remotemedia/transport-webrtc",
    ]);
    expect(text.length).toBeLessThan(512 * 1024);
  });
});
