import type { SampleFormat } from "@remotemedia/core";
import { formats } from "../formats.ts";
import type { SampleExports } from "./sample-exports.ts";

/** One pass over a block in linear memory, from one area of the scratch to another. */
export type ConvertStep = (source: number, target: number, channels: number, frames: number) => void;

type FlatKernel = SampleExports["s16ToF32"];

/**
 * The passes that convert one format to another: to f32, to the other layout, to the output's type, without those that have nothing to do. With
 * `sameLayout` (one channel, or layouts that are alike) the samples are taken as they lie.
 */
export function convertSteps(kernels: SampleExports, from: SampleFormat, to: SampleFormat, sameLayout: boolean): readonly ConvertStep[] {
  const source = formats[from];
  const target = formats[to];
  if (!sameLayout && from === "s16" && target.type === "f32") return [kernels.deinterleaveS16];
  const decode = { f32: undefined, s16: kernels.s16ToF32, s32: kernels.s32ToF32 }[source.type];
  const encode = { f32: undefined, s16: kernels.f32ToS16, s32: kernels.f32ToS32 }[target.type];
  const steps: ConvertStep[] = [];
  if (decode) steps.push(flat(decode));
  if (!sameLayout) steps.push(source.planar ? kernels.interleave : kernels.deinterleave);
  if (encode) steps.push(flat(encode));
  // f32 to f32 in one layout: only NaN change.
  if (steps.length === 0) steps.push((at, result, channels, frames) => kernels.scale(at, result, channels * frames, 1));
  return steps;
}

function flat(kernel: FlatKernel): ConvertStep {
  return (source, target, channels, frames) => kernel(source, target, channels * frames);
}
