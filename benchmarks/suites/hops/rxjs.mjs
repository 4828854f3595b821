/** `rxjs.mjs NODES sync|async FRAMES`: a Subject and a chain of `map`, or of `concatMap` where nodes answer with promises. */
import { createRequire } from "node:module";
import { concatMap, map, Subject } from "rxjs";
import { servePasses } from "../../lib/serve-passes.mjs";
import { countingAsyncNode, countingNode, makeFrame } from "./counter.mjs";

const QUEUE = 32;
const [nodes, kind, frames] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const frame = makeFrame();
const { version } = createRequire(import.meta.url)("rxjs/package.json");
const hop = () => (kind === "async" ? concatMap(countingAsyncNode()) : map(countingNode()));
const never = () => new Error("RxJS lost a frame");

function pass() {
  const source = new Subject();
  const state = { received: 0 };
  source.pipe(...Array.from({ length: nodes }, hop)).subscribe(() => state.received++);
  return kind === "async" ? pushHeldBack(source, state) : push(source, state);
}

function push(source, state) {
  for (let sent = 0; sent < frames; sent++) source.next(frame);
  if (state.received !== frames) throw never();
}

/** A Subject cannot hold its source back and `concatMap` queues without a bound, so its frames come a queue's length at a time. */
async function pushHeldBack(source, state) {
  for (let sent = 0; sent < frames; ) {
    for (const end = Math.min(sent + QUEUE, frames); sent < end; sent++) source.next(frame);
    while (state.received < sent) await undefined;
  }
}

await servePasses({ library: `RxJS ${version}` }, pass);
