import type { Kernels } from "@remotemedia/core";
import { canonical } from "../canonical.ts";
import { checkSamples, formats } from "../formats.ts";
import { roundToInteger } from "../math/float64-bits.ts";

/** What 1 in f32 is in each type: powers of two, so scaling by them and by their inverses is exact. */
const fullScales = { f32: 1, s16: 32_768, s32: 2_147_483_648 };

/**
 * `Kernels.convert`, one sample after another. Every sample passes through f32 on its way, so s32 → s16 rounds twice, exactly as a
 * graph with an f32 node in between would; s16 → f32 → s16 and s16 → s32 → s16 are lossless. NaN is written as 0, or as the canonical NaN in f32.
 */
export const convert: Kernels["convert"] = (input, inputFormat, output, outputFormat, channels, frames) => {
  checkSamples(input, inputFormat, channels * frames);
  checkSamples(output, outputFormat, channels * frames);
  const source = formats[inputFormat];
  const target = formats[outputFormat];
  if (source.type === "s32" && target.type === "s32") {
    // f32 has only 24 bits: this is the one pair that must not pass through it.
    output.set(input.subarray(0, channels * frames));
    return;
  }
  const toF32 = 1 / fullScales[source.type];
  const fullScale = fullScales[target.type];
  const fromStep = source.planar ? 1 : channels;
  const toStep = target.planar ? 1 : channels;
  for (let channel = 0; channel < channels; channel++) {
    let from = source.planar ? channel * frames : channel;
    let to = target.planar ? channel * frames : channel;
    for (let frame = 0; frame < frames; frame++, from += fromStep, to += toStep) {
      const sample = Math.fround((input[from] as number) * toF32);
      output[to] = fullScale === 1 ? canonical(sample) : toInteger(sample * fullScale, fullScale);
    }
  }
};

function toInteger(scaled: number, fullScale: number): number {
  if (scaled >= fullScale - 1) return fullScale - 1;
  if (scaled <= -fullScale) return -fullScale;
  return Number.isNaN(scaled) ? 0 : roundToInteger(scaled);
}
