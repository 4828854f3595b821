import type { Kernels } from "@remotemedia/core";
import { createEnergyVad } from "../energy-vad.ts";
import { level } from "../level.ts";
import { exp } from "../math/exp.ts";
import { log } from "../math/log.ts";
import { cos, sin } from "../math/sin-cos.ts";
import { warmUp } from "../warm-up.ts";
import { createConvert } from "./convert.ts";
import { createFrameEnergies, createMeasure } from "./level.ts";
import type { LinearMemory } from "./linear-memory.ts";
import { createGain, createRemix } from "./mix.ts";
import type { SampleExports } from "./sample-exports.ts";
import { Scratch } from "./scratch.ts";

/** The SIMD kernels over one instance of the module. */
export function createWasmKernels(memory: LinearMemory): Kernels {
  const functions = memory.exports as unknown as SampleExports;
  const scratch = new Scratch(memory);
  const convert = createConvert(functions, scratch);
  const measure = createMeasure(functions, scratch);
  const energies = createFrameEnergies(functions, scratch);
  const kernels: Kernels = {
    runtime: "wasm",
    convert,
    interleave: (input, output, channels, frames) => convert(input, "f32-planar", output, "f32", channels, frames),
    deinterleave: (input, output, channels, frames) => convert(input, "f32", output, "f32-planar", channels, frames),
    remix: createRemix(functions, scratch),
    gain: createGain(functions, scratch),
    level: (data, offset, count, result) => level(measure, data, offset, count, result),
    createResampler: () => {
      throw new Error("the resampler is being written");
    },
    createEnergyVad: (options) => createEnergyVad(options, energies),
    warmUp: () => warmUp(kernels),
    sin,
    cos,
    exp,
    log,
  };
  return kernels;
}
