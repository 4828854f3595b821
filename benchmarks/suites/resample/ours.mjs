/** The resampler of `@remotemedia/kernels` as a contestant: the arguments and the protocol of `native/contestant.h`. */
import { loadKernels } from "../../../packages/kernels/dist/index.js";
import { servePasses, skip } from "../../lib/serve-passes.mjs";
import { readAll } from "../../lib/standard-input.mjs";

const SECONDS = 10;
const [mode, from, to, blockText, quality, layout] = process.argv.slice(2);
if (layout !== "f32") skip("the whole pipeline is measured in its own suite");
const [inputRate, outputRate, block] = [Number(from), Number(to), Number(blockText)];
const startedNs = process.hrtime.bigint();
const { wasm, js } = await loadKernels();
const kernels = wasm ?? js;
const open = () => kernels.createResampler({ inputRate, outputRate, channels: 1, quality, latency: block ? "live" : "batch" });

/** Feeds a stream in blocks, into one output array as the native peers do; gives the frames written and the worst backlog in ms. */
function feed(resampler, blocks, output) {
  let [read, written, worst] = [0, 0, 0];
  for (const input of blocks) {
    const frames = resampler.outputFrames(input.length);
    resampler.process(input, input.length, output.subarray(written, written + frames));
    read += input.length;
    written += frames;
    worst = Math.max(worst, (read * outputRate) / inputRate - written);
  }
  return { written, backlogMs: (worst * 1000) / outputRate };
}

/** Views of `samples`, made once: in the product they are the frames' own arrays. */
function split(samples, length) {
  const blocks = [];
  for (let at = 0; at < samples.length; at += length) blocks.push(samples.subarray(at, at + length));
  return blocks;
}

function noise(length) {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 0.3 * ((state >>> 8) / 8388608 - 1);
  });
}

async function bench() {
  const resampler = open();
  const openNs = Number(process.hrtime.bigint() - startedNs);
  const input = noise(inputRate * SECONDS);
  const blocks = split(input, block || input.length);
  const output = new Float32Array(outputRate * (SECONDS + 1));
  let backlogMs = 0;
  const pass = () => {
    ({ backlogMs } = feed(resampler, blocks, output));
  };
  await servePasses({ library: `@remotemedia/kernels (${kernels.runtime})`, openNs }, pass, () => ({ backlogMs }));
}

async function filter() {
  const bytes = await readAll(process.stdin);
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const samples = new Float32Array(Uint8Array.from(bytes.subarray(at + 4, at + 4 + length * 4)).buffer);
    at += 4 + length * 4;
    const resampler = open();
    const output = new Float32Array(Math.ceil((length * outputRate) / inputRate) + outputRate);
    const { written } = feed(resampler, split(samples, block || length), output);
    const rest = resampler.flushFrames();
    resampler.flush(output.subarray(written, written + rest));
    resampler.close();
    process.stdout.write(Uint32Array.of(written + rest));
    process.stdout.write(new Uint8Array(output.buffer, 0, (written + rest) * 4));
  }
}

await (mode === "filter" ? filter() : bench());
