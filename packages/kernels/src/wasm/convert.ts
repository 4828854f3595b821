import type { Kernels, SampleArray, SampleFormat } from "@remotemedia/core";
import { checkSamples, formats } from "../formats.ts";
import { type ConvertStep, convertSteps } from "./convert-steps.ts";
import type { SampleExports } from "./sample-exports.ts";
import { areaSamples, type Scratch } from "./scratch.ts";

type StepTable = Readonly<Record<SampleFormat, Readonly<Record<SampleFormat, readonly ConvertStep[]>>>>;

/** `Kernels.convert`: block by block into the scratch, through the steps, and out again. */
export function createConvert(kernels: SampleExports, scratch: Scratch): Kernels["convert"] {
  const likeTable = stepTable(kernels, true);
  const unlikeTable = stepTable(kernels, false);
  const areas = [scratch.second, scratch.third, scratch.first];

  /** Runs the steps over the block in the first area and says where the result lies. */
  const runSteps = (steps: readonly ConvertStep[], channels: number, frames: number): number => {
    let at = scratch.first;
    for (let index = 0; index < steps.length; index++) {
      const target = areas[index] as number;
      steps[index]?.(at, target, channels, frames);
      at = target;
    }
    return at;
  };

  return (input, inputFormat, output, outputFormat, channels, frames) => {
    checkSamples(input, inputFormat, channels * frames);
    checkSamples(output, outputFormat, channels * frames);
    const source = formats[inputFormat];
    const target = formats[outputFormat];
    const sameLayout = channels === 1 || source.planar === target.planar;
    if (sameLayout && source.type === target.type && source.type !== "f32") {
      copy(input, output, channels * frames);
      return;
    }

    // Without a change of layout all samples are one long plane, however they lie.
    const planes = sameLayout ? 1 : channels;
    const length = sameLayout ? channels * frames : frames;
    const steps = (sameLayout ? likeTable : unlikeTable)[inputFormat][outputFormat];
    const block = blockFrames(planes);
    for (let start = 0; start < length; start += block) {
      const count = Math.min(block, length - start);
      if (sameLayout || source.planar) scratch.copyPlanesIn(scratch.first, input, planes, length, start, count);
      else scratch.copyIn(scratch.first, input, start * planes, count * planes);
      const result = runSteps(steps, planes, count);
      if (sameLayout || target.planar) scratch.copyPlanesOut(result, output, planes, length, start, count);
      else scratch.copyOut(result, output, start * planes, count * planes);
    }
  };
}

/** How many frames of `channels` channels fit into an area of the scratch. */
export function blockFrames(channels: number): number {
  if (!(channels >= 1 && channels <= areaSamples)) throw new RangeError(`channels must be 1 to ${areaSamples}, got ${channels}`);
  return Math.floor(areaSamples / channels);
}

function copy(input: SampleArray, output: SampleArray, count: number): void {
  output.set(input.length === count ? input : input.subarray(0, count));
}

function stepTable(kernels: SampleExports, sameLayout: boolean): StepTable {
  const names = Object.keys(formats) as SampleFormat[];
  const rows = names.map((from) => [from, Object.fromEntries(names.map((to) => [to, convertSteps(kernels, from, to, sameLayout)]))]);
  return Object.fromEntries(rows) as StepTable;
}
