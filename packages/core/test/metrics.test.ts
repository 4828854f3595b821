import { audio, defineNode, type Frame, sameAs, toPrometheus } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { sounds } from "./nodes.ts";
import { wired } from "./wired.ts";

const pass = (frame: Frame): Frame => frame;
const delay = (latencyUs: number) =>
  defineNode({
    type: "delay",
    inputs: { in: audio() },
    outputs: { out: sameAs("in") },
    latencyUs,
    create: () => ({ process: (frame, _port, out) => out.emit("out", frame) }),
  })();

describe("Metrics", () => {
  it("have every key that the earlier SDK documented, and ours", async () => {
    const { metrics } = await wired({ nodes: { a: pass, b: pass }, wires: ["a > b"] }).pipeline.run(sounds(100));
    expect(metrics).toMatchObject({ pipeline_id: "test", mode: "batch", turn: 1, total_executions: 200 });
    for (const key of ["total_duration_us", "total_duration_ms", "peak_memory_bytes", "peak_memory_mb", "metrics_overhead_us"] as const)
      expect(metrics[key]).toBeTypeOf("number");
    const node = metrics.node_metrics.find(({ node_id }) => node_id === "a");
    expect(node).toMatchObject({
      node_type: "a",
      runtime: "js",
      execution_count: 100,
      success_count: 100,
      error_count: 0,
      success_rate: 1,
      is_sampled: true,
      frames_out: 100,
      retries: 0,
      skipped: 0,
      late: 0,
    });
    for (const key of ["total_duration_us", "avg_duration_us", "min_duration_us", "max_duration_us", "p50_us", "p95_us", "p99_us"] as const)
      expect(node?.[key]).toBeGreaterThanOrEqual(0);
    expect(node?.p50_us).toBeLessThanOrEqual(node?.p99_us as number);
    expect(Object.fromEntries(metrics.edges.map(({ edge, frames, queued }) => [edge, [frames, queued]]))).toEqual({
      "input.out → a.in": [100, 0],
      "a.out → b.in": [100, 0],
      "b.out → b.output": [100, 0],
    });
  });

  it("are Prometheus text that its parsers read", async () => {
    const { metrics } = await wired({ nodes: { 'a"\\\n': pass } }).pipeline.run("x");
    const text = toPrometheus(metrics);
    const sample =
      /^[a-zA-Z_:][\w:]*(\{[a-zA-Z_]\w*="(\\[\\"n]|[^\\"\n])*"(,[a-zA-Z_]\w*="(\\[\\"n]|[^\\"\n])*")*\})? -?(\d+(\.\d+)?(e[+-]?\d+)?|NaN|[+-]Inf)$/;
    const lines = text.split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.filter((line) => !/^# (HELP|TYPE) remotemedia_\w+ .+$/.test(line) && !sample.test(line))).toEqual([]);
    const families = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]);
    expect(new Set(families).size).toBe(families.length);
    const series = lines.filter((line) => !line.startsWith("#")).map((line) => line.replace(/ \S+$/, ""));
    expect(new Set(series).size).toBe(series.length);
  });
});

describe("Latency", () => {
  it("is that of the slowest way to each end", async () => {
    const { pipeline } = wired({
      nodes: { a: pass, quick: delay(1_000), slow: delay(5_000), end: delay(10), other: delay(7) },
      wires: ["a > quick > end", "a > slow > end", "a > other"],
    });
    const session = await pipeline.open();
    const { latencyUs, paths } = session.latency();
    expect(latencyUs).toBe(5_010);
    expect(paths.map(({ path, latencyUs }) => [path.slice(-3), latencyUs])).toEqual(
      expect.arrayContaining([[["a", "slow", "end"], 5_010]]),
    );
    expect(paths.map(({ latencyUs }) => latencyUs).sort()).toEqual([5_010, 7].sort());
    await session.close();
  });
});
