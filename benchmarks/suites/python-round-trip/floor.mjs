/**
 * `floor.mjs BYTES`: what nobody gets below who waits in the kernel: 16 bytes there and back over a socket pair, the samples in memory that both
 * see, copied in and out on this side.
 */
import { spawn } from "node:child_process";
import { createSharedMemory } from "../../../packages/python/dist/shared-memory.js";
import { servePasses, skip } from "../../lib/serve-passes.mjs";
import { check, PYTHON, script, sound } from "./sound.mjs";

const data = sound();
const memory = await createSharedMemory(2 * data.byteLength);
if (memory === undefined) skip("no shared memory: koffi is not installed");
const [given, made] = [0, 1].map(
  (half) => new Float32Array(memory.bytes.buffer, memory.bytes.byteOffset + half * data.byteLength, data.length),
);
const result = new Float32Array(data.length);
const child = spawn(PYTHON, [script("floor_node.py"), memory.path, `${data.byteLength}`], {
  stdio: ["ignore", "inherit", "inherit", "pipe"],
});
const socket = child.stdio[3];
let take;
socket.on("data", () => take());
const received = () =>
  new Promise((resolve) => {
    take = resolve;
  });

await received();
memory.unlink();
await servePasses({}, async () => {
  given.set(data);
  socket.write(Buffer.allocUnsafe(16));
  await received();
  result.set(made);
  check(result, data);
});
process.exit();
