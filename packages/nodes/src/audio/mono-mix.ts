import type { Kernels, PlanarFrame } from "@remotemedia/core";
import { usualMatrix } from "./remix.ts";

/** Gives the mean of the channels of a frame, in an array that is used again for the next frame; one channel is given as it is. */
export function createMonoMix(): (frame: PlanarFrame, kernels: Kernels) => Float32Array {
  let mixed = new Float32Array(0);
  let matrix = new Float32Array(0);
  return ({ data, numberOfChannels, numberOfFrames }, kernels) => {
    if (numberOfChannels === 1) return data;
    if (matrix.length !== numberOfChannels) matrix = usualMatrix(numberOfChannels, 1);
    if (mixed.length < numberOfFrames) mixed = new Float32Array(numberOfFrames);
    kernels.remix(data, numberOfChannels, mixed, 1, numberOfFrames, matrix);
    return mixed;
  };
}
