/*
 * Sample types, flat. These four round `count` up to whole vectors: they read and write up to 12 bytes past a count of 4-byte samples, and the
 * slabs are padded for it. That costs nothing and saves a scalar copy of each formula, which would have to give the same bits.
 */

/** s16 → f32: divides by 32768, exact. */
export function s16ToF32(source: usize, target: usize, count: i32): void {
  const scale = f32x4.splat(1.0 / 32768.0);
  for (let i = 0; i < count; i += 4) {
    const x = v128.load_ext<i16>(source + ((<usize>i) << 1));
    v128.store(target + ((<usize>i) << 2), f32x4.mul(f32x4.convert_i32x4_s(x), scale));
  }
}

/** s32 → f32: divides by 2³¹; the conversion rounds half to even. */
export function s32ToF32(source: usize, target: usize, count: i32): void {
  const scale = f32x4.splat(1.0 / 2147483648.0);
  for (let i = 0; i < count; i += 4) {
    const offset = (<usize>i) << 2;
    v128.store(target + offset, f32x4.mul(f32x4.convert_i32x4_s(v128.load(source + offset)), scale));
  }
}

/** f32 → s16: half to even of 32768·x, clamped. In place is allowed. */
export function f32ToS16(source: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i += 8) {
    const low = scaleToInteger(v128.load(source + ((<usize>i) << 2)), 32768.0);
    const high = scaleToInteger(v128.load(source + ((<usize>i) << 2), 16), 32768.0);
    v128.store(target + ((<usize>i) << 1), i16x8.narrow_i32x4_s(low, high));
  }
}

/** f32 → s32: half to even of 2³¹·x, clamped. */
export function f32ToS32(source: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    const offset = (<usize>i) << 2;
    v128.store(target + offset, scaleToInteger(v128.load(source + offset), 2147483648.0));
  }
}

/** `nearest` rounds half to even; `trunc_sat` clamps to i32 and makes 0 of NaN. */
// @ts-ignore: decorator
@inline
function scaleToInteger(x: v128, scale: f32): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(x, f32x4.splat(scale))));
}
