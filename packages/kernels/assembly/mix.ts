import { canonical } from "./parts/canonical";

/** target = factor · source; both may be the same. Rounds `count` up to whole vectors, as in convert.ts. */
export function scale(source: usize, target: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (let i = 0; i < count; i += 4) {
    const offset = (<usize>i) << 2;
    v128.store(target + offset, canonical(f32x4.mul(v128.load(source + offset), factors)));
  }
}

/** target = target + factor · source. Rounds `count` up to whole vectors. */
export function addScaled(source: usize, target: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (let i = 0; i < count; i += 4) {
    const offset = (<usize>i) << 2;
    const product = f32x4.mul(v128.load(source + offset), factors);
    v128.store(target + offset, canonical(f32x4.add(v128.load(target + offset), product)));
  }
}

/** target = 0. */
export function clear(target: usize, count: i32): void {
  memory.fill(target, 0, (<usize>count) << 2);
}
