import type { SampleArray, SampleFormat } from "@remotemedia/core";
import { canonical } from "../canonical.ts";
import { checkSamples, formats, type SampleType } from "../formats.ts";
import { roundToInteger } from "../math/float64-bits.ts";

/** What a sample of this type is multiplied by to become f32: powers of two, so exact. */
const toF32: Readonly<Record<SampleType, number>> = { f32: 1, s16: 1 / 32_768, s32: 1 / 2_147_483_648 };

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
  const inputScale = toF32[source.type];
  const write = writers[target.type];
  for (let channel = 0; channel < channels; channel++) {
    const from = source.planar ? channel * frames : channel;
    const to = target.planar ? channel * frames : channel;
    write(input, from, source.planar ? 1 : channels, inputScale, output, to, target.planar ? 1 : channels, frames);
  }
}

/** s32 in both formats: f32 has only 24 bits, so this is the one pair that must not pass through it. */
function copy(input: SampleArray, output: SampleArray, count: number): void {
  for (let index = 0; index < count; index++) output[index] = input[index] as number;
}

/** Converts one channel from any type. Each output type has a loop of its own: an engine compiles that to twice the speed of a shared one. */
type ChannelWriter = (
  input: SampleArray,
  from: number,
  fromStep: number,
  inputScale: number,
  output: SampleArray,
  to: number,
  toStep: number,
  frames: number,
) => void;

const writers: Readonly<Record<SampleType, ChannelWriter>> = {
  f32(input, from, fromStep, inputScale, output, to, toStep, frames) {
    for (let frame = 0, at = from, target = to; frame < frames; frame++, at += fromStep, target += toStep) {
      output[target] = canonical((input[at] as number) * inputScale);
    }
  },
  s16(input, from, fromStep, inputScale, output, to, toStep, frames) {
    for (let frame = 0, at = from, target = to; frame < frames; frame++, at += fromStep, target += toStep) {
      output[target] = toInteger(Math.fround((input[at] as number) * inputScale) * 32_768, -32_768, 32_767);
    }
  },
  s32(input, from, fromStep, inputScale, output, to, toStep, frames) {
    for (let frame = 0, at = from, target = to; frame < frames; frame++, at += fromStep, target += toStep) {
      output[target] = toInteger(Math.fround((input[at] as number) * inputScale) * 2_147_483_648, -2_147_483_648, 2_147_483_647);
    }
  },
};

function toInteger(scaled: number, lowest: number, highest: number): number {
  if (scaled >= highest) return highest;
  if (scaled <= lowest) return lowest;
  return Number.isNaN(scaled) ? 0 : roundToInteger(scaled);
}
