/** The metrics of many sessions of one pipeline as those of one. */
import type { Metrics } from "@remotemedia/core";

// Quantiles of quantiles mean nothing: of those, and of other states, the worst is told.
const isWorst = /^(p\d\d_us|(min|max|avg)_duration_us|peak_.*|debt_ms|turn|success_rate)$/;
const isState = /^(p\d\d_us|(min|max|avg)_duration_us|queued.*|debt_ms|buffered_ms|in_use.*|turn)$/;
// Converters for formats that come later have names of their own; a client must not make names without end.
const mostNames = 500;

type Plain = Readonly<Record<string, unknown>>;

/** Counts are summed; of times and depths the worst is taken. Undefined for none. */
export const mergeMetrics = (reports: readonly Metrics[]): Metrics | undefined =>
  reports.length === 0 ? undefined : (reports.reduce((a, b) => merge(a as unknown as Plain, b as unknown as Plain) as never) as Metrics);

/** What stays of a session that has ended: its counts, not its states. */
export const countsOf = (report: Metrics): Metrics => withoutStates(report as unknown as Plain) as unknown as Metrics;

function merge(a: Plain, b: Plain): Plain {
  return Object.fromEntries(
    Object.entries(a).map(([key, left]) => {
      const right = b[key];
      if (typeof left === "number" && typeof right === "number") return [key, isWorst.test(key) ? Math.max(left, right) : left + right];
      if (Array.isArray(left) && Array.isArray(right)) return [key, mergeByName(left, right)];
      return [key, isPlain(left) && isPlain(right) ? merge(left, right) : left];
    }),
  );
}

function mergeByName(left: readonly Plain[], right: readonly Plain[]): readonly Plain[] {
  const byName = new Map(left.map((row) => [nameOf(row), row]));
  for (const row of right) {
    const known = byName.get(nameOf(row));
    if (known !== undefined || byName.size < mostNames) byName.set(nameOf(row), known === undefined ? row : merge(known, row));
  }
  return [...byName.values()];
}

const withoutStates = (report: Plain): Plain =>
  Object.fromEntries(
    Object.entries(report).map(([key, value]) => {
      if (typeof value === "number") return [key, isState.test(key) ? 0 : value];
      if (Array.isArray(value)) return [key, value.map(withoutStates)];
      return [key, isPlain(value) ? withoutStates(value) : value];
    }),
  );

const nameOf = (row: Plain): unknown => row["node_id"] ?? row["edge"];
const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);
