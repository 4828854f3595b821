import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { reasonFrom } from "../lib/reason.mjs";
import { inPlace } from "./place.mjs";

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that matters here
const START_MS = 20_000;
const STOP_MS = 8_000;

/**
 * Starts a server in its place and waits until it says on stdout that it is `ready`, and where (the first group). Gives `{ pid, url, cpu, rssBytes, … stop }`, or `{ skipped }` with the reason.
 * CPU is read from the kernel, so that every server is measured in the same way.
 */
export async function startServer({ command, args, ready, core = 0, namespace, env }) {
  const [first, rest] = inPlace({ core, namespace }, command, args);
  const child = spawn(first, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let [said, complaint] = ["", ""];
  child.stderr.on("data", (text) => {
    complaint = (complaint + text).slice(-4000);
  });
  child.stdout.on("data", (text) => {
    said = (said + text).slice(-4000);
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill); // nothing outlives a benchmark that failed
  const ended = once(child, "exit").catch(() => {});
  const startedMs = performance.now();
  while (!ready.test(said)) {
    if (child.exitCode !== null) return { skipped: reasonFrom(complaint || said, `ended with ${child.exitCode}`) };
    if (performance.now() - startedMs > START_MS) {
      kill();
      return { skipped: `not ready within ${START_MS / 1000} s` };
    }
    await sleep(20);
  }
  const { pid } = child;
  return {
    pid,
    cpu: () => cpuSince(pid),
    rssBytes: () => statusKib(pid, "VmRSS") * 1024,
    saidFirst: complaint,
    url: ready.exec(said)[1],
    complaint: () => complaint,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(kill, STOP_MS);
      await ended;
      clearTimeout(timer);
      process.off("exit", kill);
    },
  };
}

/** Begins to count; the function that it gives tells the shares of one core since: of the whole process, and of its main thread (the event loop). */
function cpuSince(pid) {
  const [begunMs, all, main] = [performance.now(), ticks(`/proc/${pid}/stat`), ticks(`/proc/${pid}/task/${pid}/stat`)];
  return () => {
    const seconds = (performance.now() - begunMs) / 1000;
    const share = (path, before) => (ticks(path) - before) / TICKS_PER_SECOND / seconds;
    return { process: share(`/proc/${pid}/stat`, all), loop: share(`/proc/${pid}/task/${pid}/stat`, main) };
  };
}

/** User and system time; the name in field 2 may hold spaces. */
function ticks(path) {
  const fields = readFileSync(path, "utf8").split(") ").at(-1).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

const statusKib = (pid, key) => Number(new RegExp(`${key}:\\s*(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
