/** `async-generators.mjs NODES sync|async FRAMES`: each node an async generator over the one before. */
import { servePasses } from "../../lib/serve-passes.mjs";
import { countingAsyncNode, countingNode, makeFrame } from "./counter.mjs";

const [nodes, kind, frames] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const frame = makeFrame();

async function* source() {
  for (let sent = 0; sent < frames; sent++) yield frame;
}

async function* synchronousHop(input) {
  const work = countingNode();
  for await (const item of input) yield work(item);
}

async function* asynchronousHop(input) {
  const work = countingAsyncNode();
  for await (const item of input) yield await work(item);
}

await servePasses({ library: `async generators of Node.js ${process.versions.node}` }, async () => {
  let chain = source();
  for (let node = 0; node < nodes; node++) chain = kind === "async" ? asynchronousHop(chain) : synchronousHop(chain);
  for await (const _ of chain);
});
