/** What a pipeline would do: negotiated formats, inserted converters, chosen runtimes, delays. */
import type { Fault } from "../errors.ts";
import type { JsonValue } from "../frame/frame.ts";
import { describeConstraint } from "../frame/media.ts";
import type { Graph } from "../graph/graph.ts";
import { Engine } from "./engine.ts";
import type { Host } from "./host.ts";
import { type LatencyReport, latencyOf } from "./latency.ts";
import { runtimeOf } from "./runtime-choice.ts";

/** A node as it would run. */
export interface ExplainedNode {
  readonly id: string;
  readonly type: string;
  /** What was asked for, and what would run it. */
  readonly runtimeHint: string;
  readonly runtime: string;
  readonly runtimeReason: string;
  readonly params: { readonly [key: string]: JsonValue };
}

/** An edge as it would carry frames. */
export interface ExplainedEdge {
  readonly edge: string;
  /** What leaves the producer; undefined where it is known only with the first frame. */
  readonly format?: string;
  /** Nodes that negotiation puts on the edge. */
  readonly converters: readonly Pick<ExplainedNode, "type" | "params" | "runtime">[];
  readonly queue: { readonly size: number; readonly policy: string };
}

/** The whole. */
export interface Explanation {
  readonly name: string;
  readonly nodes: readonly ExplainedNode[];
  readonly edges: readonly ExplainedEdge[];
  readonly outputs: readonly string[];
  readonly latency: LatencyReport;
  readonly warnings: readonly Fault[];
}

/** Negotiates and tells; nothing is started but converters, which only compute. */
export async function explain(graph: Graph, host: Host, mode: "batch" | "live", warnings: readonly Fault[]): Promise<Explanation> {
  const engine = new Engine(graph, host, mode, {});
  try {
    await engine.plan();
    for (const runner of engine.runners) engine.chooseRuntime(runner);
    return {
      name: graph.name,
      nodes: engine.runners.map(({ id, node, runtime, params }) => ({
        id,
        type: node.definition.type,
        runtimeHint: node.runtimeHint,
        runtime: runtimeOf(node, runtime).runtime,
        runtimeReason: runtimeOf(node, runtime).reason,
        params,
      })),
      edges: engine.edges.map((edge) => ({
        edge: edge.name,
        ...(edge.format !== undefined && { format: describeConstraint(edge.format) }),
        converters: (edge.converters?.runners ?? []).map(({ node, params, runtime }) => ({ type: node.definition.type, params, runtime })),
        queue: { size: edge.options.size, policy: edge.options.policy },
      })),
      outputs: [...graph.outputs.keys()],
      latency: latencyOf(engine),
      warnings,
    };
  } finally {
    await engine.close();
  }
}
