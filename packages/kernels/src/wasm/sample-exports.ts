/** The functions of `assembly/`, those of the resampler apart. Arguments are byte pointers, counts of samples and factors. */
export interface SampleExports {
  s16ToF32(source: number, target: number, count: number): void;
  s32ToF32(source: number, target: number, count: number): void;
  f32ToS16(source: number, target: number, count: number): void;
  f32ToS32(source: number, target: number, count: number): void;
  interleave(source: number, target: number, channels: number, frames: number): void;
  deinterleave(source: number, target: number, channels: number, frames: number): void;
  deinterleaveS16(source: number, target: number, channels: number, frames: number): void;
  scale(source: number, target: number, count: number, factor: number): void;
  addScaled(source: number, target: number, count: number, factor: number): void;
  clear(target: number, count: number): void;
  measure(source: number, count: number, result: number): void;
  frameEnergies(source: number, frameLength: number, frames: number, sums: number): void;
}
