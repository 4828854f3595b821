import type { Kernels } from "@remotemedia/core";
import { assembleKernels } from "../assemble-kernels.ts";
import { createWasmResampler } from "../resample/wasm.ts";
import { createConvert } from "./convert.ts";
import { createWasmDense } from "./dense.ts";
import { createFrameEnergies, createMeasure } from "./level.ts";
import type { LinearMemory } from "./linear-memory.ts";
import { createGain, createRemix } from "./mix.ts";
import type { SampleExports } from "./sample-exports.ts";
import { Scratch } from "./scratch.ts";

/** The SIMD kernels over one instance of the module. */
export function createWasmKernels(memory: LinearMemory): Kernels {
  const functions = memory.exports as unknown as SampleExports;
  const scratch = new Scratch(memory);
  return assembleKernels({
    runtime: "wasm",
    convert: createConvert(functions, scratch),
    remix: createRemix(functions, scratch),
    gain: createGain(functions, scratch),
    measure: createMeasure(functions, scratch),
    frameEnergies: createFrameEnergies(functions, scratch),
    createDense: (options) => createWasmDense(memory, options),
    createResampler: (options) => createWasmResampler(memory, options),
  });
}
