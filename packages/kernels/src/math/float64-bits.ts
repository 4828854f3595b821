/** A DataView names its byte order, so the same code serves every processor. */
const view = new DataView(new ArrayBuffer(8));

/** The upper 32 bits of a float64: sign, 11 bits of exponent (bias 1023), 20 bits of fraction. */
export function highWord(x: number): number {
  view.setFloat64(0, x);
  return view.getInt32(0);
}

/** `x` with other upper 32 bits. */
export function withHighWord(x: number, high: number): number {
  view.setFloat64(0, x);
  view.setInt32(0, high);
  return view.getFloat64(0);
}

/** 2ⁿ for -1022 ≤ n ≤ 1023. */
export function powerOfTwo(n: number): number {
  view.setInt32(0, (n + 1023) << 20);
  view.setInt32(4, 0);
  return view.getFloat64(0);
}

/** Adding and subtracting 1.5 × 2⁵² rounds |x| < 2⁵¹ to an integer, half to even: IEEE 754 rounds every sum like that. */
export function roundToInteger(x: number): number {
  return x + 6_755_399_441_055_744 - 6_755_399_441_055_744;
}
