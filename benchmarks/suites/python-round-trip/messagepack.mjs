/** `messagepack.mjs BYTES`: the usual way, MessagePack with its length in front over standard input and output. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { servePasses, skip } from "../../lib/serve-passes.mjs";
import { check, PYTHON, RATE, script, sound } from "./sound.mjs";

const found = await import("msgpackr").catch(() => skip("msgpackr is not installed"));
const packr = new found.Packr({ useRecords: false });
const { version } = JSON.parse(readFileSync(new URL("../../node_modules/msgpackr/package.json", import.meta.url), "utf8"));
const data = sound();
const bytes = new Uint8Array(data.buffer);
const child = spawn(PYTHON, [script("messagepack_node.py")], { stdio: ["pipe", "pipe", "inherit"] });

let held = [];
let heldBytes = 0;
let take;
child.stdout.on("data", (chunk) => {
  held.push(chunk);
  heldBytes += chunk.length;
  if (heldBytes < 4) return;
  if (held[0].length < 4) held = [Buffer.concat(held)];
  if (heldBytes < 4 + held[0].readUInt32LE(0)) return;
  const whole = held.length === 1 ? held[0] : Buffer.concat(held);
  [held, heldBytes] = [[], 0];
  take(packr.unpack(whole.subarray(4)));
});
const received = () =>
  new Promise((resolve) => {
    take = resolve;
  });

const { error, library } = await received();
if (error !== undefined) skip(error);
await servePasses({ library: [`msgpackr ${version}`, library] }, async () => {
  const message = packr.pack({ data: bytes, rate: RATE });
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32LE(message.length);
  child.stdin.cork();
  child.stdin.write(head);
  child.stdin.write(message);
  child.stdin.uncork();
  const { data: result } = await received();
  // What came lies anywhere in its message; samples want a multiple of four.
  check(new Float32Array(result.buffer.slice(result.byteOffset, result.byteOffset + result.length)), data);
});
process.exit();
