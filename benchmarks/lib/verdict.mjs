/** A bar and what became of it. Without `met` it was not measured, and `measured` is the reason. */
export function verdict(bar, measured, met) {
  return { bar, measured, met };
}
