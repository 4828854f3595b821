/** What a session tells of itself: JSON with every key of the earlier SDK's `get_metrics()`, and Prometheus text. */
import type { Edge } from "./edge.ts";
import type { Engine } from "./engine.ts";
import type { NodeRunner } from "./node-runner.ts";
import { runtimeOf } from "./runtime-choice.ts";

/** One node. Times are µs, exclusive of what ran downstream. */
export interface NodeReport {
  readonly node_id: string;
  readonly node_type: string;
  /** What was asked for: `runtime_hint`. */
  readonly runtime_hint: string;
  /** What ran it: `wasm` or `js` kernels, `cpython` … */
  readonly runtime: string;
  readonly runtime_reason: string;
  readonly execution_count: number;
  readonly success_count: number;
  readonly error_count: number;
  /** 0 to 1. */
  readonly success_rate: number;
  /** Estimated where `is_sampled`. */
  readonly total_duration_us: number;
  readonly avg_duration_us: number;
  readonly min_duration_us: number;
  readonly max_duration_us: number;
  readonly p50_us: number;
  readonly p95_us: number;
  readonly p99_us: number;
  /** Whether only some of the calls were timed. */
  readonly is_sampled: boolean;
  readonly frames_out: number;
  readonly retries: number;
  /** Frames that went around the node. */
  readonly skipped: number;
  /** Frames emitted after their call was over. */
  readonly late: number;
}

/** One edge. */
export interface EdgeReport {
  readonly edge: string;
  readonly frames: number;
  readonly queued: number;
  readonly peak_queued: number;
  readonly queued_bytes: number;
  /** Media that waits beyond what its consumer needs in real time, ms. */
  readonly debt_ms: number;
  /** Audio that an answer generated ahead, ms. */
  readonly buffered_ms: number;
  readonly dropped_stale: number;
  readonly dropped_full: number;
  readonly dropped_aged: number;
}

/** The whole session. */
export interface Metrics {
  readonly pipeline_id: string;
  readonly mode: "batch" | "live";
  readonly turn: number;
  /** Calls of all nodes. */
  readonly total_executions: number;
  /** Since the session was made. */
  readonly total_duration_us: number;
  readonly total_duration_ms: number;
  /** Of the process where the host can tell, else of the sample pool. */
  readonly peak_memory_bytes: number;
  readonly peak_memory_mb: number;
  /** Sample arrays: held now, at most, and made because none lay ready. */
  readonly pool: { readonly in_use: number; readonly in_use_bytes: number; readonly peak_bytes: number; readonly allocations: number };
  readonly node_metrics: readonly NodeReport[];
  readonly edges: readonly EdgeReport[];
  /** What taking times has cost, estimated. */
  readonly metrics_overhead_us: number;
}

/** The metrics of a running or closed session. */
export function reportOf(engine: Engine, memoryBytes: number | undefined, durationUs = engine.nowUs()): Metrics {
  const nodes = [...engine.runners, ...engine.converters].map(nodeReport);
  const peak = memoryBytes ?? engine.pool.peakBytes;
  const { inUse, inUseBytes, peakBytes, allocations } = engine.pool;
  return {
    pipeline_id: engine.graph.name,
    mode: engine.mode,
    turn: engine.turn,
    total_executions: nodes.reduce((sum, node) => sum + node.execution_count, 0),
    total_duration_us: durationUs,
    total_duration_ms: durationUs / 1000,
    peak_memory_bytes: peak,
    peak_memory_mb: peak / 1024 ** 2,
    pool: { in_use: inUse, in_use_bytes: inUseBytes, peak_bytes: peakBytes, allocations },
    node_metrics: nodes,
    edges: engine.edges.map(edgeReport),
    metrics_overhead_us: engine.runners.reduce((sum, { metrics }) => sum + metrics.timed, 0) * costOfTimingUs(),
  };
}

