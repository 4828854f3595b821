import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { put, remotemedia, toneWav, useCommandLine } from "./command-line.ts";

const folder = useCommandLine();
const calculation = "MultiplyNode factor=2 ! AddNode addend=10";
put(folder, "three.json", [5, 7, 3]);
put(folder, "one.json", "5");
put(folder, "tone.wav", toneWav(1));
put(folder, "hello.txt", "hello\n");

const run = (argv: readonly string[], stdin?: string | Uint8Array) =>
  remotemedia(["run", ...argv], { cwd: folder, ...(stdin !== undefined && { stdin }) });
/** What a run that succeeds prints. */
const printed = async (argv: readonly string[], stdin?: string | Uint8Array): Promise<string> => {
  const { code, stdout, stderr } = await run(argv, stdin);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
};
/** Samples per channel and rate, as the header of a file says. */
const wav = (name: string) => {
  const bytes = readFileSync(join(folder, name));
  return {
    magic: bytes.toString("latin1", 0, 4),
    sampleRate: bytes.readUInt32LE(24),
    frames: (bytes.length - 44) / bytes.readUInt16LE(32),
  };
};

/** Acts as soon as something is so. */
const when = (isSo: () => boolean, act: () => void): void => {
  const timer = setInterval(() => {
    if (!isSo()) return;
    clearInterval(timer);
    act();
  }, 20);
};

describe("remotemedia run gives values", () => {
  it("a line for each, as they come", async () => {
    expect(await printed([calculation, "-i", "three.json"])).toBe("20\n24\n16\n");
  });

  it("as JSON: a single one bare, several as a list, none as an empty list", async () => {
    expect(await printed([calculation, "-i", "three.json", "-O", "json"])).toBe("[20,24,16]\n");
    expect(await printed([calculation, "-i", "one.json", "-O", "json"])).toBe("20\n");
    expect(await printed([calculation, "-i", "-", "-O", "json"], "[]")).toBe("[]\n");
  });

  it("as a table", async () => {
    expect(await printed([calculation, "-i", "one.json", "-O", "table"])).toMatch(/^output +s +value\nAddNode +0\.000 +20\n$/);
  });

  it("into a JSON file, and text into a text file", async () => {
    expect(await printed([calculation, "-i", "three.json", "-o", "out.json"])).toBe("");
    expect(readFileSync(join(folder, "out.json"), "utf8")).toBe("[20,24,16]\n");
    await printed(["pass-through", "-i", "hello.txt", "-o", "out.txt"]);
    expect(readFileSync(join(folder, "out.txt"), "utf8")).toBe("hello\n");
  });

  it("with --json in the shape of the earlier SDK's results", async () => {
    const text = await printed([calculation, "-i", "three.json", "--json", "--metrics"]);
    expect(JSON.parse(text)).toMatchObject({ status: "success", outputs: [20, 24, 16], metrics: { node_metrics: expect.any(Array) } });
    expect(JSON.parse(await printed([calculation, "-i", "three.json", "--json"]))).toEqual({ status: "success", outputs: [20, 24, 16] });
  });
});

describe("remotemedia run takes manifests", () => {
  const manifest = {
    version: "v1",
    metadata: { name: "calculation" },
    nodes: [
      { id: "multiply", node_type: "MultiplyNode", params: { factor: 2 } },
      { id: "add", node_type: "AddNode", params: { addend: 10 } },
    ],
    connections: [{ from: "multiply", to: "add" }],
  };

  it("from a file, with its own input in the earlier shape", async () => {
    put(folder, "wrapped.json", { manifest, input_data: [5, 7, 3] });
    expect(await printed(["wrapped.json", "-O", "json"])).toBe("[20,24,16]\n");
  });

  it("and other parameters by node", async () => {
    put(folder, "plain.json", manifest);
    expect(await printed(["plain.json", "-i", "one.json", "--params", '{"multiply": {"factor": 3}, "add": {"addend": 1}}'])).toBe("16\n");
  });

  it("whose intermediate outputs are named, also to be written", async () => {
    put(folder, "tapped.json", { ...manifest, outputs: ["multiply", "add"] });
    expect(await printed(["tapped.json", "-i", "one.json", "-O", "json"])).toBe("[10,20]\n");
    expect(await printed(["tapped.json", "-i", "one.json", "-o", "multiply=first.json"])).toBe("20\n");
    expect(readFileSync(join(folder, "first.json"), "utf8")).toBe("10\n");
  });

  it("with several open inputs: one file for all, or one for each", async () => {
    const line = "MultiplyNode name=a ! pass-through name=m ; AddNode name=b addend=1 ! m.";
    expect(await printed([line, "-i", "one.json"])).toBe("10\n6\n");
    put(folder, "nine.json", "9");
    expect((await printed([line, "-i", "a=one.json", "-i", "b=nine.json"])).split("\n").sort()).toEqual(["", "10", "10"]);
  });
});

