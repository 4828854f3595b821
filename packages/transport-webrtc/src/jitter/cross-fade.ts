/** A smooth step from 0 to 1 with level ends, `t` from 0 to 1; `smooth(t) + smooth(1 − t)` is 1. */
export const smooth = (t: number): number => t * t * (3 - 2 * t);

/** Fades in `target` from `from` over to `to`: `length` samples of each, from the given places. `target` may be one of them. */
export function crossFade(
  target: Float32Array,
  targetAt: number,
  from: Float32Array,
  fromAt: number,
  to: Float32Array,
  toAt: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) {
    const weight = smooth((i + 0.5) / length);
    const before = from[fromAt + i] as number;
    target[targetAt + i] = before + weight * ((to[toAt + i] as number) - before);
  }
}
