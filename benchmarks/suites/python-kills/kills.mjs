/**
 * `kills.mjs KILLS`: a live stream of 20 ms frames through a Python node whose worker is killed at random moments. Every frame has its number in its
 * samples. Prints what became of them, and how long each kill was felt.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { python } from "../../../packages/python/dist/index.js";
import { audioFrame, nodejsHost, Pipeline, quietLog } from "../../../packages/remotemedia/dist/index.js";

const KILLS = Number(process.argv[2]);
const [RATE, FRAME_MS, MOST_PAUSE_MS, PATIENCE_MS] = [48_000, 20, 300, 10_000];

// Numerical Recipes' generator: kills come at the same moments of the stream in every run.
let seed = 1;
const random = () => (seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;

const params = {
  class: `${fileURLToPath(new URL("counted.py", import.meta.url))}:Counted`,
  python: process.env.REMOTEMEDIA_PYTHON ?? "/usr/bin/python3",
};
const pipeline = new Pipeline("kills", { ...nodejsHost, log: quietLog(() => {}) });
const session = await pipeline.add(python(params), "counted", { on_error: { action: "skip" } }).open();

const delivered = new Map();
const reported = new Set();
const refused = new Set();
let pid = 0;
let newest = -1;
let onFrame = () => {};
const reading = (async () => {
  for await (const { data, metadata } of session.output("counted", { borrow: true })) {
    delivered.set(data[0], (delivered.get(data[0]) ?? 0) + 1);
    pid = metadata.pid;
    newest = data[0];
    onFrame();
  }
})();
const listening = (async () => {
  for await (const { error } of session.errors) {
    const [, sequence] = /had frame (\d+) of stream/.exec(error.message) ?? [];
    if (sequence !== undefined) reported.add(Number(sequence));
  }
})();

let pushed = 0;
const streaming = setInterval(() => {
  const number = pushed++;
  try {
    session.push(
      audioFrame({ sampleRate: RATE, timestamp: number * FRAME_MS * 1000, data: new Float32Array((RATE * FRAME_MS) / 1000).fill(number) }),
    );
  } catch {
    refused.add(number); // the queue in front of the node is full
  }
}, FRAME_MS);

/** The first frame out of another process. */
const another = (old) =>
  new Promise((resolve) => {
    onFrame = () => pid !== old && resolve();
    onFrame();
  });

await another(0);
const backMs = [];
let interrupted = 0;
let retried = 0;
for (let kill = 0; kill < KILLS; kill++) {
  await sleep(random() * MOST_PAUSE_MS);
  const old = pid;
  const inside = newest + 1;
  const pushedThen = pushed;
  const killedMs = performance.now();
  process.kill(old, "SIGKILL");
  const patience = new AbortController();
  await Promise.race([another(old), sleep(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
  backMs.push(performance.now() - killedMs);
  if (inside >= pushedThen) continue; // it had nothing to do
  interrupted++;
  if (delivered.has(inside)) retried++;
}
clearInterval(streaming);
await sleep(500);
// Live queues are bounded in number and age: what they drop is in the metrics.
const dropped = session.metrics().edges.reduce((sum, edge) => sum + edge.dropped_full + edge.dropped_aged, 0);
await session.close();
await Promise.all([reading, listening]);

const twice = [...delivered.values()].filter((count) => count > 1).length;
const unaccounted = pushed - delivered.size - reported.size - refused.size - dropped;
console.log(
  JSON.stringify({
    pushed,
    delivered: delivered.size,
    interrupted,
    retried,
    reported: reported.size,
    dropped: refused.size + dropped,
    twice,
    unaccounted,
    backMs,
  }),
);
process.exit();
