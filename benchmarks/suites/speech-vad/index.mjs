import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadKernels } from "../../../packages/kernels/dist/index.js";
import { installModel } from "../../../packages/speech/dist/index.js";
import { readSileroLayers, SileroNetwork, stepLength } from "../../../packages/speech/dist/vad/silero-network.js";
import { figure, rowOf } from "../../lib/cells.mjs";
import { summarize } from "../../lib/statistics.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { corpora } from "../../speech/recordings.mjs";

const LIMIT_US = 200;
const BLOCK = 50;
const ROUNDS = { full: 20, quick: 4 };
const COLUMNS = ["", "min, µs", "median, µs", "p95, µs"];
const NOTE = `One step of Silero VAD 6 on 32 ms of speech, timed in blocks of ${BLOCK}. The peer is the same file in ONNX Runtime with one thread.`;

/** What a frame costs that is looked at for speech. */
export async function run({ quick, progress }) {
  const path = join(await installModel("silero-vad"), "silero-vad.onnx");
  const samples = await speech();
  const rounds = quick ? ROUNDS.quick : ROUNDS.full;
  const { wasm } = await loadKernels();
  progress("our kernels");
  const network = new SileroNetwork(readSileroLayers(readFileSync(path), wasm));
  const ours = await time(samples, rounds, async (at) => network.step(samples, at));
  const others = [];
  for (const name of ["onnxruntime-web", "onnxruntime-node"]) {
    progress(name);
    others.push([name, await inRuntime(name, path, samples, rounds)]);
  }
  const rows = [["RemoteMedia, kernels (SIMD)", ours], ...others].map(([name, result]) => rowOf(name, result, cells, 3));
  return {
    title: "Voice detection",
    tables: [{ title: "Silero VAD, one frame of 32 ms", head: COLUMNS, rows, note: NOTE }],
    verdicts: [verdict(`Silero per 32 ms frame: median ≤ ${LIMIT_US} µs`, `${figure(ours.median)} µs`, ours.median <= LIMIT_US)],
  };
}

const cells = ({ min, median, p95 }) => [min, median, p95].map(figure);

/** Recorded where there is some, else noise: the time does not depend on it. */
async function speech() {
  const [{ recordings }] = await corpora();
  return recordings?.[0].samples ?? Float32Array.from({ length: 160_000 }, () => Math.random() - 0.5);
}

async function time(samples, rounds, step) {
  const us = [];
  let at = 0;
  for (let block = 0; block < rounds * 10; block++) {
    const startedMs = performance.now();
    for (let n = 0; n < BLOCK; n++, at += stepLength) {
      if (at + stepLength > samples.length) at = 0;
      await step(at);
    }
    us.push((1000 * (performance.now() - startedMs)) / BLOCK);
  }
  return summarize(us);
}

async function inRuntime(name, path, samples, rounds) {
  try {
    const module = await import(name);
    const { InferenceSession, Tensor, env } = module.default ?? module;
    if (name === "onnxruntime-web") env.wasm.numThreads = 1;
    const session = await InferenceSession.create(readFileSync(path), { intraOpNumThreads: 1, interOpNumThreads: 1 });
    let state = new Tensor("float32", new Float32Array(256), [2, 1, 128]);
    const sr = new Tensor("int64", BigInt64Array.of(16_000n), []);
    const input = new Tensor("float32", new Float32Array(576), [1, 576]);
    return await time(samples, rounds, async (at) => {
      input.data.copyWithin(0, 512);
      input.data.set(samples.subarray(at, at + 512), 64);
      const results = await session.run({ input, state, sr });
      state = results.stateN;
    });
  } catch (thrown) {
    return { skipped: thrown.code === "ERR_MODULE_NOT_FOUND" ? "not installed" : thrown.message };
  }
}
