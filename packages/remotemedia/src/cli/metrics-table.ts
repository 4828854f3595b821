import { type Metrics, type NodeReport, toPrometheus } from "@remotemedia/core";
import { textTable } from "./text-table.ts";

/** How metrics are shown. */
export const metricsFormats = ["table", "json", "prometheus"] as const;

/** Metrics as text. */
export function metricsText(metrics: Metrics, format: (typeof metricsFormats)[number]): string {
  if (format === "json") return JSON.stringify(metrics);
  return format === "prometheus" ? toPrometheus(metrics).trimEnd() : metricsTable(metrics);
}

const head = ["node", "type", "runtime", "calls", "errors", "frames out", "total ms", "p50 µs", "p95 µs", "p99 µs"];

/** A row for each node, and the sums. */
function metricsTable({ node_metrics, edges, total_duration_ms, peak_memory_mb }: Metrics): string {
  const dropped = edges.reduce((sum, edge) => sum + edge.dropped_aged + edge.dropped_full + edge.dropped_stale, 0);
  const sums = [`${total_duration_ms.toFixed(1)} ms in all`, `${peak_memory_mb.toFixed(0)} MiB of memory`, `${dropped} frames dropped`];
  return `${textTable([head, ...node_metrics.map(row)], [3, 4, 5, 6, 7, 8, 9])}\n${sums.join(", ")}`;
}

function row(node: NodeReport): readonly string[] {
  const { node_id, node_type, runtime, execution_count, error_count, frames_out, total_duration_us, p50_us, p95_us, p99_us } = node;
  const counts = [execution_count, error_count, frames_out].map(String);
  const times = [total_duration_us / 1000, p50_us, p95_us, p99_us].map((time, i) => time.toFixed(i === 0 ? 1 : 0));
  return [node_id, node_type, runtime, ...counts, ...times];
}
