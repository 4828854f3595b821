import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { put, remotemedia, useCommandLine } from "./command-line.ts";

const folder = useCommandLine();

/** Exit code and words of a call that must fail, with nothing on standard output. */
const failing = async (...argv: string[]): Promise<string> => {
  const { code, stdout, stderr } = await remotemedia(argv, { cwd: folder });
  expect(stdout).toBe("");
  return `${stderr.trimEnd()}\n→ ${code}`;
};

describe("mistakes on the command line are explained", () => {
  it("a command that there is not", async () => {
    expect(await failing("rnu", "a.json")).toMatchInlineSnapshot(`
      "usage: there is no command "rnu"
        fix: Did you mean "remotemedia run"?
      → 2"
    `);
    expect(await failing("frobnicate")).toMatchInlineSnapshot(`
      "usage: there is no command "frobnicate"
        fix: See remotemedia --help.
      → 2"
    `);
  });

  it("a node type, a file or a launch line in place of a command", async () => {
    put(folder, "there.json", {});
    expect(await failing("gain", "factor=2")).toMatchInlineSnapshot(`
      "usage: there is no command "gain"
        fix: It is a node type. See remotemedia nodes info gain, or run it: remotemedia run 'gain'
      → 2"
    `);
    expect(await failing("there.json")).toMatchInlineSnapshot(`
      "usage: there is no command "there.json"
        fix: Say what to do with it: remotemedia run 'there.json'
      → 2"
    `);
    expect(await failing("tone ! gain")).toMatchInlineSnapshot(`
      "usage: there is no command "tone ! gain"
        fix: Say what to do with it: remotemedia run 'tone ! gain'
      → 2"
    `);
  });

  it("an option that there is not, or one without its value", async () => {
    expect(await failing("run", "--inputs", "a.wav", "gain")).toMatchInlineSnapshot(`
      "usage: there is no option --inputs
        fix: Did you mean --input? See remotemedia run --help.
      → 2"
    `);
    expect(await failing("run", "gain", "-z")).toMatchInlineSnapshot(`
      "usage: there is no option -z
        fix: See remotemedia run --help.
      → 2"
    `);
    expect(await failing("run", "gain", "--timeout")).toMatchInlineSnapshot(`
      "usage: --timeout wants a value
        fix: See remotemedia run --help.
      → 2"
    `);
    expect(await failing("doctor", "--quiet=yes")).toMatchInlineSnapshot(`
      "usage: --quiet takes no value
        fix: See remotemedia doctor --help.
      → 2"
    `);
  });

  it("quotes that were forgotten, and operands that are missing or too many", async () => {
    expect(await failing("run", "tone", "!", "gain", "factor=2")).toMatchInlineSnapshot(`
      "usage: the launch line came as 4 arguments
        expected: remotemedia run MANIFEST|'LAUNCH LINE' [options]
        fix: Put it in quotes: remotemedia run 'tone ! gain factor=2'
      → 2"
    `);
    expect(await failing("run")).toMatchInlineSnapshot(`
      "usage: something is missing after "remotemedia run"
        expected: remotemedia run MANIFEST|'LAUNCH LINE' [options]
        fix: See remotemedia run --help.
      → 2"
    `);
    expect(await failing("validate", "a.json", "b.json")).toMatchInlineSnapshot(`
      "usage: validate does not take "b.json"
        expected: remotemedia validate MANIFEST|'LAUNCH LINE' [options]
        fix: See remotemedia validate --help.
      → 2"
    `);
    expect(await failing("nodes", "info")).toMatchInlineSnapshot(`
      "usage: nodes wants to know what to show
        expected: remotemedia nodes list, or remotemedia nodes info TYPE
        fix: See remotemedia nodes --help.
      → 2"
    `);
    expect(await failing("nodes", "vad")).toMatchInlineSnapshot(`
      "usage: nodes wants to know what to show
        expected: remotemedia nodes list, or remotemedia nodes info TYPE
        fix: remotemedia nodes info vad
      → 2"
    `);
  });

  it("values that an option does not take", async () => {
    expect(await failing("run", "gain", "--timeout", "soon")).toMatchInlineSnapshot(`
      "usage: "soon" is no length of time
        expected: a number with ms, s, m or h, such as 300s
        fix: See remotemedia run --help.
      → 2"
    `);
    expect(await failing("run", "gain", "-O", "xml")).toMatchInlineSnapshot(`
      "usage: --output-format does not know "xml"
        expected: text, json, table
        fix: See remotemedia run --help.
      → 2"
    `);
    expect(await failing("run", "gain", "--metrics=csv")).toMatchInlineSnapshot(`
      "usage: --metrics does not know "csv"
        expected: table, json, prometheus
        fix: See remotemedia run --help.
      → 2"
    `);
    expect(await failing("run", "gain", "--params", "factor=2")).toMatchInlineSnapshot(`
      "usage: --params is not JSON: Unexpected token 'c', "factor=2" is not valid JSON
        expected: {"NODE": {"name": value}}
        received: factor=2
        fix: See remotemedia run --help.
      → 2"
    `);
    expect(await failing("run", "gain", "--params", '{"gian": {"factor": 2}}')).toMatchInlineSnapshot(`
      "usage: no node has the id "gian"
        fix: Did you mean "gain"?
      → 2"
    `);
  });
});

