import { errors, type JsonValue, type Manifest, type NodeDefinition, nearest } from "@remotemedia/core";
import { nodejsHost } from "../nodejs-host.ts";

type DraftNode = { id: string; node_type: string; params?: Record<string, JsonValue> | null; is_output_node?: boolean };
type DraftManifest = { nodes: DraftNode[]; connections: { from: string; to: string }[]; outputs?: string[] };

const readers = ["file-source", "pcm-source"];
const writers = ["file-sink", "pcm-sink"];

/** A manifest that the command line is still completing: files on its open ends, parameters. */
export class Draft {
  readonly manifest: Manifest;
  readonly #draft: DraftManifest;
  readonly #ids: Set<string>;

  constructor(manifest: Manifest) {
    this.manifest = structuredClone(manifest);
    this.#draft = this.manifest as unknown as DraftManifest;
    this.#draft.connections ??= [];
    this.#ids = new Set(this.#draft.nodes.map(({ id }) => id));
  }

  /** Whether it can be completed at all; if not, validation says why. */
  static canHold(manifest: Manifest): boolean {
    const { nodes, connections } = (manifest ?? {}) as { nodes?: unknown; connections?: unknown };
    const areNodes = Array.isArray(nodes) && nodes.every((node) => typeof node?.id === "string" && typeof node?.node_type === "string");
    return (
      areNodes &&
      (Array.isArray(connections) ? connections : []).every((one) => typeof one?.from === "string" && typeof one?.to === "string")
    );
  }

  /** Sources that wait for a path. */
  get unboundSources(): readonly string[] {
    return this.#withoutPath(readers);
  }

  /** Sinks that wait for a path. */
  get unboundSinks(): readonly string[] {
    return this.#withoutPath(writers);
  }

  /** Nodes that want input and that nothing leads into. */
  get openInputs(): readonly string[] {
    const { nodes, connections } = this.#draft;
    const fed = new Set(connections.map(({ to }) => this.idOf(to)));
    return nodes.filter(({ id, node_type }) => !fed.has(id) && this.#ports(node_type, "inputs").length > 0).map(({ id }) => id);
  }

  /** Whether a node may take audio on its first input: what is not known may be so. */
  takesAudio(id: string): boolean {
    const type = this.#draft.nodes.find((node) => node.id === id)?.node_type ?? "";
    const [port] = Object.values(nodejsHost.registry.find(type)?.inputs ?? {});
    return port === undefined || mayBeAudio(port);
  }

  /** Whether audio may leave through an end: what is not known may be so. */
  givesAudio(end: string): boolean {
    const id = this.idOf(end);
    const type = this.#draft.nodes.find((node) => node.id === id)?.node_type ?? "";
    const outputs = nodejsHost.registry.find(type)?.outputs ?? {};
    const port = end === id ? Object.values(outputs)[0] : outputs[end.slice((id ?? "").length + 1)];
    return port === undefined || mayBeAudio(port);
  }

  /** What leaves the session: what the manifest names, or the nodes that nothing follows. */
  get openOutputs(): readonly string[] {
    const { nodes, connections, outputs } = this.#draft;
    const named = [...(outputs ?? []), ...nodes.filter((node) => node.is_output_node === true).map(({ id }) => id)];
    if (outputs !== undefined) return named;
    const followed = new Set(connections.map(({ from }) => this.idOf(from)));
    const last = nodes.filter(({ id, node_type }) => !followed.has(id) && this.#ports(node_type, "outputs").length > 0);
    return [...new Set([...named, ...last.map(({ id }) => id)])];
  }

  /** Everything is written or printed by nodes of the command line from now on. */
  closeOutputs(): void {
    this.#draft.outputs = [];
    for (const node of this.#draft.nodes) delete node.is_output_node;
  }

  /**
   * Without its type nobody knows whether a node wants input.
   *
   * @throws `node-unknown` for the first type that is not registered.
   */
  requireTypes(): void {
    for (const { node_type } of this.#draft.nodes) nodejsHost.registry.get(node_type);
  }

  /** The node that an end of a connection names; undefined if there is none. */
  idOf(end: string): string | undefined {
    const ids = this.#draft.nodes.map(({ id }) => id);
    return ids.find((id) => id === end) ?? ids.find((id) => end.startsWith(`${id}.`));
  }

  /** The type of a node that reads or writes a file by itself. */
  fileNode(id: string): string | undefined {
    const type = this.#draft.nodes.find((node) => node.id === id)?.node_type;
    return type !== undefined && [...readers, ...writers].includes(type) ? type : undefined;
  }

  /**
   * Sets parameters of a node.
   *
   * @throws `usage` when there is no such node.
   */
  configure(id: string, params: Readonly<Record<string, JsonValue>>): void {
    const node = this.#draft.nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw this.unknown(id);
    node.params = { ...node.params, ...params };
  }

  /** Puts a source before open inputs. */
  feed(targets: readonly string[], node_type: string, params: Record<string, JsonValue>): void {
    const id = this.add(node_type, params);
    for (const to of targets) this.#draft.connections.push({ from: id, to });
  }

  /** Puts a sink behind an output. */
  drain(from: string, node_type: string, params: Record<string, JsonValue>): void {
    this.#draft.connections.push({ from, to: this.add(node_type, params) });
  }

  /** Adds a node under an id that is free. */
  add(node_type: string, params: Record<string, JsonValue>): string {
    const id = this.freeId(node_type);
    this.#draft.nodes.push({ id, node_type, params });
    return id;
  }

  /** The name, or with a number behind it where it is taken; it is taken from then on. */
  freeId(name: string): string {
    let id = name;
    for (let n = 2; this.#ids.has(id); n++) id = `${name}_${n}`;
    this.#ids.add(id);
    return id;
  }

  /** The error for a node that there is not. */
  unknown(name: string) {
    const ids = this.#draft.nodes.map(({ id }) => id);
    const near = nearest(name, ids);
    const fix = near === undefined ? `One of: ${ids.join(", ")}.` : `Did you mean "${near}"?`;
    return errors.usage({ message: `no node has the id "${name}"`, fix });
  }

  #withoutPath(types: readonly string[]): readonly string[] {
    return this.#draft.nodes.filter((node) => types.includes(node.node_type) && node.params?.path === undefined).map(({ id }) => id);
  }

  #ports(node_type: string, side: "inputs" | "outputs"): readonly string[] {
    return Object.keys(nodejsHost.registry.find(node_type)?.[side] ?? {});
  }
}

function mayBeAudio(port: NodeDefinition["outputs"][string]): boolean {
  if ("sameAs" in port) return true;
  return [port].flat().some((one) => "sameAs" in one || one.kind === "audio" || one.kind === "any");
}
