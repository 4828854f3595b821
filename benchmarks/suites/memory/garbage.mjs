/**
 * `node --expose-gc --min-semi-space-size=512 --max-semi-space-size=512 garbage.mjs`: bytes allocated per frame in steady state. The young
 * generation is larger than what a slice of frames can fill, so nothing is collected within one and the heap's growth is the garbage; a slice
 * in which a collection ran all the same is not counted. ArrayBuffers outside of the heap count too.
 */
import { PerformanceObserver } from "node:perf_hooks";
import { openChain } from "./chain.mjs";

const SLICES = 10;
const SLICE = 10_000;
const WARM_UP = 5_000;
const TURN = 10; // frames between turns of the event loop: well within what a live queue holds

let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
observer.observe({ entryTypes: ["gc"] });

const chain = await openChain();
let index = 0;

/** Some frames at a time, then a turn of the event loop, in which they are read. */
async function pushFrames(count) {
  for (let pushed = 0; pushed < count; pushed += TURN) {
    for (let frame = 0; frame < TURN; frame++) {
      const pending = chain.push(index++);
      if (pending) await pending;
    }
    await new Promise(setImmediate);
  }
}

const used = () => {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, outside: external + arrayBuffers };
};

async function measureSlice() {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 20)); // the observer reports the forced collection late
  collections = 0;
  const before = used();
  await pushFrames(SLICE);
  const after = used();
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { bytes: (after.heap - before.heap + after.outside - before.outside) / SLICE, isWhole: collections === 0 };
}

await pushFrames(WARM_UP);
const slices = [];
for (let slice = 0; slice < SLICES; slice++) slices.push(await measureSlice());
const lost = index - chain.received();
await chain.close();
if (lost > TURN) throw new Error(`${lost} of ${index} frames were dropped`);
console.log(JSON.stringify({ perFrame: slices.filter(({ isWhole }) => isWhole).map(({ bytes }) => bytes), slices: SLICES }));
