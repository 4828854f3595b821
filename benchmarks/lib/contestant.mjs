import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { reasonFrom } from "./reason.mjs";

/**
 * Starts a contestant: a process of its own that answers a line "N" with `{"ns":[…]}`, the times of N passes taken inside it. Ours and theirs
 * are driven alike, so neither shares a heap, a JIT or a cache with the other.
 *
 * Gives `{ name, info, pass, stop }`, or `{ name, skipped }` with the reason.
 */
export async function startContestant({ name, command, args, env }) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint = (complaint + text).slice(-2000);
  });
  child.stdin.on("error", () => {}); // a contestant that died is reported by what it did not answer
  const failed = once(child, "error").then(([error]) => ({ done: true, error }));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done, error } = await Promise.race([lines.next(), failed]);
    if (!done) return JSON.parse(value);
    return { skipped: error?.message ?? reasonFrom(complaint, "ended without an answer") };
  };
  const info = await read();
  if (info.skipped) {
    child.kill();
    return { name, skipped: info.skipped };
  }
  return {
    name,
    info,
    async pass(count) {
      child.stdin.write(`${count}\n`);
      const answer = await read();
      if (answer.skipped) throw new Error(answer.skipped);
      return { times: answer.ns.map((ns) => ns / 1e6), backlogMs: answer.backlogMs };
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
