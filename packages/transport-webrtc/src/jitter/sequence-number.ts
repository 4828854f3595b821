/**
 * The whole number nearest to `reference` whose last `bits` bits (32 at most) are those of `value`: sequence numbers and timestamps that
 * wrap become ones that do not.
 */
export function unwrap(value: number, reference: number, bits: 16 | 32): number {
  const shift = 32 - bits;
  const difference = ((value - reference) << shift) >> shift;
  return reference + difference;
}
