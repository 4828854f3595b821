import type { Kernels } from "@remotemedia/core";
import { assembleKernels } from "../assemble-kernels.ts";
import { createReferenceResampler } from "../resample/reference.ts";
import { convert } from "./convert.ts";
import { createReferenceDense } from "./dense.ts";
import { frameEnergies, measure } from "./level.ts";
import { gain, remix } from "./mix.ts";

/** The kernels in plain TypeScript: for engines without SIMD WebAssembly, for `runtime_hint: "js"`, and as the oracle of the tests. */
export const referenceKernels: Kernels = assembleKernels({
  runtime: "js",
  convert,
  remix,
  gain,
  measure,
  frameEnergies,
  createDense: createReferenceDense,
  createResampler: createReferenceResampler,
});
