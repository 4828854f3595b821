/** `node-stream.mjs NODES sync|async FRAMES`: a Readable and Transforms in objectMode, with their default queues of 16. */
import { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { servePasses } from "../../lib/serve-passes.mjs";
import { countingAsyncNode, countingNode, makeFrame } from "./counter.mjs";

const [nodes, kind, frames] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const frame = makeFrame();

function source() {
  let left = frames;
  return new Readable({
    objectMode: true,
    read() {
      while (left-- > 0) if (!this.push(frame)) return;
      this.push(null);
    },
  });
}

function synchronousHop() {
  const work = countingNode();
  return new Transform({ objectMode: true, transform: (item, _encoding, done) => done(null, work(item)) });
}

function asynchronousHop() {
  const work = countingAsyncNode();
  return new Transform({
    objectMode: true,
    transform: (item, _encoding, done) => void work(item).then((result) => done(null, result), done),
  });
}

const sink = () => new Writable({ objectMode: true, write: (_item, _encoding, done) => done() });

await servePasses({ library: `node:stream of Node.js ${process.versions.node}` }, () =>
  pipeline([source(), ...Array.from({ length: nodes }, kind === "async" ? asynchronousHop : synchronousHop), sink()]),
);
