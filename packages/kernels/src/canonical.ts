/** `x`, or for NaN the one NaN that JavaScript has: arithmetic on NaN gives another sign and payload on each processor. */
export function canonical(x: number): number {
  return Number.isNaN(x) ? Number.NaN : x;
}
