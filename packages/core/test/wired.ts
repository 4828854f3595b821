import { type TestHost, testHost } from "@remotemedia/conformance";
import {
  type ManifestQueue,
  type NodeOptions,
  type NodeSpec,
  nodeFrom,
  Pipeline,
  type ShortForm,
  type VirtualClock,
} from "@remotemedia/core";
import { converters } from "./nodes.ts";

type Spec = NodeSpec<string, string, string>;

/** A graph as a test draws it. */
export interface Wiring {
  /** By id; what a manifest says beside the type stands after the node. */
  readonly nodes: Readonly<Record<string, Spec | ShortForm | readonly [node: Spec | ShortForm, options: NodeOptions]>>;
  /** `"a > b"`, `"a.out > b.in > c"`, or with the queue of each of its edges. */
  readonly wires?: readonly (string | readonly [wire: string, queue: ManifestQueue])[];
  readonly outputs?: readonly string[];
  readonly interruptOn?: readonly string[];
  readonly autoNegotiate?: boolean;
}

/** A pipeline of any shape, on a host with a virtual clock and the simplest converters. */
export function wired({ nodes, wires = [], outputs, interruptOn, autoNegotiate = true }: Wiring): {
  readonly pipeline: Pipeline;
  readonly host: TestHost<VirtualClock>;
  readonly clock: VirtualClock;
} {
  const entries = Object.entries(nodes).map(([id, given]) => {
    const [form, options] = Array.isArray(given) ? (given as [Spec | ShortForm, NodeOptions]) : [given as Spec | ShortForm, {}];
    const { definition, params } = "definition" in form ? form : nodeFrom(form);
    return { id, definition: { ...definition, type: id }, params, options };
  });
  const host = testHost({ nodes: [...entries, ...converters] });
  const manifest = {
    version: "v1",
    metadata: { name: "test", auto_negotiate: autoNegotiate },
    nodes: entries.map(({ id, params, options }) => ({ id, node_type: id, params, ...options })),
    connections: wires.flatMap(connectionsOf),
    ...(outputs !== undefined && { outputs }),
    ...(interruptOn !== undefined && { interrupt_on: interruptOn }),
  };
  return { pipeline: Pipeline.fromManifest(manifest, host), host, clock: host.clock };
}

function connectionsOf(given: string | readonly [string, ManifestQueue]) {
  const [wire, queue] = typeof given === "string" ? [given, undefined] : given;
  const ends = wire.split(">").map((end) => end.trim());
  return ends.slice(1).map((to, i) => ({ from: ends[i] as string, to, ...(queue !== undefined && { queue }) }));
}
