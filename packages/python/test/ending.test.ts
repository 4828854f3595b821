import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { nodes } from "./pipelines.ts";
import { testPython } from "./python.ts";

const command = join(import.meta.dirname, "../../remotemedia/dist/remotemedia.js");
const folder = mkdtempSync(join(tmpdir(), "remotemedia-ending-"));
const input = join(folder, "in.txt");
writeFileSync(input, "block");
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a node that never gives the loop back; resolves with the group of both processes when it does so. */
async function running(): Promise<{ readonly group: number; readonly ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [command, "run", `${nodes}/failing.py:Announces`, "-i", input, "--verbose"], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  let said = "";
  await new Promise<void>((resolve) => child.stderr.on("data", (text) => (said += text).includes("it blocks") && resolve()));
  return { group: child.pid as number, ended };
}

const membersOf = (group: number): string => spawnSync("pgrep", ["-g", String(group)], { encoding: "utf8" }).stdout.trim();

describe.skipIf(testPython === undefined || !existsSync(command))("Whatever ends the runtime, no Python process is left behind", () => {
  it.each<["SIGINT" | "SIGKILL", "group" | "host"]>([
    ["SIGINT", "group"],
    ["SIGKILL", "host"],
  ])("%s to the %s", async (signal, whom) => {
    const { group, ended } = await running();
    process.kill(whom === "group" ? -group : group, signal);
    await ended;
    await expect.poll(() => membersOf(group)).toBe("");
  });
});
