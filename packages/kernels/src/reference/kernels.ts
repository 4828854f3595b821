import type { Kernels } from "@remotemedia/core";
import { createEnergyVad } from "../energy-vad.ts";
import { level } from "../level.ts";
import { exp } from "../math/exp.ts";
import { log } from "../math/log.ts";
import { cos, sin } from "../math/sin-cos.ts";
import { createReferenceResampler } from "../resample/reference.ts";
import { warmUp } from "../warm-up.ts";
import { convert } from "./convert.ts";
import { frameEnergies, measure } from "./level.ts";
import { gain, remix } from "./mix.ts";

/** The kernels in plain TypeScript: for engines without SIMD WebAssembly, for `runtime_hint: "js"`, and as the oracle of the tests. */
export const referenceKernels: Kernels = {
  runtime: "js",
  convert,
  interleave: (input, output, channels, frames) => convert(input, "f32-planar", output, "f32", channels, frames),
  deinterleave: (input, output, channels, frames) => convert(input, "f32", output, "f32-planar", channels, frames),
  remix,
  gain,
  level: (data, offset, count, result) => level(measure, data, offset, count, result),
  createResampler: createReferenceResampler,
  createEnergyVad: (options) => createEnergyVad(options, frameEnergies),
  warmUp: () => warmUp(referenceKernels),
  sin,
  cos,
  exp,
  log,
};
