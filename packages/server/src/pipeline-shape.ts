import type { Host, Manifest } from "@remotemedia/core";

/** A pipeline as a picture needs it; parameters stay here, they may name what nobody shall know. */
export interface PipelineShape {
  readonly name: string;
  /** `answers`: what the node emits answers the user, so that this is an agent. */
  readonly nodes: readonly { readonly id: string; readonly node_type: string; readonly answers?: true }[];
  readonly connections: readonly { readonly from: string; readonly to: string }[];
}

/** The shape of a manifest that a session of the host can run. */
export function shapeOf({ metadata, nodes, connections = [] }: Manifest, { registry }: Host): PipelineShape {
  return {
    name: metadata?.name ?? "",
    nodes: nodes.map(({ id, node_type }) => ({ id, node_type, ...(registry.find(node_type)?.answers && { answers: true }) })),
    connections: connections.map(({ from, to }) => ({ from, to })),
  };
}
