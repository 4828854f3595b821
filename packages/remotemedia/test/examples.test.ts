import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { command } from "./command-line.ts";

const repository = join(import.meta.dirname, "../../..");
const examples = join(repository, "examples");
const folder = mkdtempSync(join(tmpdir(), "remotemedia-examples-"));
const input = join(folder, "in.wav");

/** Runs a script as a reader would; fails when its exit code is not 0. */
const node = async (...argv: string[]): Promise<string> => (await promisify(execFile)(process.execPath, argv, { cwd: folder })).stdout;

describe("the examples run as their comments say", () => {
  vi.setConfig({ testTimeout: 60_000 });
  beforeAll(async () => {
    // They import the built packages, as users do.
    await node(join(repository, "scripts/build.mjs"), "--quiet");
    copyFileSync(join(examples, "media/sense_and_sensibility_01_austen_64kb-0870.wav"), input);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("first-pipeline.mjs, and pipeline.json on the command line, write the same file", async () => {
    expect(await node(join(examples, "first-pipeline.mjs"), "in.wav", "first.wav")).toMatch(/^\d+ calls in \d+ ms\n$/);
    await node(command, "run", join(examples, "pipeline.json"), "-i", "in.wav", "-o", "manifest.wav");
    await node(command, "run", "resample sample_rate=16000 ! vad segments=true", "-i", "in.wav", "-o", "line.wav");
    expect(readFileSync(join(folder, "manifest.wav"))).toEqual(readFileSync(join(folder, "first.wav")));
    expect(readFileSync(join(folder, "line.wav"))).toEqual(readFileSync(join(folder, "first.wav")));
  });

  it("own-node.mjs", async () => {
    await node(join(examples, "own-node.mjs"), "in.wav", "soft.wav");
    const peak = (name: string): number => {
      const bytes = readFileSync(join(folder, name));
      return Math.max(...new Int16Array(bytes.buffer, bytes.byteOffset + 44, (bytes.length - 44) / 2));
    };
    expect(peak("soft.wav") / peak("in.wav")).toBeCloseTo(0.25, 3);
  });

  it("live-session.mjs", async () => {
    expect(await node(join(examples, "live-session.mjs"))).toMatch(/^[\d.]+ s {2}speech-started\n[\d.]+ s {2}speech-stopped\n$/);
  });

  it("demo.mjs measures what it claims, and is plain where there is no terminal", async () => {
    const text = await node(join(examples, "demo/demo.mjs"));
    expect(text).toMatch(/3 segments, written to .*speech\.wav/);
    expect(text).toMatch(/\d+× real time; second run: \d+ ms, \d+× real time/);
    expect(text).toMatch(/before: -20\.0 dB at 12 kHz\n {2}after: {2}-\d+\.\d dB at 4 kHz.*; it is gone\n$/);
    expect(text).not.toContain("\x1b");
    expect(existsSync(join(examples, "demo/out/speech.wav"))).toBe(true);
  });
});
