/** `ours.mjs NODES sync|async FRAMES`: a source, NODES nodes that pass their frame on, a sink. The executor keeps its metrics as always. */
import { createRequire } from "node:module";
import { defineNode, json, jsonFrame, Pipeline } from "../../../packages/remotemedia/dist/index.js";
import { servePasses } from "../../lib/serve-passes.mjs";

const [nodes, kind, frames] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const { version } = createRequire(import.meta.url)("../../../packages/remotemedia/package.json");
let received = 0;

const source = defineNode({
  type: "bench-source",
  outputs: { out: json() },
  create: () => ({
    *produce() {
      for (let sent = 0; sent < frames; sent++) yield jsonFrame(1);
    },
  }),
});

const hop = defineNode({
  type: "bench-hop",
  inputs: { in: json() },
  outputs: { out: json() },
  create: () => ({ process: (frame, _port, out) => out.emit("out", frame) }),
});

const asyncHop = defineNode({
  type: "bench-async-hop",
  inputs: { in: json() },
  outputs: { out: json() },
  create: () => ({ process: async (frame, _port, out) => out.emit("out", frame) }),
});

const sink = defineNode({
  type: "bench-sink",
  inputs: { in: json() },
  create: () => ({
    process() {
      received++;
    },
  }),
});

function chain() {
  const pipeline = new Pipeline("hops").add(source());
  for (let node = 0; node < nodes; node++) pipeline.add(kind === "async" ? asyncHop() : hop());
  return pipeline.add(sink());
}

await servePasses({ library: `RemoteMedia ${version}` }, async () => {
  received = 0;
  await chain().run();
  if (received !== frames) throw new Error(`${received} of ${frames} frames arrived`);
});
