/**
 * Prints what the kernels cost: `node packages/kernels/scripts/measure.mjs [rounds]`. Each row is one call on 10 s of audio, copies in and out of linear
 * memory included; cold is the first call of the process, warm the minimum of all rounds (other work disturbs a shared machine, and it
 * can only make a call slower). Reads the sources, so no build can be stale.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const rounds = Number(process.argv[2] ?? 200);
const { loadKernels } = await bundle();
const started = performance.now();
const { wasm, js } = await loadKernels();
console.log(`loadKernels ${(performance.now() - started).toFixed(2)} ms, ${rounds} rounds\n`);

const stereo48k = new Int16Array(960_000).map((_, index) => (index * 7919) % 65_536);
const planar48k = new Float32Array(960_000);
const interleaved48k = new Float32Array(960_000);
const mono16k = Float32Array.from({ length: 160_000 }, (_, index) => Math.sin(index * 0.05) * 0.5);
const mono16kS16 = new Int16Array(160_000);
const decisions = new Uint8Array(334);
const levels = new Float32Array(334);
const result = new Float64Array(2);
const half = new Float32Array([0.5, 0.5]);

const cases = {
  "s16 stereo 48k → f32-planar": (k) => k.convert(stereo48k, "s16", planar48k, "f32-planar", 2, 480_000),
  "f32-planar stereo 48k → s16": (k) => k.convert(planar48k, "f32-planar", stereo48k, "s16", 2, 480_000),
  "interleave stereo 48k": (k) => k.interleave(planar48k, interleaved48k, 2, 480_000),
  "deinterleave 6 channels, 160k frames": (k) => k.deinterleave(interleaved48k, planar48k, 6, 160_000),
  "remix stereo → mono 48k": (k) => k.remix(planar48k, 2, interleaved48k, 1, 480_000, half),
  "f32 mono 16k → s16": (k) => k.convert(mono16k, "f32-planar", mono16kS16, "s16", 1, 160_000),
  "s16 mono 16k → f32": (k) => k.convert(mono16kS16, "s16", mono16k, "f32-planar", 1, 160_000),
  "gain mono 16k": (k) => k.gain(mono16k, 160_000, 1),
  "level mono 16k": (k) => k.level(mono16k, 0, 160_000, result),
  "energy VAD mono 16k": (k) => vads.get(k).process(mono16k, 160_000, decisions, levels),
  "500 × s16 mono 16k 20 ms → f32": (k) => repeat(500, () => k.convert(short, "s16", shortF32, "f32-planar", 1, 320)),
};
const short = new Int16Array(320);
const shortF32 = new Float32Array(320);
const vads = new Map([wasm, js].map((k) => [k, k?.createEnergyVad({ frameLength: 480, threshold: 0.01, floorRatio: 2 })]));

console.log("ms".padEnd(40), "wasm cold   warm       js warm");
for (const [name, call] of Object.entries(cases)) {
  const [cold, warm] = wasm ? time(() => call(wasm), rounds) : [Number.NaN, Number.NaN];
  const [, jsWarm] = time(() => call(js), Math.ceil(rounds / 10));
  console.log(name.padEnd(40), [cold, warm, jsWarm].map((ms) => ms.toFixed(3).padStart(8)).join("  "));
}

function time(call, times) {
  const elapsed = Array.from({ length: times }, () => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
  return [elapsed[0], Math.min(...elapsed)];
}

function repeat(times, call) {
  for (let index = 0; index < times; index++) call();
}

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/index.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    write: false,
    conditions: ["@remotemedia/source"],
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