describe("manifests that cannot be read are explained", () => {
  it("a file that is not there, or a node", async () => {
    expect(await failing("run", "missing.json")).toMatchInlineSnapshot(`
      "usage: there is no file "missing.json"
        fix: Check the path. A launch line looks like 'file-source path=a.wav ! vad'.
      → 2"
    `);
    expect(await failing("run", "gian")).toMatchInlineSnapshot(`
      "usage: "gian" is neither a file nor a node
        fix: Did you mean "gain"?
      → 2"
    `);
  });

  it("an unknown node that is given input, modules without nodes", async () => {
    expect(await failing("run", "vda ! gain", "-i", "x.wav")).toMatchInlineSnapshot(`
      "node-unknown: no node type "vda"
        fix: Did you mean "vad"?
      → 2"
    `);
    put(folder, "none.mjs", "export const five = 5;");
    expect(await failing("run", "mine", "--use", "none.mjs")).toMatchInlineSnapshot(`
      "usage: none.mjs exports no node
        fix: Write: export const mine = defineNode({ … })
      → 2"
    `);
    expect(await failing("nodes", "--use", "missing.mjs")).toContain("usage: cannot load missing.mjs: Cannot find module");
    put(folder, "typed.ts", "");
    if (process.versions.node.startsWith("20."))
      expect(await failing("nodes", "--use", "typed.ts")).toContain("fix: Compile it to JavaScript first.");
  });

  it("a folder, media, an empty file, YAML", async () => {
    mkdirSync(join(folder, "folder"));
    put(folder, "empty.json", "\n");
    put(folder, "media.wav", "RIFF\0\0\0\0WAVE");
    expect(await failing("run", "media.wav")).toMatchInlineSnapshot(`
      "usage: media.wav is no text, so it cannot be a manifest
        fix: Give media as input: remotemedia run 'vad' -i media.wav
      → 2"
    `);
    expect(await failing("run", "folder")).toMatchInlineSnapshot(`
      "usage: folder is a folder
        fix: Name the manifest in it.
      → 2"
    `);
    expect(await failing("run", "empty.json")).toMatchInlineSnapshot(`
      "manifest-invalid: empty.json is empty
        fix: Write a manifest into it, or a launch line.
      → 2"
    `);
    expect(await failing("run", "pipeline.yaml")).toMatchInlineSnapshot(`
      "usage: pipeline.yaml: YAML is not read in this version
        fix: Write it as JSON; YAML comes in a later version.
      → 2"
    `);
  });

  it("JSON that is none", async () => {
    put(folder, "broken.json", '{\n  "version": "v1",\n  "nodes": [}\n}');
    expect(await failing("run", "broken.json")).toMatch(
      /^manifest-invalid: broken\.json.*not JSON.*\n {2}fix: Mend the JSON there\.\n→ 2$/,
    );
  });

  it("every fault at once, each with its place", async () => {
    put(folder, "faults.json", {
      version: "v2",
      nodes: [
        { id: "a", node_type: "gian" },
        { id: "b", node_type: "resample", params: { sample_rte: 16_000 } },
      ],
      connections: [{ from: "a", to: "c" }],
    });
    expect(await failing("run", "faults.json")).toMatchInlineSnapshot(`
      "manifest-invalid: the manifest has 5 faults
        /version: version "v2" is not known (Write "v1".)
        /nodes/0/node_type: no node type "gian" (Did you mean "gain"?)
        /nodes/1/params: "sample_rate" is missing
        /nodes/1/params/sample_rte: resample has no parameter "sample_rte" (Did you mean "sample_rate"?)
        /connections/0/to: no node has the id "c" (One of: a, b.)
        fix: Mend each fault in the list.
      → 2"
    `);
  });

  it.each([
    "[]",
    "5",
    "null",
    '{"manifest": null}',
    '{"version":"v1","nodes":[null]}',
    '{"version":"v1","nodes":[{"id":1}],"connections":{}}',
  ])("%s is no manifest", async (text) => {
    put(folder, "strange.json", text);
    expect(await failing("run", "strange.json")).toMatch(/^manifest-invalid[\s\S]*→ 2$/);
  });
});

