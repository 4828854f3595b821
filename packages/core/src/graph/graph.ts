/** A validated graph: every name resolved, defaults filled in, nodes in the order in which data reach them. */

import type { JsonValue } from "../frame/frame.ts";
import type { OutputPort, Port } from "../frame/media.ts";
import type { NodeDefinition } from "../node/define-node.ts";
import type { ManifestOnError, ManifestQueue, RuntimeHint } from "./manifest.ts";

/** One end of a connection. */
export interface PortRef {
  readonly node: string;
  readonly port: string;
}

/** A node of the graph. */
export interface GraphNode {
  readonly id: string;
  readonly definition: NodeDefinition;
  /** snake_case, defaults filled in. */
  readonly params: { readonly [key: string]: JsonValue };
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, OutputPort>>;
  readonly keepStale: ReadonlySet<string>;
  readonly onError: ManifestOnError;
  readonly runtimeHint: RuntimeHint;
  /** `execution.fallback: none` */
  readonly failsWithoutRuntime: boolean;
}

/** A connection of the graph. */
export interface GraphEdge {
  readonly from: PortRef;
  readonly to: PortRef;
  readonly queue: ManifestQueue;
}

/** An event that raises the turn. */
export interface InterruptTrigger extends PortRef {
  readonly event: string;
}

/** The whole. */
export interface Graph {
  readonly name: string;
  readonly convertsAutomatically: boolean;
  /** In topological order, ties in the order of the manifest. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** What leaves the session, by the name under which it was asked for. */
  readonly outputs: ReadonlyMap<string, PortRef>;
  /** Nodes that want input and have no connection: they take what is pushed. */
  readonly inlets: readonly PortRef[];
  readonly interruptOn: readonly InterruptTrigger[];
}

/** The first declared port: the one that is meant when none is named. */
export const firstPort = (ports: Readonly<Record<string, unknown>>): string | undefined => Object.keys(ports)[0];

/** Sorts ids so that every edge leads forward (Kahn 1962), or gives the path of a cycle. */
export function topologicalOrder(
  ids: readonly string[],
  edges: readonly { readonly from: string; readonly to: string }[],
): { order: readonly string[] } | { cycle: readonly string[] } {
  const following = new Map<string, string[]>(ids.map((id) => [id, []]));
  const missing = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const { from, to } of edges) {
    following.get(from)?.push(to);
    missing.set(to, (missing.get(to) ?? 0) + 1);
  }
  const order = ids.filter((id) => missing.get(id) === 0);
  for (let i = 0; i < order.length; i++) {
    for (const next of following.get(order[i] as string) ?? []) {
      const left = (missing.get(next) as number) - 1;
      missing.set(next, left);
      if (left === 0) order.push(next);
    }
  }
  return order.length === ids.length
    ? { order }
    : { cycle: findCycle(new Set(ids.filter((id) => (missing.get(id) as number) > 0)), edges) };
}

/** Walks backwards among nodes that all wait for another one, so it must meet one again. */
function findCycle(waiting: ReadonlySet<string>, edges: readonly { readonly from: string; readonly to: string }[]): readonly string[] {
  const before = new Map(edges.filter(({ from, to }) => waiting.has(from) && waiting.has(to)).map(({ from, to }) => [to, from]));
  const path: string[] = [];
  let at = [...before.keys()][0] as string;
  while (!path.includes(at)) {
    path.push(at);
    at = before.get(at) as string;
  }
  return [...path.slice(path.indexOf(at)), at].reverse();
}