function nodeReport({ id, node, runtime, metrics, slots }: NodeRunner): NodeReport {
  const { calls, errors } = metrics;
  const ran = runtimeOf(node, runtime);
  return {
    node_id: id,
    node_type: node.definition.type,
    runtime_hint: node.runtimeHint,
    runtime: ran.runtime,
    runtime_reason: ran.reason,
    execution_count: calls,
    success_count: Math.max(calls - errors, 0),
    error_count: errors,
    success_rate: calls === 0 ? 1 : Math.max(calls - errors, 0) / calls,
    total_duration_us: metrics.totalUs,
    avg_duration_us: metrics.averageUs,
    min_duration_us: metrics.minUs,
    max_duration_us: metrics.maxUs,
    p50_us: metrics.quantileUs(0.5),
    p95_us: metrics.quantileUs(0.95),
    p99_us: metrics.quantileUs(0.99),
    is_sampled: metrics.isSampled,
    frames_out: slots.reduce((sum, slot) => sum + slot.frames, 0),
    retries: metrics.retries,
    skipped: metrics.skipped,
    late: metrics.late,
  };
}

function edgeReport({ name, frames, queue, peakDepth, drops }: Edge): EdgeReport {
  return {
    edge: name,
    frames,
    queued: queue.length,
    peak_queued: peakDepth,
    queued_bytes: queue.bytes,
    debt_ms: queue.debtUs / 1000,
    buffered_ms: queue.bufferedUs / 1000,
    dropped_stale: drops.stale,
    dropped_full: drops.full,
    dropped_aged: drops.aged,
  };
}

/** A timed call reads the clock twice, and twice more for what it emits. */
function costOfTimingUs(): number {
  const startMs = performance.now();
  for (let i = 0; i < 100; i++) performance.now();
  return ((performance.now() - startMs) * 1000 * 4) / 100;
}

/** Metrics in the Prometheus text format, version 0.0.4. */
export function toPrometheus(metrics: Metrics): string {
  const label = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  const pipeline = `pipeline="${label(metrics.pipeline_id)}"`;
  const lines: string[] = [];
  const family = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    samples: readonly (readonly [labels: string, value: number])[],
  ): void => {
    lines.push(`# HELP remotemedia_${name} ${help}`, `# TYPE remotemedia_${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`remotemedia_${name}{${pipeline}${labels}} ${value}`);
  };
  const perNode = (value: (node: NodeReport) => number) =>
    metrics.node_metrics.map((node) => [`,node="${label(node.node_id)}",type="${label(node.node_type)}"`, value(node)] as const);
  const perEdge = (value: (edge: EdgeReport) => number) =>
    metrics.edges.map((edge) => [`,edge="${label(edge.edge)}"`, value(edge)] as const);
  family(
    "node_calls_total",
    "counter",
    "Calls of process.",
    perNode((node) => node.execution_count),
  );
  family(
    "node_errors_total",
    "counter",
    "Calls that failed.",
    perNode((node) => node.error_count),
  );
  family(
    "node_frames_out_total",
    "counter",
    "Frames emitted.",
    perNode((node) => node.frames_out),
  );
  family(
    "node_seconds_total",
    "counter",
    "Time in process, estimated from a sample.",
    perNode((node) => node.total_duration_us / 1e6),
  );
  family(
    "node_call_seconds",
    "gauge",
    "Quantiles of the time of one call.",
    metrics.node_metrics.flatMap((node) =>
      (["p50", "p95", "p99"] as const).map(
        (p) => [`,node="${label(node.node_id)}",quantile="0.${p.slice(1)}"`, node[`${p}_us`] / 1e6] as const,
      ),
    ),
  );
  family(
    "edge_frames_total",
    "counter",
    "Frames given to an edge.",
    perEdge((edge) => edge.frames),
  );
  family(
    "edge_queued_frames",
    "gauge",
    "Frames that wait.",
    perEdge((edge) => edge.queued),
  );
  family(
    "edge_debt_seconds",
    "gauge",
    "Media that waits beyond real time.",
    perEdge((edge) => edge.debt_ms / 1000),
  );
  const drops = ["stale", "full", "aged"] as const;
  family(
    "edge_dropped_total",
    "counter",
    "Frames dropped.",
    metrics.edges.flatMap((edge) =>
      drops.map((reason) => [`,edge="${label(edge.edge)}",reason="${reason}"`, edge[`dropped_${reason}`]] as const),
    ),
  );
  family("pool_bytes", "gauge", "Sample memory held.", [["", metrics.pool.in_use_bytes]]);
  family("turn", "gauge", "Conversation turn.", [["", metrics.turn]]);
  return `${lines.join("\n")}\n`;
}
