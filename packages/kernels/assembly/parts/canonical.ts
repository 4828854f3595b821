/** Replaces every NaN by the canonical one: arithmetic on NaN gives another sign and payload on each processor. */
// @ts-ignore: decorator
@inline
export function canonical(x: v128): v128 {
  return v128.bitselect(x, f32x4.splat(f32.NaN), f32x4.eq(x, x));
}
