/**
 * Times the resampler alone, in this process, per 10 s of mono sound: `node benchmarks/resample.mjs [rounds] [quality]` after `npm run build`. The
 * comparison with peers is `run.mjs`'s; this is for work on the kernel. Minimums are what a busy machine leaves comparable.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const SECONDS = 10;
const PAIRS = [
  [48_000, 16_000],
  [16_000, 48_000],
  [44_100, 16_000],
  [48_000, 44_100],
];

const begin = performance.now();
const { loadKernels } = await import("@remotemedia/kernels");
const { wasm, js } = await loadKernels();
const loaded = performance.now();

if (process.argv[2] === "--cold") reportCold();
else reportWarm(Number(process.argv[2] ?? 40), process.argv[3] ?? "high");

function reportCold() {
  const input = signal(48_000);
  const start = performance.now();
  const resampler = wasm.createResampler({ inputRate: 48_000, outputRate: 16_000, channels: 1, quality: "high", latency: "batch" });
  const created = performance.now();
  whole(resampler, input, new Float32Array(16_000 * SECONDS + 1));
  const done = performance.now();
  console.log([loaded - begin, created - start, done - created].join(" "));
}

function reportWarm(rounds, quality) {
  console.log(`ms per ${SECONDS} s, ${rounds} rounds, ${quality}`);
  for (const kernels of [wasm, js]) {
    for (const latency of ["batch", "live"]) {
      for (const [inputRate, outputRate] of PAIRS) {
        const input = signal(inputRate);
        const output = new Float32Array(outputRate * SECONDS + 1);
        const resampler = kernels.createResampler({ inputRate, outputRate, channels: 1, quality, latency });
        const pass = latency === "batch" ? whole : inBlocks;
        const times = Array.from({ length: rounds }, () => time(() => pass(resampler, input, output, inputRate / 50))).sort(
          (a, b) => a - b,
        );
        resampler.close();
        const [least, median] = [times[0], times[rounds >> 1]];
        console.log(`${kernels.runtime} ${latency} ${inputRate} -> ${outputRate}: min ${least.toFixed(3)}, median ${median.toFixed(3)}`);
      }
    }
  }
  const cold = Array.from({ length: 7 }, () =>
    spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), "--cold"], { encoding: "utf8" })
      .stdout.split(" ")
      .map(Number),
  );
  const names = ["import and instantiate", "createResampler", `first ${SECONDS} s`];
  for (const [step, name] of names.entries())
    console.log(`fresh process, ${name}: min ${Math.min(...cold.map((times) => times[step])).toFixed(2)}`);
}

function signal(rate) {
  return Float32Array.from({ length: rate * SECONDS }, (_, i) => 0.5 * Math.sin(0.05 * i) + 0.2 * Math.sin(1e-5 * i * i));
}

function whole(resampler, input, output) {
  const frames = resampler.outputFrames(input.length);
  resampler.process(input, input.length, output);
  resampler.flush(output.subarray(frames));
}

/** 20 ms at a time into arrays that are there already, as the executor's pool has them. */
function inBlocks(resampler, input, output, frames) {
  for (let at = 0; at < input.length; at += frames) {
    resampler.outputFrames(frames);
    resampler.process(input.subarray(at, at + frames), frames, output);
  }
  resampler.reset();
}

function time(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}
