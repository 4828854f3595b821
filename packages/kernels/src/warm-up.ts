import type { Kernels, SampleArray, SampleFormat } from "@remotemedia/core";

const channels = 2;
const frames = 960;

/**
 * `Kernels.warmUp`: one call of every kernel on 20 ms of stereo silence, which compiles them and touches their scratch. Resamplers are left out:
 * their filters differ by rates, so a node warms up its own.
 */
export function warmUp(kernels: Kernels): void {
  const arrays: Readonly<Record<SampleFormat, SampleArray>> = {
    "f32-planar": new Float32Array(channels * frames),
    f32: new Float32Array(channels * frames),
    s16: new Int16Array(channels * frames),
    "s16-planar": new Int16Array(channels * frames),
    s32: new Int32Array(channels * frames),
  };
  const names = Object.keys(arrays) as SampleFormat[];
  for (const from of names) {
    for (const to of names) kernels.convert(arrays[from], from, arrays[to], to, channels, frames);
  }
  const planar = new Float32Array(channels * frames);
  const other = new Float32Array(channels * frames);
  kernels.interleave(planar, other, channels, frames);
  kernels.deinterleave(other, planar, channels, frames);
  kernels.remix(planar, channels, other, 1, frames, new Float32Array([0.5, 0.5]));
  kernels.gain(planar, planar.length, 1);
  kernels.level(planar, 0, planar.length, new Float64Array(2));
  const vad = kernels.createEnergyVad({ frameLength: 480, threshold: 0.01, floorRatio: 2 });
  vad.process(planar, planar.length, new Uint8Array(4), new Float32Array(4));
  vad.close();
  const dense = kernels.createDense({ matrix: planar.slice(0, 128), bias: planar.slice(0, 2) });
  dense.multiply(planar, 64, 5, other);
  dense.close();
  kernels.log(1 + kernels.exp(kernels.sin(1) + kernels.cos(1)));
}
