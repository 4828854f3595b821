/** `remotemedia connect` from outside, against `remotemedia serve`. Server and transport are the built packages, as users have them. */
import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { put, remotemedia, toneWav, useCommandLine } from "./command-line.ts";

const folder = useCommandLine();

/** Serves a pipeline while `use` runs. */
async function serving<T>(argv: readonly string[], use: (url: string) => Promise<T>): Promise<T> {
  let used: Promise<T> | undefined;
  const told = await remotemedia(["serve", ...argv, "--port", "0", "--log-level", "silent", "--drain-timeout", "1s"], {
    cwd: folder,
    onStart(child) {
      let printed = "";
      child.stdout?.on("data", (chunk: string) => {
        printed += chunk;
        const url = /http\S+\/(?=["\s])/.exec(printed)?.[0];
        if (url !== undefined) used ??= use(url).finally(() => child.kill("SIGTERM"));
      });
    },
  });
  if (used === undefined) throw new Error(`it did not serve: ${told.stderr}`);
  return used;
}

/** Seconds, channels and loudness of a 16-bit WAV file. */
function wav(path: string) {
  const bytes = readFileSync(path);
  const channels = bytes.readUInt16LE(22);
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset + bytes.length - bytes.readUInt32LE(40), bytes.readUInt32LE(40) / 2);
  const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  return { seconds: samples.length / channels / bytes.readUInt32LE(24), rms };
}

it("sends a file, records what comes back, and measures", async () => {
  const input = put(folder, "in.wav", toneWav(2));
  const output = join(folder, "out.wav");
  const { code, stdout, stderr } = await serving(["resample sample_rate=16000 ! vad ! delay delay_ms=500"], (url) =>
    remotemedia(["connect", url, "-i", input, "-o", output, "--json"]),
  );
  expect([code, stderr]).toEqual([0, ""]);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    status: "success",
    messages: [],
    received: { packets: expect.any(Number) },
    restarts: 0,
    replacements: 0,
  });
  expect(report.received_by_server.packets).toBeGreaterThan(50);
  expect(report.delay_ms).toBeGreaterThan(500);
  expect(report.delay_ms).toBeLessThan(1_500);
  // The file, the second after it, and the delay; a busy machine gives back a little more or less.
  expect(wav(output).seconds).toBeGreaterThan(2.5);
  expect(wav(output).seconds).toBeLessThan(4.5);
  expect(wav(output).rms).toBeGreaterThan(1_500);
});

it("prints what the pipeline says, and figures for people", async () => {
  const input = put(folder, "in.wav", toneWav(1));
  const meter = { version: "v1", nodes: [{ id: "meter", node_type: "level" }], outputs: ["meter.levels"] };
  const { code, stdout } = await serving([put(folder, "meter.json", meter)], (url) =>
    remotemedia(["connect", url, "-i", input, "--no-chirp"]),
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\{"rms":0\.[^0]/m);
  expect(stdout).toMatch(/^connected in {2}\d/m);
  expect(stdout).toMatch(/^received {6}no audio$/m);
});

it("keeps what was recorded when it is interrupted", async () => {
  const input = put(folder, "long.wav", toneWav(60));
  const output = join(folder, "interrupted.wav");
  const { code, stderr } = await serving(["pass-through"], (url) => {
    const interruptLater = (child: ChildProcess) => {
      const look = setInterval(() => {
        if ((statSync(output, { throwIfNoEntry: false })?.size ?? 0) < 100_000) return;
        clearInterval(look);
        child.kill("SIGINT");
      }, 50);
    };
    return remotemedia(["connect", url, "-i", input, "-o", output, "--no-chirp"], { onStart: interruptLater });
  });
  expect([code, stderr]).toEqual([130, expect.stringContaining("what was recorded so far can be read")]);
  expect(wav(output).seconds).toBeGreaterThan(0.5);
});

it("is told why the pipeline does not start", async () => {
  const gone = join(folder, "gone");
  mkdirSync(gone);
  const { code, stderr } = await serving([`file-sink path=${join(gone, "a.wav")}`], (url) => {
    // It could start when the server looked.
    rmSync(gone, { recursive: true });
    return remotemedia(["connect", url]);
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining("gone")]);
});

it("says that no audio came back where a recording was wanted", async () => {
  const output = join(folder, "silent.wav");
  const { code, stderr } = await serving(["level ! select path=rms"], (url) =>
    remotemedia(["connect", url, "-o", output, "--no-chirp", "--tail", "300ms"]),
  );
  expect([code, stderr]).toEqual([1, expect.stringContaining("no audio came back")]);
});

it("needs the token of the server, and takes it from the environment too", async () => {
  const [without, withToken] = await serving(["pass-through", "--token", "secret"], async (url) => [
    await remotemedia(["connect", url]),
    await remotemedia(["connect", url, "--no-chirp", "--tail", "100ms"], { env: { REMOTEMEDIA_TOKEN: "secret" } }),
  ]);
  expect([without?.code, without?.stderr]).toEqual([1, expect.stringContaining("auth-failed")]);
  expect(withToken?.code).toBe(0);
});

it.each([
  [["http://127.0.0.1:1"], "cannot reach ws://127.0.0.1:1/ws: ECONNREFUSED"],
  [["ftp://example.com"], "is not the address of a server"],
  [["localhost:1", "-i", "not-there.wav"], "not-there.wav"],
  [["localhost:1", "--tail", "soon"], "no length of time"],
])("refuses %s", async (argv, words) => {
  const { code, stdout, stderr } = await remotemedia(["connect", ...argv], { cwd: folder });
  expect([code, stdout]).toEqual([expect.toSatisfy((exit) => exit === 1 || exit === 2), ""]);
  expect(stderr).toContain(words);
});
