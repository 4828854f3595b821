/** `bare.mjs BYTES`: the node of the runtime, called as the executor calls it, without an executor. The difference is what the executor costs. */
import { python } from "../../../packages/python/dist/index.js";
import { AudioFrame, audioFrame, nodejsHost } from "../../../packages/remotemedia/dist/index.js";
import { servePasses } from "../../lib/serve-passes.mjs";
import { check, PYTHON, RATE, script, sound } from "./sound.mjs";

const data = sound();
const frame = audioFrame({ sampleRate: RATE, data });
const node = python.definition.create({ class: `${script("halve.py")}:Halve`, python: PYTHON });
// The executor's memory is pooled as well.
const pooled = new Float32Array(data.length);
const out = { audio: (init) => new AudioFrame({ ...init, data: pooled }), signal: new AbortController().signal };
await node.start({ nodeId: "bare", session: {}, mode: "batch", clock: nodejsHost.clock, log: nodejsHost.log });

await servePasses({}, async () => {
  const items = node.process(frame, "in", out);
  const { value } = await items.next();
  const [, result] = value;
  check(result.data, data);
  await items.next();
});
await node.stop();
process.exit();
