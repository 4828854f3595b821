/** How edges are bounded: what the manifest says, else what the design gives to batch, to live media and to answers. */
import type { Graph, GraphEdge, GraphNode } from "../graph/graph.ts";
import { toCamelCase } from "../node/params.ts";
import type { EdgeOptions } from "./edge.ts";

const batchQueueSize = 64;
const liveQueueSize = 32;
const queueBytes = 32 * 1024 ** 2;
const heldBytes = 256 * 1024 ** 2;
const liveMaxAgeMs = 500;

/** A tap sees what passes and never holds anything back. */
export const tapOptions: EdgeOptions = {
  size: liveQueueSize,
  bytes: queueBytes,
  policy: "tap",
  maxAgeMs: Number.POSITIVE_INFINITY,
  keepStale: true,
  merges: false,
};

/** The bounds of the edges of one graph. */
export class Wiring {
  readonly #inlets: ReadonlySet<string>;
  /** How many edges lead into each port. */
  readonly #meeting = new Map<string, number>();
  readonly #isLive: boolean;
  /** Nodes whose output is raw live media: from a live source, with no answering node between. */
  readonly #raw = new Set<string>();

  constructor(graph: Graph, mode: "batch" | "live") {
    this.#isLive = mode === "live";
    this.#inlets = new Set(graph.inlets.map(({ node }) => node));
    const behind = new Map<string, GraphEdge[]>();
    for (const edge of graph.edges) {
      this.#meeting.set(portOf(edge.to), (this.#meeting.get(portOf(edge.to)) ?? 0) + 1);
      const edges = behind.get(edge.to.node);
      if (edges === undefined) behind.set(edge.to.node, [edge]);
      else edges.push(edge);
    }
    if (this.#isLive) for (const node of graph.nodes) if (this.#isRaw(node, behind)) this.#raw.add(node.id);
  }

  /** An edge between two nodes. */
  between({ from, to, queue }: GraphEdge, consumer: GraphNode): EdgeOptions {
    const merges = !this.#isLive && (this.#meeting.get(portOf(to)) ?? 0) > 1;
    const options = this.#options(queue, this.#raw.has(from.node));
    const held = merges ? { size: queue.size ?? Number.POSITIVE_INFINITY, bytes: queue.bytes ?? heldBytes, merges } : {};
    return { ...options, ...held, keepStale: consumer.keepStale.has(to.port) };
  }

  /** An edge from outside: what users push into a live session is raw live media. */
  into(to: GraphEdge["to"], consumer: GraphNode): EdgeOptions {
    return { ...this.#options({}, this.#isLive), keepStale: consumer.keepStale.has(to.port) };
  }

  /** An edge to a reader outside. */
  outOf(producer: string): EdgeOptions {
    return this.#options({}, this.#raw.has(producer));
  }

  #options(queue: GraphEdge["queue"], isRaw: boolean): EdgeOptions {
    return {
      size: queue.size ?? (this.#isLive ? liveQueueSize : batchQueueSize),
      bytes: queue.bytes ?? queueBytes,
      policy: queue.policy ?? (isRaw ? "live" : "block"),
      maxAgeMs: queue.max_age_ms ?? (isRaw ? liveMaxAgeMs : Number.POSITIVE_INFINITY),
      keepStale: false,
      merges: false,
    };
  }

  /** Nodes come in topological order, so those before it are known. */
  #isRaw({ id, definition, params, inputs }: GraphNode, behind: ReadonlyMap<string, readonly GraphEdge[]>): boolean {
    if (definition.answers) return false;
    const isSource = Object.keys(inputs).length === 0;
    if (isSource) return definition.isLive(toCamelCase(params, definition.params) as never);
    return this.#inlets.has(id) || (behind.get(id) ?? []).some(({ from }) => this.#raw.has(from.node));
  }
}

const portOf = ({ node, port }: GraphEdge["to"]): string => `${node}.${port}`;
