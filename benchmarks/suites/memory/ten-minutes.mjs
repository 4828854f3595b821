/** `node --expose-gc ten-minutes.mjs`: ten minutes of live audio as fast as they go, and what the heap holds after each minute. */
import { FRAMES_PER_SECOND, openChain } from "./chain.mjs";

const MINUTES = 10;
const TURN = 10; // frames between turns of the event loop: well within what a live queue holds
const chain = await openChain();
let index = 0;
const minutes = [];
for (let minute = 0; minute < MINUTES; minute++) {
  for (let frame = 0; frame < 60 * FRAMES_PER_SECOND; frame++) {
    await chain.push(index++);
    if (frame % TURN === 0) await new Promise(setImmediate);
  }
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  minutes.push(heapUsed + external);
}
const lost = index - chain.received();
await chain.close();
if (lost > TURN) throw new Error(`${lost} of ${index} frames were dropped`);
console.log(JSON.stringify({ minutes }));
