import type { Kernels, SampleArray } from "@remotemedia/core";
import { checkSamples, formats } from "../formats.ts";
import type { SampleExports } from "./sample-exports.ts";
import { areaSamples, type Scratch } from "./scratch.ts";

type Step = SampleExports["s16ToF32"];
type Relayout = SampleExports["interleave"];

/** `Kernels.convert` in blocks: to f32, to the other layout, to the output's type. Steps that have nothing to do are left out. */
export function createConvert(kernels: SampleExports, scratch: Scratch): Kernels["convert"] {
  const { first, second, third } = scratch;
  const toF32 = { f32: undefined, s16: kernels.s16ToF32, s32: kernels.s32ToF32 };
  const fromF32 = { f32: undefined, s16: kernels.f32ToS16, s32: kernels.f32ToS32 };

  /** f32 to f32 of one layout: only NaN change. */
  const clean: Step = (from, to, count) => kernels.scale(from, to, count, 1);

  /** Runs the steps over the block in `first` and says where its result lies. */
  const runSteps = (
    decode: Step | undefined,
    relayout: Relayout | undefined,
    encode: Step | undefined,
    planes: number,
    frames: number,
  ): number => {
    let at = first;
    if (decode) {
      decode(at, second, planes * frames);
      at = second;
    }
    if (relayout) {
      relayout(at, third, planes, frames);
      at = third;
    }
    if (encode) {
      encode(at, first, planes * frames);
      at = first;
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

    const relayout = sameLayout ? undefined : source.planar ? kernels.interleave : kernels.deinterleave;
    const decode = toF32[source.type] ?? (sameLayout && target.type === "f32" ? clean : undefined);
    const encode = fromF32[target.type];
    // Without a change of layout all samples are one long plane, whatever the layout is.
    const planes = sameLayout ? 1 : channels;
    const length = sameLayout ? channels * frames : frames;
    const sourcePlanar = sameLayout || source.planar;
    const targetPlanar = sameLayout || target.planar;
    const block = blockFrames(planes);

    for (let start = 0; start < length; start += block) {
      const count = Math.min(block, length - start);
      if (sourcePlanar) scratch.copyPlanesIn(first, input, planes, length, start, count);
      else scratch.copyIn(first, input, start * planes, count * planes);
      const at = runSteps(decode, relayout, encode, planes, count);
      if (targetPlanar) scratch.copyPlanesOut(at, output, planes, length, start, count);
      else scratch.copyOut(at, output, start * planes, count * planes);
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
