/** Horner's rule: `coefficients` from the highest power down to the constant. */
export function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < coefficients.length; index++) sum = sum * x + (coefficients[index] as number);
  return sum;
}
