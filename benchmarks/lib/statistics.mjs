/** The value below which `share` of the sorted list lies, interpolated between neighbors. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low);
}

export const median = (values) => quantile(values, 0.5);

/** What every table shows of a series: its floor, its middle, its upper end, and how many samples they come from. */
export function summarize(values) {
  return { min: quantile(values, 0), median: median(values), p95: quantile(values, 0.95), count: values.length };
}

/**
 * Ours over theirs, from the medians of the rounds in which both ran side by side. A machine that slows down for a while slows both sides
 * of a round, so this moves far less than the quotient of two overall medians. `floor` is the quotient of the fastest passes: on a crowded machine, long
 * passes lose their processor more often than short ones, which flatters whoever is fast already; the floor does not.
 */
export function pairedRatio(ourRounds, theirRounds) {
  const ratios = ourRounds.map((ours, round) => median(ours) / median(theirRounds[round]));
  const floor = Math.min(...ourRounds.flat()) / Math.min(...theirRounds.flat());
  return { median: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75), floor };
}

/** A ratio as the page shows it. */
export const showRatio = ({ median: middle, low, high, floor }) =>
  `${middle.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)}), fastest ${floor.toFixed(2)}`;
