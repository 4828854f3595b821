import { errors } from "@remotemedia/core";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * `300s`, `500ms`, `5m`, `1h` in ms; a bare number is seconds.
 *
 * @throws `usage` when it is none of these.
 */
export function parseDurationMs(text: string): number {
  const { 1: number, 2: unit = "s" } = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(number) * (unitMs[unit] as number);
  if (ms > 0) return ms;
  throw errors.usage({ message: `"${text}" is no length of time`, expected: "a number with ms, s, m or h, such as 300s" });
}
