/** A figure as live tables show it: three digits, or a dash where there is none. */
export const figure = (value) =>
  value === undefined || value === null || Number.isNaN(value) ? "–" : value >= 100 ? value.toFixed(0) : value.toPrecision(3);

/** A share as percent. */
export const percent = (share) => `${Math.round(100 * share)} %`;

/** A row of a table: the cells, or the reason why there are none. */
export const rowOf = (name, result, cells, columns) =>
  result.skipped ? [name, `skipped: ${result.skipped}`, ...Array(columns - 1).fill("")] : [name, ...cells(result)];
