import { canonical } from "./parts/canonical";

/** Interleaved → planar. Stereo in vectors, everything else sample by sample. */
export function deinterleave(source: usize, target: usize, channels: i32, frames: i32): void {
  const done = channels == 2 ? deinterleaveStereo(source, target, frames) : 0;
  const step = (<usize>channels) << 2;
  for (let channel = 0; channel < channels; channel++) {
    let from = source + ((<usize>(done * channels + channel)) << 2);
    let to = target + ((<usize>(channel * frames + done)) << 2);
    for (let frame = done; frame < frames; frame++, from += step, to += 4) f32.store(to, canonicalSample(f32.load(from)));
  }
}

/** Planar → interleaved. */
export function interleave(source: usize, target: usize, channels: i32, frames: i32): void {
  const done = channels == 2 ? interleaveStereo(source, target, frames) : 0;
  const step = (<usize>channels) << 2;
  for (let channel = 0; channel < channels; channel++) {
    let from = source + ((<usize>(channel * frames + done)) << 2);
    let to = target + ((<usize>(done * channels + channel)) << 2);
    for (let frame = done; frame < frames; frame++, from += 4, to += step) f32.store(to, canonicalSample(f32.load(from)));
  }
}

/** Interleaved s16 → planar f32 in one pass: what files and devices give, and what nodes compute in. */
export function deinterleaveS16(source: usize, target: usize, channels: i32, frames: i32): void {
  const done = channels == 2 ? deinterleaveStereoS16(source, target, frames) : 0;
  const step = (<usize>channels) << 1;
  for (let channel = 0; channel < channels; channel++) {
    let from = source + ((<usize>(done * channels + channel)) << 1);
    let to = target + ((<usize>(channel * frames + done)) << 2);
    for (let frame = done; frame < frames; frame++, from += step, to += 4) f32.store(to, <f32>load<i16>(from) * (1.0 / 32768.0));
  }
}

/** A frame is one i32 whose halves are the samples. Moved to the top, the left one is the sample times 65536, which is exact in f32 too. */
function deinterleaveStereoS16(source: usize, target: usize, frames: i32): i32 {
  const whole = frames & ~7;
  const right = target + ((<usize>frames) << 2);
  const leftScale = f32x4.splat(1.0 / 2147483648.0);
  const rightScale = f32x4.splat(1.0 / 32768.0);
  for (let frame = 0; frame < whole; frame += 8) {
    const to = (<usize>frame) << 2;
    const first = v128.load(source + to);
    const second = v128.load(source + to, 16);
    v128.store(target + to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(first, 16)), leftScale));
    v128.store(target + to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(second, 16)), leftScale), 16);
    v128.store(right + to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(first, 16)), rightScale));
    v128.store(right + to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(second, 16)), rightScale), 16);
  }
  return whole;
}

function deinterleaveStereo(source: usize, target: usize, frames: i32): i32 {
  const whole = frames & ~3;
  const right = target + ((<usize>frames) << 2);
  for (let frame = 0; frame < whole; frame += 4) {
    const first = v128.load(source + ((<usize>frame) << 3));
    const second = v128.load(source + ((<usize>frame) << 3), 16);
    const to = (<usize>frame) << 2;
    v128.store(target + to, canonical(v128.shuffle<f32>(first, second, 0, 2, 4, 6)));
    v128.store(right + to, canonical(v128.shuffle<f32>(first, second, 1, 3, 5, 7)));
  }
  return whole;
}

function interleaveStereo(source: usize, target: usize, frames: i32): i32 {
  const whole = frames & ~3;
  const plane = (<usize>frames) << 2;
  for (let frame = 0; frame < whole; frame += 4) {
    const from = source + ((<usize>frame) << 2);
    const left = canonical(v128.load(from));
    const right = canonical(v128.load(from + plane));
    const to = target + ((<usize>frame) << 3);
    v128.store(to, v128.shuffle<f32>(left, right, 0, 4, 1, 5));
    v128.store(to, v128.shuffle<f32>(left, right, 2, 6, 3, 7), 16);
  }
  return whole;
}

// @ts-ignore: decorator
@inline
function canonicalSample(x: f32): f32 {
  return x == x ? x : f32.NaN;
}
