/** Joins a pipeline to a link, in its manifest: every open beginning is fed by the link, everything that leaves goes to it. */
import { errors, type FrameKind, type Graph, type Host, type Manifest, type Port, type PortRef, validateManifest } from "@remotemedia/core";
import { arriving, withLinkNodes } from "./link-nodes.ts";

const sourceTypes = ["link-source", "WebRTCSource"];
const sinkTypes = ["link-sink", "WebRTCSink"];

/**
 * The manifest that a session of a link runs. Ends that it names itself (`link-source`, `link-sink`, or `WebRTCSource`, `WebRTCSink` of the
 * earlier SDK) are left as they are.
 *
 * @throws `manifest-invalid` and its kin with all faults; `usage` when nothing can go in or come out.
 */
export function wireManifest(manifest: Manifest, host: Host): Manifest {
  const graph = graphOf(manifest, host);
  const types = new Set(manifest.nodes.map(({ node_type }) => node_type));
  const [namesSource, namesSink] = [sourceTypes, sinkTypes].map((names) => names.some((name) => types.has(name)));
  const [source, sink] = ["link-source", "link-sink"].map((type) => freeId(type, manifest)) as [string, string];
  const feeds = namesSource ? [] : graph.inlets.flatMap((to) => feedsOf(to, graph, source));
  const leaves = namesSink ? [] : [...graph.outputs.values()].map(({ node, port }) => ({ from: `${node}.${port}`, to: sink }));
  if (!namesSource && feeds.length === 0 && leaves.length === 0) throw nothingToServe(graph.name);
  return {
    ...manifest,
    nodes: [
      ...(feeds.length > 0 ? [{ id: source, node_type: "link-source" }] : []),
      ...manifest.nodes.map(({ is_output_node, ...node }) => node),
      ...(leaves.length > 0 ? [{ id: sink, node_type: "link-sink" }] : []),
    ],
    connections: [...feeds, ...(manifest.connections ?? []), ...leaves],
    outputs: [],
  } as unknown as Manifest;
}

function graphOf(manifest: Manifest, host: Host): Graph {
  const { graph, faults } = validateManifest(manifest, withLinkNodes(host).host.registry);
  if (graph !== undefined) return graph;
  const [only, ...others] = faults;
  const message = only !== undefined && others.length === 0 ? only.message : `the manifest has ${faults.length} faults`;
  throw errors.manifestInvalid({ message, faults });
}

function feedsOf({ node, port }: PortRef, graph: Graph, source: string): readonly { from: string; to: string }[] {
  const accepted = graph.nodes.find(({ id }) => id === node)?.inputs[port];
  return Object.entries(arriving)
    .filter(([, { kind }]) => accepted !== undefined && accepts(accepted, kind))
    .map(([name]) => ({ from: `${source}.${name}`, to: `${node}.${port}` }));
}

const accepts = (port: Port, kind: FrameKind): boolean =>
  (Array.isArray(port) ? port : [port]).some((one: { readonly kind: string }) => one.kind === "any" || one.kind === kind);

function freeId(name: string, { nodes }: Manifest): string {
  const taken = new Set(nodes.map(({ id }) => id));
  let id = name;
  for (let n = 2; taken.has(id); n++) id = `${name}_${n}`;
  return id;
}

const nothingToServe = (name: string) =>
  errors.usage({
    message: `nothing goes into the pipeline "${name}" and nothing comes out`,
    fix: "Leave an input unconnected for what the visitor sends, or an output for what the visitor gets.",
  });
