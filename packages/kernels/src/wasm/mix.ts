import type { Kernels } from "@remotemedia/core";
import { checkLength } from "../formats.ts";
import { blockFrames } from "./convert.ts";
import type { SampleExports } from "./sample-exports.ts";
import { areaSamples, type Scratch } from "./scratch.ts";

/** `Kernels.remix` in blocks. Mono → stereo, stereo → mono and the identity are fast because zeros cost nothing: no path of their own is needed. */
export function createRemix(kernels: SampleExports, scratch: Scratch): Kernels["remix"] {
  const { first, second } = scratch;

  const mixRow = (target: number, matrix: Float32Array, row: number, channels: number, count: number): void => {
    let isEmpty = true;
    for (let channel = 0; channel < channels; channel++) {
      const factor = matrix[row * channels + channel] as number;
      if (factor === 0) continue;
      const source = first + channel * count * 4;
      if (isEmpty) kernels.scale(source, target, count, factor);
      else kernels.addScaled(source, target, count, factor);
      isEmpty = false;
    }
    if (isEmpty) kernels.clear(target, count);
  };

  return (input, inputChannels, output, outputChannels, frames, matrix) => {
    checkLength(input, inputChannels * frames);
    checkLength(output, outputChannels * frames);
    checkLength(matrix, inputChannels * outputChannels);
    const block = blockFrames(Math.max(inputChannels, outputChannels));
    for (let start = 0; start < frames; start += block) {
      const count = Math.min(block, frames - start);
      scratch.copyPlanesIn(first, input, inputChannels, frames, start, count);
      // In ascending order: a row may spill into the start of the next one, which is written after it.
      for (let row = 0; row < outputChannels; row++) mixRow(second + row * count * 4, matrix, row, inputChannels, count);
      scratch.copyPlanesOut(second, output, outputChannels, frames, start, count);
    }
  };
}

/** `Kernels.gain` in blocks. */
export function createGain(kernels: SampleExports, scratch: Scratch): Kernels["gain"] {
  return (data, count, factor) => {
    checkLength(data, count);
    for (let start = 0; start < count; start += areaSamples) {
      const length = Math.min(areaSamples, count - start);
      scratch.copyIn(scratch.first, data, start, length);
      kernels.scale(scratch.first, scratch.first, length, factor);
      scratch.copyOut(scratch.first, data, start, length);
    }
  };
}
