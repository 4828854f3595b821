/** `node --expose-gc ten-minutes.mjs`: ten minutes of live audio as fast as they go, and what the heap holds after each minute. */
import { FRAMES_PER_SECOND, openChain } from "./chain.mjs";

const MINUTES = 10;
const chain = await openChain();
let index = 0;
const minutes = [];
for (let minute = 0; minute < MINUTES; minute++) {
  for (let second = 0; second < 60; second++) {
    for (let frame = 0; frame < FRAMES_PER_SECOND; frame++) await chain.push(index++);
    await new Promise(setImmediate);
  }
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  minutes.push(heapUsed + external);
}
await chain.close();
console.log(JSON.stringify({ minutes, received: chain.received(), pushed: index }));
