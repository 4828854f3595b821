import type { Kernels } from "@remotemedia/core";
import { createEnergyVad, type FrameEnergies } from "./energy-vad.ts";
import { level, type Measure } from "./level.ts";
import { exp } from "./math/exp.ts";
import { log } from "./math/log.ts";
import { cos, sin } from "./math/sin-cos.ts";
import { warmUp } from "./warm-up.ts";

/** What a runtime has to bring; everything else is made from it. */
export interface KernelParts extends Pick<Kernels, "runtime" | "convert" | "remix" | "gain" | "createResampler" | "createDense"> {
  readonly measure: Measure;
  readonly frameEnergies: FrameEnergies;
}

/** The kernels of one runtime. What decides or rounds outside the inner loops is the same code in all of them, so that they agree. */
export function assembleKernels({ measure, frameEnergies, ...own }: KernelParts): Kernels {
  const kernels: Kernels = {
    ...own,
    interleave: (input, output, channels, frames) => own.convert(input, "f32-planar", output, "f32", channels, frames),
    deinterleave: (input, output, channels, frames) => own.convert(input, "f32", output, "f32-planar", channels, frames),
    level: (data, offset, count, result) => level(measure, data, offset, count, result),
    createEnergyVad: (options) => createEnergyVad(options, frameEnergies),
    warmUp: () => warmUp(kernels),
    sin,
    cos,
    exp,
    log,
  };
  return kernels;
}
