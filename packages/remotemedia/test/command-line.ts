import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
// @ts-expect-error a script of the build, without types
import { bundleCommands } from "../../../scripts/bundle-commands.mjs";

/** The command as the build makes it. */
export const command = join(import.meta.dirname, "../dist/remotemedia.js");

/** How a process ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a process is given beside its arguments. */
export interface Given {
  readonly cwd?: string;
  /** `open`: nothing comes, and it does not end. */
  readonly stdin?: string | Uint8Array | { readonly open: true };
  readonly env?: NodeJS.ProcessEnv;
  /** Called when it has been started. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs the command from outside, without a shell. */
export function remotemedia(argv: readonly string[], { cwd = tmpdir(), stdin, env, onStart }: Given = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...argv], { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
    const text = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.stderr += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
    // It may be over before it has read everything.
    child.stdin.on("error", () => undefined);
    if (typeof stdin === "string" || stdin instanceof Uint8Array) child.stdin.end(stdin);
    else if (stdin === undefined) child.stdin.end();
    onStart?.(child);
  });
}

/** In a test file: builds the command, and gives a folder of its own that is removed at the end. */
export function useCommandLine(): string {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-test-"));
  // Every test starts processes, and the machine may be busy.
  vi.setConfig({ testTimeout: 60_000 });
  beforeAll(() => bundleCommands() as Promise<boolean>, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file into the folder of the test; gives its path. */
export function put(folder: string, name: string, content: string | Uint8Array | object): string {
  const path = join(folder, name);
  const isText = typeof content === "string" || content instanceof Uint8Array;
  writeFileSync(path, isText ? content : JSON.stringify(content));
  return path;
}

/** A WAV of a 440 Hz tone, 16 bit, mono. */
export function toneWav(seconds: number, sampleRate = 16_000): Uint8Array {
  const samples = Int16Array.from({ length: seconds * sampleRate }, (_, i) => 8_000 * Math.sin((2 * Math.PI * 440 * i) / sampleRate));
  const header = Buffer.alloc(44);
  header.write("RIFF");
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, new Uint8Array(samples.buffer)]);
}
