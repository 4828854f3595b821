import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { reasonFrom } from "./reason.mjs";

/** Wall time in ms of one whole process, its start included, or `{ skipped }`. */
export function wallTime(command, args, input = "", env = {}) {
  const startedMs = performance.now();
  const { status, error, stderr } = spawnSync(command, args, { input, maxBuffer: 1 << 28, env: { ...process.env, ...env } });
  const elapsedMs = performance.now() - startedMs;
  if (error) return { skipped: `${command} is not installed` };
  if (status !== 0) return { skipped: reasonFrom(stderr.toString(), `ended with ${status}`) };
  return { elapsedMs };
}

/**
 * Time in ms from the spawn of a process to the first byte on its stdout, and to its end. The clock starts before the spawn, so the operating
 * system's part counts for everybody alike.
 */
export async function timeToFirstOutput(command, args, env) {
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  let firstMs;
  child.stdout.on("data", () => {
    firstMs ??= performance.now() - startedMs;
  });
  const [code] = await Promise.race([once(child, "close"), once(child, "error").then(([error]) => [error])]);
  if (code instanceof Error) return { skipped: code.code === "ENOENT" ? `${command} is not installed` : code.message };
  if (code !== 0) return { skipped: reasonFrom(complaint, `ended with ${code}`) };
  return { firstMs, elapsedMs: performance.now() - startedMs };
}
