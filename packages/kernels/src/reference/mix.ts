import type { Kernels } from "@remotemedia/core";
import { canonical } from "../canonical.ts";
import { checkLength } from "../formats.ts";

/**
 * `Kernels.remix`. A coefficient of 0 leaves its channel out (so that an infinity there stays there), terms are added in the order of
 * the input channels, and each step is rounded to f32: that makes the SIMD form give the same bits.
 */
export const remix: Kernels["remix"] = (input, inputChannels, output, outputChannels, frames, matrix) => {
  checkLength(input, inputChannels * frames);
  checkLength(output, outputChannels * frames);
  checkLength(matrix, inputChannels * outputChannels);
  for (let row = 0; row < outputChannels; row++) {
    const to = row * frames;
    let first = true;
    for (let channel = 0; channel < inputChannels; channel++) {
      const factor = matrix[row * inputChannels + channel] as number;
      if (factor === 0) continue;
      const from = channel * frames;
      if (first) scale(input, from, output, to, frames, factor);
      else addScaled(input, from, output, to, frames, factor);
      first = false;
    }
    if (first) output.fill(0, to, to + frames);
  }
};

/** `Kernels.gain`. */
export function gain(data: Float32Array, count: number, factor: number): void {
  checkLength(data, count);
  scale(data, 0, data, 0, count, Math.fround(factor));
}

function scale(input: Float32Array, from: number, output: Float32Array, to: number, count: number, factor: number): void {
  for (let index = 0; index < count; index++) output[to + index] = canonical((input[from + index] as number) * factor);
}

function addScaled(input: Float32Array, from: number, output: Float32Array, to: number, count: number, factor: number): void {
  for (let index = 0; index < count; index++) {
    const product = Math.fround((input[from + index] as number) * factor);
    output[to + index] = canonical((output[to + index] as number) + product);
  }
}
