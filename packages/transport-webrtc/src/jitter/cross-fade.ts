/** Fades in `target` from `from` over to `to`, in a step with level ends: `length` samples of each, from the given places. `target` may be one of them. */
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
    const t = (i + 0.5) / length;
    const weight = t * t * (3 - 2 * t);
    const before = from[fromAt + i] as number;
    target[targetAt + i] = before + weight * ((to[toAt + i] as number) - before);
  }
}
