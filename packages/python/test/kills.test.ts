import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type JsonFrame, Pipeline, type TextFrame } from "@remotemedia/core";
import { afterAll, describe, expect, it } from "vitest";
import { listening, node } from "./pipelines.ts";
import { testPython } from "./python.ts";

/** Process ids of the workers that this process has started, spares included. */
const workers = (): readonly number[] =>
  spawnSync("pgrep", ["-P", String(process.pid), "-f", "remotemedia._worker"], { encoding: "utf8" })
    .stdout.split("\n")
    .filter(Boolean)
    .map(Number);

const pidFile = join(mkdtempSync(join(tmpdir(), "remotemedia-kills-")), "pid");
process.env.REMOTEMEDIA_TEST_PID_FILE = pidFile;
afterAll(() => rmSync(dirname(pidFile), { recursive: true }));

/** False while there is none to kill, because the next one is starting. */
function killWorker(): boolean {
  try {
    return process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
  } catch {
    return false;
  }
}

// Numerical Recipes' generator: kills come at the same places in every run.
let seed = 1;
const random = (): number => (seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;

describe.skipIf(testPython === undefined)("A worker that is killed", () => {
  it("100 times at random moments loses no frame: each is delivered, or reported with its sequence", async () => {
    const { host } = listening();
    const pipeline = new Pipeline("kills", host).add(node("killed.py:Counted"), "n", { on_error: { action: "skip" } });
    await using session = await pipeline.open();
    const [delivered, reported] = [new Set<string>(), new Set<number>()];
    void (async () => {
      for await (const frame of session.output("n")) delivered.add((frame as TextFrame).text);
    })();
    void (async () => {
      for await (const { error } of session.errors) {
        const [, sequence] = /had frame (\d+) of stream/.exec(error.message) ?? [];
        if (sequence !== undefined) reported.add(Number(sequence));
      }
    })();
    let sent = 0;
    const isThere = (index: number): boolean => delivered.has(String(index)) || reported.has(index);
    for (let kill = 0; kill < 100; kill++) {
      const until = sent + 1 + Math.floor(random() * 6);
      for (; sent < until; sent++) await session.push(String(sent));
      if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 20));
      await expect.poll(killWorker, { interval: 2 }).toBe(true);
      await session.push(String(sent++));
      await expect.poll(() => isThere(sent - 1), { interval: 2 }).toBe(true);
    }
    const missing = Array.from({ length: sent }, (_, index) => index).filter((index) => !isThere(index));
    expect(missing).toEqual([]);
  }, 300_000);

  it("gets nothing to do before it is ready again", async () => {
    const pipeline = new Pipeline("kills", listening().host).add(node("killed.py:Prepared"), "n");
    await using session = await pipeline.open();
    const output = session.output("n")[Symbol.asyncIterator]();
    const values: unknown[] = [];
    for (let number = 0; number < 30; number++) {
      if (number % 10 === 5) await expect.poll(killWorker, { interval: 2 }).toBe(true);
      session.push(number);
      if (number % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 40));
    }
    while (values.length < 30) values.push(((await output.next()).value as JsonFrame).value);
    expect(values).toEqual(Array.from({ length: 30 }, (_, number) => [number, 1]));
  });

  it("leaves no process behind when the session is closed", async () => {
    const session = await new Pipeline("p", listening().host).add(node("forms.py:Echo")).open();
    expect(workers().length).toBeGreaterThan(0);
    await session.close();
    // The spare stays for the next session; it ends with this process.
    await expect.poll(() => workers().length).toBeLessThanOrEqual(1);
  });
});
