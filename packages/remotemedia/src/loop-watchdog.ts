/**
 * Names the node that holds the event loop. A synchronous endless loop cannot be stopped from inside its thread, and nothing in that thread can
 * even tell of it; another thread can. All sessions share one.
 */
import { Worker } from "node:worker_threads";
import type { LoopWatch } from "@remotemedia/core";

// Most batch runs are over by then and never pay for a thread (4 ms of this one, 10 MB).
const batchDelayMs = 100;
const beatMs = 250;
/** How long the event loop may stand still. */
const longestMs = 3_000;

// Runs in the thread. It writes to standard error by itself: `console` of a worker goes through the thread that is stuck.
const source = `
import { parentPort, workerData } from "node:worker_threads";
import { writeSync } from "node:fs";
const { shared, names, longestMs } = workerData;
parentPort.on("message", ([place, name]) => (name === undefined ? names.delete(place) : names.set(place, name)));
let beat = -1, since = Date.now(), hasTold = false;
setInterval(() => {
  const now = Atomics.load(shared, 1);
  if (now !== beat) { beat = now; since = Date.now(); hasTold = false; return; }
  if (hasTold || Date.now() - since < longestMs) return;
  hasTold = true;
  const name = names.get(Atomics.load(shared, 0));
  const who = name === undefined ? "something outside the nodes" : 'node "' + name + '"';
  writeSync(2, "remotemedia: " + who + " has held the event loop for " + Math.round((Date.now() - since) / 1000) + " s; nothing else can run\\n");
}, 500);
`;

const shared = new Int32Array(new SharedArrayBuffer(8));
const names = new Map<number, string>();
let lastPlace = 0;
let sessions = 0;
let thread: { readonly worker: Worker; readonly heart: NodeJS.Timeout } | undefined;

/** Watches while a session runs. The thread keeps no process alive and ends with the last session. */
export function watchLoop(mode: "batch" | "live"): LoopWatch {
  const own: number[] = [];
  const starting = mode === "live" ? undefined : setTimeout(start, batchDelayMs).unref();
  sessions++;
  if (mode === "live") start();
  return {
    current: shared,
    add(name) {
      own.push(++lastPlace);
      tell(lastPlace, name);
      return lastPlace;
    },
    stop() {
      clearTimeout(starting);
      for (const place of own.splice(0)) tell(place);
      if (--sessions === 0) end();
    },
  };
}

function tell(place: number, name?: string): void {
  if (name === undefined) names.delete(place);
  else names.set(place, name);
  thread?.worker.postMessage([place, name]);
}

function start(): void {
  if (thread !== undefined) return;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: { shared, names, longestMs } });
  worker.unref();
  thread = { worker, heart: setInterval(() => Atomics.add(shared, 1, 1), beatMs).unref() };
}

function end(): void {
  clearInterval(thread?.heart);
  void thread?.worker.terminate();
  thread = undefined;
}