describe("ends that cannot be bound are explained", () => {
  it("input that is missing, too much, or not to be found", async () => {
    expect(await failing("run", "gain")).toMatchInlineSnapshot(`
      "usage: "gain" wants input, and none was given
        fix: Give it: -i FILE.
      → 2"
    `);
    expect(await failing("run", "tone ! gain", "-i", "a.wav")).toMatchInlineSnapshot(`
      "usage: input was given, but every node has a source
        fix: Leave out -i, or the path of a file-source.
      → 2"
    `);
    expect(await failing("run", "gain", "-i", "a.wav")).toMatchInlineSnapshot(`
      "io-failed at file-source: cannot read a.wav: there is no such file or folder
        received: ENOENT
        fix: Check the path; folders are not made.
      → 1"
    `);
    expect(await failing("run", "gain", "-i", "a.json")).toMatchInlineSnapshot(`
      "io-failed: cannot read a.json: there is no such file
        fix: Check the path, its permissions and the space left.
      → 1"
    `);
    expect(await failing("run", "gain", "-i", "gian=a.wav")).toMatchInlineSnapshot(`
      "usage: no node has the id "gian"
        fix: Did you mean "gain"?
      → 2"
    `);
  });

  it("input of a kind that is not known", async () => {
    put(folder, "song.mp3", Uint8Array.of(0x49, 0x44, 0x33, 0, 0, 0xff, 0xfb));
    expect(await failing("run", "gain", "-i", "song.mp3")).toMatchInlineSnapshot(`
      "usage: song.mp3 is neither WAV, JSON nor text
        fix: Say what it is: --input-format wav|text|json|raw. Other audio files are not read yet: ffmpeg -i FILE out.wav
      → 2"
    `);
  });

  it("files for several sources or sinks, without a name", async () => {
    const line = "file-source name=a ! file-sink name=x ; file-source name=b ! file-sink name=y";
    expect(await failing("run", line, "-i", "a.wav")).toMatchInlineSnapshot(`
      "usage: 2 sources wait for a file
        fix: Name the node: -i a=FILE -i b=FILE.
      → 2"
    `);
    expect(await failing("run", line, "-i", "a=a.wav", "-i", "b=b.wav", "-o", "x.wav")).toMatchInlineSnapshot(`
      "usage: 2 outputs wait for a file
        fix: Name the node: -o x=FILE -o y=FILE.
      → 2"
    `);
    expect(await failing("run", "tone ! file-sink path=x.wav", "-o", "y.wav")).toMatchInlineSnapshot(`
      "usage: nothing is left for -o: every output has a sink
        fix: Leave it out.
      → 2"
    `);
  });
});

describe("a run that fails", () => {
  it("ends with 1 and names the node", async () => {
    put(folder, "one.json", "1");
    expect(await failing("run", "calculate name=half operation=divide operand=0", "-i", "one.json")).toMatchInlineSnapshot(`
      "node-failed at half: Division by zero
        received: 1 divide 0
        fix: Send another divisor.
      → 1"
    `);
  });

  it("gives the same as JSON on standard output", async () => {
    const { code, stdout, stderr } = await remotemedia(["run", "gain", "-i", "gone.wav", "--json"], { cwd: folder });
    expect([code, stderr]).toEqual([1, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "error", error: { code: "io-failed", fix: expect.any(String) } });
  });

  it("tells the cause with -v", async () => {
    const { stderr } = await remotemedia(["run", "gain", "-i", "gone.wav", "-v"], { cwd: folder });
    expect(stderr).toMatch(/\n {2}cause: Error: ENOENT/);
  });
});