describe("remotemedia run takes and gives audio", () => {
  it("from WAV to WAV through a launch line without ends", async () => {
    expect(await printed(["resample sample_rate=48000", "-i", "tone.wav", "-o", "up.wav"])).toBe("");
    expect(wav("up.wav")).toEqual({ magic: "RIFF", sampleRate: 48_000, frames: 48_000 });
  });

  it("through sources and sinks whose files were left open", async () => {
    await printed(["file-source ! resample sample_rate=8000 ! file-sink", "-i", "tone.wav", "-o", "down.wav"]);
    expect(wav("down.wav")).toEqual({ magic: "RIFF", sampleRate: 8_000, frames: 8_000 });
  });

  it("from WAV to WAV where other inputs take only text and other outputs give only values", async () => {
    put(folder, "agent.json", {
      version: "v1",
      nodes: [
        { id: "vad", node_type: "vad" },
        { id: "typed", node_type: "template", params: { template: "{{text}}" } },
        { id: "gain", node_type: "gain" },
      ],
      connections: [{ from: "vad", to: "gain" }],
      outputs: ["gain", "vad.events", "typed"],
    });
    expect(await printed(["agent.json", "-i", "tone.wav", "-o", "said.wav"])).toContain("speech-started");
    expect(wav("said.wav")).toMatchObject({ magic: "RIFF", frames: wav("tone.wav").frames });
  });

  it("text that is cut in the middle of a character where it is looked at", async () => {
    const text = `a${"é".repeat(200)}`;
    expect(await printed(["pass-through", "-i", "-"], text)).toBe(`${text}\n`);
  });

  it("WAV from standard input, raw samples to standard output", async () => {
    const { code, stderr } = await run(["gain factor=0", "-i", "-", "-o", "quiet.raw"], toneWav(1));
    expect([code, stderr]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "quiet.raw"))).toEqual(Buffer.alloc(32_000));
    expect((await printed(["gain factor=0", "-i", "tone.wav", "-o", "-"])).length).toBe(32_000);
  });

  it("raw samples whose format the options say", async () => {
    await printed(["pass-through", "-i", "-", "--input-format", "raw", "--sample-rate", "8000", "-o", "raw.wav"], new Uint8Array(1_600));
    expect(wav("raw.wav")).toEqual({ magic: "RIFF", sampleRate: 8_000, frames: 800 });
  });

  it("says so when nobody keeps it, unless it shall be quiet", async () => {
    const { code, stderr } = await run(["gain", "-i", "tone.wav"]);
    expect([code, stderr]).toEqual([0, "note: gain gave 1.00 s of audio that nobody keeps; -o out.wav writes it\n"]);
    expect((await run(["gain", "-i", "tone.wav", "--json"])).stderr).toBe(stderr);
    expect(await printed(["gain", "-i", "tone.wav", "-q"])).toBe("");
  });

  it("and events of another port", async () => {
    await printed(["vad name=v", "-i", "tone.wav", "-o", "v=v.wav", "-o", "v.events=events.jsonl"]);
    expect(readFileSync(join(folder, "events.jsonl"), "utf8")).toContain('"event":"speech-started"');
    expect(wav("v.wav").frames).toBe(16_000);
  });
});

describe("remotemedia run tells what it did", () => {
  it("as a table, as JSON and for Prometheus", async () => {
    const argv = [calculation, "-i", "one.json"];
    expect((await run([...argv, "--metrics"])).stderr).toMatch(
      /^node +type +runtime +calls[\s\S]*\nMultiplyNode +MultiplyNode +(wasm|js) +1 +0 +1 /,
    );
    expect(JSON.parse((await run([...argv, "--metrics=json"])).stderr)).toMatchObject({ mode: "batch" });
    expect((await run([...argv, "--metrics=prometheus"])).stderr).toContain('remotemedia_node_calls_total{pipeline="",node="MultiplyNode"');
  });
});

describe("remotemedia run ends early", () => {
  it("after its timeout, with 1 and a file that can be read", async () => {
    const { code, stderr } = await run(["tone pace=true duration_ms=0 ! file-sink path=late.wav", "--timeout", "1500ms"]);
    expect(stderr).toMatch(/^timeout: the run took longer than 1500 ms\n/);
    expect(code).toBe(1);
    expect(wav("late.wav").frames).toBeGreaterThan(0);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("on %s, with %i and a file that can be read", async (signal, exitCode) => {
    const file = join(folder, `${signal}.wav`);
    const { code, stderr } = await remotemedia(
      ["run", `tone pace=true duration_ms=0 sample_rate=48000 channels=8 ! file-sink path=${file}`],
      {
        cwd: folder,
        // When samples have reached the file, not after a guessed time.
        onStart: (child) =>
          when(
            () => existsSync(file) && statSync(file).size > 100_000,
            () => child.kill(signal),
          ),
      },
    );
    expect([code, stderr]).toEqual([exitCode, "interrupted: what was written so far can be read\n"]);
    expect(wav(`${signal}.wav`).frames * 16 + 44).toBe(statSync(file).size);
    expect(readFileSync(file).readUInt32LE(40)).toBe(statSync(file).size - 44);
  });

  it("also while it waits for standard input, of which nothing is left behind", async () => {
    const temporary = join(folder, "tmp");
    mkdirSync(temporary);
    const { code } = await remotemedia(["run", "gain", "-i", "-"], {
      cwd: folder,
      env: { TMPDIR: temporary },
      stdin: { open: true },
      onStart: (child) =>
        when(
          () => readdirSync(temporary).length > 0,
          () => child.kill("SIGINT"),
        ),
    });
    expect(code).toBe(130);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("without a word when whoever reads its output goes", async () => {
    const { code, stderr } = await remotemedia(["run", "tone duration_ms=0", "-o", "-"], {
      cwd: folder,
      onStart: (child) => child.stdout?.once("data", () => child.stdout?.destroy()),
    });
    expect([code, stderr]).toEqual([0, ""]);
  });
});
