import type { SampleArray, SampleFormat } from "@remotemedia/core";
import { canonical } from "../canonical.ts";
import { checkSamples, formats, type SampleType } from "../formats.ts";
import { roundToInteger } from "../math/float64-bits.ts";

const fullScales: Readonly<Record<SampleType, number>> = { f32: 1, s16: 32_768, s32: 2_147_483_648 };

/**
 * `Kernels.convert`, one sample after another. Every sample passes through f32 on its way, so s32 → s16 rounds twice, exactly as a
 * graph with an f32 node in between would; s16 → f32 → s16 and s16 → s32 → s16 are lossless. NaN is written as 0, or as the canonical NaN in f32.
 */
export function convert(
  input: SampleArray,
  inputFormat: SampleFormat,
  output: SampleArray,
  outputFormat: SampleFormat,
  channels: number,
  frames: number,
): void {
  checkSamples(input, inputFormat, channels * frames);
  checkSamples(output, outputFormat, channels * frames);
  const source = formats[inputFormat];
  const target = formats[outputFormat];
  if (source.type === "s32" && target.type === "s32") {
    copy(input, output, channels * frames);
    return;
  }
  const inputScale = fullScales[source.type];
  const toOutput = writers[target.type];
  for (let channel = 0; channel < channels; channel++) {
    let from = source.planar ? channel * frames : channel;
    let to = target.planar ? channel * frames : channel;
    const fromStep = source.planar ? 1 : channels;
    const toStep = target.planar ? 1 : channels;
    for (let frame = 0; frame < frames; frame++, from += fromStep, to += toStep) {
      output[to] = toOutput(Math.fround((input[from] as number) / inputScale));
    }
  }
}

/** s32 in both formats: f32 has only 24 bits, so this is the one pair that must not pass through it. */
function copy(input: SampleArray, output: SampleArray, count: number): void {
  for (let index = 0; index < count; index++) output[index] = input[index] as number;
}

const writers: Readonly<Record<SampleType, (x: number) => number>> = {
  f32: canonical,
  s16: (x) => toInteger(x * 32_768, 32_767),
  s32: (x) => toInteger(x * 2_147_483_648, 2_147_483_647),
};

function toInteger(scaled: number, highest: number): number {
  if (Number.isNaN(scaled)) return 0;
  return roundToInteger(Math.min(highest, Math.max(-highest - 1, scaled)));
}
