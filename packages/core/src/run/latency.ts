/** The delay of a graph: what its nodes declare, summed along paths. */
import { toCamelCase } from "../node/params.ts";
import type { Engine } from "./engine.ts";
import type { NodeRunner } from "./node-runner.ts";

/** One end of the graph and the slowest way to it. */
export interface PathLatency {
  /** Ids, from a source to the end. */
  readonly path: readonly string[];
  readonly latencyUs: number;
}

/** The delay of every end of a graph. */
export interface LatencyReport {
  /** The slowest of all. */
  readonly latencyUs: number;
  readonly paths: readonly PathLatency[];
}

/** Nodes are in topological order, so one pass finds the slowest way to each. */
export function latencyOf(engine: Engine): LatencyReport {
  const ways = new Map<string, PathLatency>();
  for (const runner of engine.runners) {
    const arrivals = engine.edges
      .filter((edge) => edge.consumer === runner)
      .map((edge) => ({ before: ways.get(edge.producerId), convertersUs: sum(edge.converters?.runners ?? []) }));
    const slowest = arrivals
      .map(({ before, convertersUs }) => ({ path: before?.path ?? [], latencyUs: (before?.latencyUs ?? 0) + convertersUs }))
      .sort((a, b) => b.latencyUs - a.latencyUs)[0];
    ways.set(runner.id, { path: [...(slowest?.path ?? []), runner.id], latencyUs: (slowest?.latencyUs ?? 0) + ownLatencyUs(runner) });
  }
  const isEnd = (id: string): boolean =>
    !engine.edges.some((edge) => edge.producerId === id && engine.runners.some((runner) => runner === edge.consumer));
  const paths = [...ways].filter(([id]) => isEnd(id)).map(([, way]) => way);
  return { latencyUs: Math.max(0, ...paths.map(({ latencyUs }) => latencyUs)), paths };
}

const sum = (runners: readonly NodeRunner[]): number => runners.reduce((total, runner) => total + ownLatencyUs(runner), 0);

function ownLatencyUs({ node }: NodeRunner): number {
  return node.definition.latencyUsFor(toCamelCase(node.params, node.definition.params) as never);
}
