/**
 * `node in-process.mjs GRAPH SESSIONS SECONDS`: that many sessions in one process, each pushed a frame of 20 ms of speech every 20 ms, as the server does with
 * what it decodes. Prints the time of every push: all nodes and all that lies between them, exactly, not sampled.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { audioFrame, Pipeline } from "../../../packages/remotemedia/dist/index.js";
import { quantile } from "../../lib/statistics.mjs";
import { manifests } from "../../live/manifests.mjs";
import { readSpeech48 } from "../../live/speech.mjs";

const [RATE, FRAME, FRAME_MS] = [48_000, 960, 20];
const [OUTPUT_RATE, HELD_BACK_MS] = [16_000, 40];
const WARM_UP_FRAMES = 100; // two seconds, until every tier of code is compiled
const [graph, count, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];

const speech = readSpeech48();
const callers = [];
for (let n = 0; n < count; n++) callers.push(await openCaller(n));
await drive(callers, seconds * 50 + WARM_UP_FRAMES);
console.log(JSON.stringify(report(callers)));
for (const { session } of callers) await session.close();

async function openCaller(n) {
  const input = { kind: "audio", format: "f32-planar", sampleRate: RATE, numberOfChannels: 1 };
  const session = await Pipeline.fromManifest(manifests[graph]).open({ input });
  const caller = { session, index: 0, firstIndex: 37 * n, dueMs: 0, received: 0, times: [] };
  void read(caller);
  return caller;
}

async function read(caller) {
  const [output] = manifests[graph].nodes.slice(-1);
  for await (const frame of caller.session.output(output.id, { borrow: true })) {
    caller.received += frame.numberOfFrames;
    frame.release();
  }
}

/** Everybody's frames in real time, spread evenly over the 20 ms. */
async function drive(all, frames) {
  const startMs = performance.now() + FRAME_MS;
  for (const [n, caller] of all.entries()) caller.dueMs = startMs + (n * FRAME_MS) / all.length;
  while (all.some(({ index }) => index < frames)) {
    for (const caller of all) while (caller.index < frames && caller.dueMs <= performance.now()) push(caller);
    await sleep(1);
  }
}

function push(caller) {
  const at = ((caller.firstIndex + caller.index) * FRAME) % (speech.length - FRAME);
  const data = speech.slice(at, at + FRAME);
  const timestamp = caller.index * FRAME_MS * 1000;
  const frame = audioFrame({ format: "f32-planar", sampleRate: RATE, numberOfChannels: 1, timestamp, data });
  const begin = performance.now();
  const wait = caller.session.push(frame);
  const elapsedMs = performance.now() - begin;
  if (wait !== undefined) throw new Error("a push had to wait");
  if (caller.index++ >= WARM_UP_FRAMES) caller.times.push(elapsedMs);
  caller.dueMs += FRAME_MS;
}

function report(all) {
  const times = all.flatMap((caller) => caller.times);
  const per10s = all.map((caller) => (caller.times.reduce((sum, ms) => sum + ms, 0) * 10) / seconds);
  const expected = ((seconds * 50 + WARM_UP_FRAMES) * FRAME_MS * OUTPUT_RATE) / 1000;
  const dropped = all.map(({ session }) =>
    session
      .metrics()
      .edges.reduce((sum, { dropped_stale, dropped_full, dropped_aged }) => sum + dropped_stale + dropped_full + dropped_aged, 0),
  );
  const missing = all.filter(({ received }) => received < expected - (HELD_BACK_MS * OUTPUT_RATE) / 1000).length;
  return {
    ...Object.fromEntries([0.5, 0.95, 0.99, 1].map((share) => [share === 1 ? "most" : `p${100 * share}`, quantile(times, share)])),
    per10s: quantile(per10s, 0.5),
    per10sMost: quantile(per10s, 1),
    dropped: dropped.reduce((sum, frames) => sum + frames, 0),
    missing,
  };
}
