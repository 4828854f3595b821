/** Authoring: the graph as users write it, and the three ways to run it. */

import { errors, type Fault } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { NodeDefinition, NodeSpec } from "../node/define-node.ts";
import type { NodeExecutor } from "../node/node.ts";
import { type RunResult, runBatch, type StreamOptions, streamBatch } from "../run/batch.ts";
import type { Input } from "../run/entry.ts";
import { type Explanation, explain } from "../run/explain.ts";
import type { Host } from "../run/host.ts";
import type { Metrics } from "../run/metrics.ts";
import type { RunOptions } from "../run/run-options.ts";
import { Session } from "../run/session.ts";
import { firstPort, type Graph } from "./graph.ts";
import { uniqueId } from "./launch-line.ts";
import type { Manifest, ManifestConnection, ManifestNode, ManifestQueue } from "./manifest.ts";
import { parseManifest } from "./parse.ts";
import { type FrameFunction, type NodeClass, nodeFrom, type ShortForm, type StreamFunction } from "./short-forms.ts";
import { graphOf } from "./validate.ts";

/** The nodes of a pipeline by id, as its type knows them. */
export type NodeMap = Readonly<Record<string, NodeSpec>>;

/** An output of a node in a pipeline, as `connect` takes it. */
export interface OutputRef {
  readonly output: string;
}

/** An input of a node in a pipeline, as `connect` takes it. */
export interface InputRef {
  readonly input: string;
}

/** A node of a pipeline, whose ports the compiler knows. */
export interface NodeHandle<In extends string, Out extends string> {
  /** An output; without a name the first. */
  out(port?: Out): OutputRef;
  /** An input; without a name the first. */
  in(port?: In): InputRef;
}

type HandleOf<S> = S extends NodeSpec<string, infer In, infer Out> ? NodeHandle<In, Out> : never;

/** What a manifest says of a node beyond its type and parameters. */
export type NodeOptions = Omit<ManifestNode, "id" | "node_type" | "params">;

/**
 * A pipeline: nodes, connections, and what runs them. `add` chains nodes; each follows the one before.
 *
 * @example
 * const pipeline = new Pipeline("clean").add(fileSource({ path: "in.wav" })).add(resample({ sampleRate: 16_000 })).add(fileSink({ path: "out.wav" }));
 * const { metrics } = await pipeline.run();
 */
export class Pipeline<Nodes extends NodeMap = Record<never, never>> {
  readonly name: string;
  readonly #host: Host;
  #manifest: Manifest;
  readonly #inline = new Map<string, NodeDefinition>();
  readonly #numbers = new Map<string, number>();
  #tail: string | undefined;
  #resolved: (ReturnType<typeof graphOf> & { readonly version: string }) | undefined;

  constructor(name: string, host: Host) {
    this.name = name;
    this.#host = host;
    this.#manifest = { version: "v1", metadata: { name }, nodes: [] as never, connections: [] };
  }

  /**
   * A pipeline from a manifest: JSON text, a launch line, or the parsed value.
   *
   * @throws `manifest-invalid` when it cannot be read; its faults are told when it runs, or by `validateManifest`.
   */
  static fromManifest(source: string | object, host: Host): Pipeline {
    const { manifest } = parseManifest(source);
    const pipeline = new this(manifest?.metadata?.name ?? "", host);
    pipeline.#manifest = structuredClone(manifest);
    return pipeline;
  }

  /**
   * Adds a node and connects it to the one before, first port to first port; a source starts a new chain.
   *
   * @param id default: the type, with a number where it is taken
   * @param options what the manifest can say of a node: `on_error`, `runtime_hint`, `inputs` …
   * @throws `usage` when the id is taken, or the node before is a sink.
   */
  add<const Type extends string, In extends string, Out extends string, const Id extends string = Type>(
    node: NodeSpec<Type, In, Out>,
    id?: Id,
    options?: NodeOptions,
  ): Pipeline<Nodes & { readonly [K in Id]: NodeSpec<Type, In, Out> }>;
  add<const Id extends string = string>(
    form: ShortForm,
    id?: Id,
    options?: NodeOptions,
  ): Pipeline<Nodes & { readonly [K in Id]: NodeSpec<string, "in", "out"> }>;
  add(node: NodeSpec | ShortForm, id?: string, options: NodeOptions = {}): Pipeline<never> {
    if (typeof node === "function" && "definition" in node)
      throw errors.usage({ message: `"${(node.definition as NodeDefinition).type}" makes nodes and is none`, fix: "Call it: add(vad())." });
    const spec = isSpec(node) ? node : nodeFrom(node);
    const name = id ?? uniqueId(spec.type, (candidate) => this.#has(candidate), this.#numbers);
    if (this.#has(name)) throw errors.usage({ message: `the id "${name}" is taken`, fix: "Give each node an id of its own." });
    const isKnown = this.#host.registry.find(spec.type) === spec.definition;
    if (!isKnown) this.#inline.set(name, spec.definition);
    this.#manifest.nodes.push({
      id: name,
      node_type: spec.type,
      ...(Object.keys(spec.params).length > 0 && { params: spec.params }),
      ...options,
    } as never);
    if (this.#tail !== undefined && firstPort(spec.definition.inputs) !== undefined) this.#follow(this.#tail, name);
    this.#tail = name;
    return this as never;
  }

  /** Adds a function, a generator, an async generator over the whole stream, or a class with `process`. */
  map<const Id extends string = "map">(
    form: FrameFunction,
    id?: Id,
  ): Pipeline<Nodes & { readonly [K in Id]: NodeSpec<string, "in", "out"> }>;
  map<const Id extends string = "map">(
    form: StreamFunction,
    id?: Id,
  ): Pipeline<Nodes & { readonly [K in Id]: NodeSpec<string, "in", "out"> }>;
  map<const Id extends string = "map">(
    form: NodeClass | NodeExecutor,
    id?: Id,
  ): Pipeline<Nodes & { readonly [K in Id]: NodeSpec<string, "in", "out"> }>;
  map(form: ShortForm, id?: string): Pipeline<never> {
    return this.add(form, id ?? uniqueId("map", (candidate) => this.#has(candidate), this.#numbers)) as never;
  }

  /**
   * Builds a side branch; the main chain then goes on where it was.
   *
   * @param from where it begins; default: the first output of the last node
   * @example pipeline.add(vad()).branch("vad.events", (branch) => branch.add(fileSink({ path: "events.jsonl" }))).add(level())
   */
  branch(build: (branch: Pipeline<Nodes>) => unknown): this;
  branch(from: string | OutputRef, build: (branch: Pipeline<Nodes>) => unknown): this;
  branch(first: string | OutputRef | ((branch: Pipeline<Nodes>) => unknown), second?: (branch: Pipeline<Nodes>) => unknown): this {
    const [from, build] = typeof first === "function" ? [this.#tail, first] : [typeof first === "string" ? first : first.output, second];
    const tail = this.#tail;
    this.#tail = from;
    build?.(this);
    this.#tail = tail;
    return this;
  }

  /** A node of this pipeline, to name its ports. */
  node<const Id extends keyof Nodes & string>(id: Id): HandleOf<Nodes[Id]> {
    const end = (port: string | undefined): string => (port === undefined ? id : `${id}.${port}`);
    return { out: (port?: string) => ({ output: end(port) }), in: (port?: string) => ({ input: end(port) }) } as HandleOf<Nodes[Id]>;
  }

  /**
   * Connects an output with an input: handles, which the compiler checks, or `"id"` and `"id.port"`.
   *
   * @example pipeline.connect(pipeline.node("vad").out("events"), pipeline.node("log").in())
   */
  connect(from: OutputRef | string, to: InputRef | string, queue?: ManifestQueue): this {
    const connection: ManifestConnection = {
      from: typeof from === "string" ? from : from.output,
      to: typeof to === "string" ? to : to.input,
      ...(queue !== undefined && { queue }),
    };
    this.#connections.push(connection);
    return this;
  }

  /** Names what leaves the session; default: the nodes that nothing follows. */
  outputs(...names: readonly (string | OutputRef)[]): this {
    this.#manifest = { ...this.#manifest, outputs: names.map((name) => (typeof name === "string" ? name : name.output)) };
    return this;
  }

  /** Names events that raise the turn. @example pipeline.interruptOn("vad.events:speech-started") */
  interruptOn(...triggers: readonly string[]): this {
    this.#manifest = { ...this.#manifest, interrupt_on: [...(this.#manifest.interrupt_on ?? []), ...triggers] };
    return this;
  }

  /**
   * The pipeline as data; reading it again gives the same pipeline.
   *
   * @throws `not-serializable` naming the nodes that exist only in this process.
   */
  toManifest(): Manifest {
    const inline = [...this.#inline].filter(([, definition]) => !definition.isSerializable);
    if (inline.length === 0) return structuredClone(this.#manifest);
    const names = inline.map(([id]) => `"${id}"`).join(", ");
    throw errors.notSerializable({
      node: inline[0]?.[0],
      message: `${names} ${inline.length > 1 ? "are" : "is"} written in place and cannot travel`,
    });
  }

  /**
   * What is worth a look, without running anything.
   *
   * @throws `manifest-invalid` with all faults, if there are any
   */
  warnings(): readonly Fault[] {
    return this.#resolve().warnings;
  }

  /**
   * Works through sources, or through the input, to the end, and collects what leaves.
   *
   * @param input one value or a list; for nodes that want input and have no connection
   * @throws the error of the node that failed, and everything that `open` throws
   */
  async run(input?: Input, options: RunOptions = {}): Promise<RunResult> {
    return runBatch(this.#graph(), this.#host, input, options);
  }

  /** As `run`, but gives the frames of the outputs one by one, in the order in which they leave; nothing runs ahead of its reader by more than a queue. What it returns when it is over are the metrics. */
  stream(input?: Input, options: StreamOptions = {}): AsyncIterableIterator<Frame, Metrics> {
    return streamBatch(this.#graph(), this.#host, input, options);
  }

  /**
   * Starts a live session.
   *
   * @throws `manifest-invalid`, `media-incompatible`, `grant-missing`, `host-unsupported`, `start-failed`
   */
  async open(options: RunOptions = {}): Promise<Session> {
    return Session.open(this.#graph(), this.#host, options);
  }

  /** Formats, converters, runtimes and delays, as they would be, without starting anything. */
  async explain(mode: "batch" | "live" = "batch"): Promise<Explanation> {
    const { graph, warnings } = this.#resolve();
    return explain(graph, this.#host, mode, warnings);
  }

  get #connections(): ManifestConnection[] {
    this.#manifest.connections ??= [];
    return this.#manifest.connections;
  }

  #has(id: string): boolean {
    return this.#manifest.nodes.some((node) => node.id === id);
  }

  #follow(tail: string, id: string): void {
    const node = this.#manifest.nodes.find((candidate) => candidate.id === tail) as ManifestNode | undefined;
    const definition = node === undefined ? undefined : (this.#inline.get(tail) ?? this.#host.registry.find(node.node_type));
    if (definition !== undefined && firstPort(definition.outputs) === undefined)
      throw errors.usage({
        node: tail,
        message: `"${tail}" is a sink: nothing can follow it`,
        fix: "Add the node before it, or use branch.",
      });
    this.#connections.push({ from: tail, to: id });
  }

  #graph(): Graph {
    const { graph, warnings } = this.#resolve();
    for (const { pointer, message } of warnings) this.#host.log.warn(`${pointer}: ${message}`);
    return graph;
  }

  /** The graph, worked out once for what the manifest says now. */
  #resolve(): ReturnType<typeof graphOf> {
    const { registry } = this.#host;
    const version = JSON.stringify(this.#manifest);
    if (this.#resolved?.version === version) return this.#resolved;
    const resolved = graphOf(
      this.#manifest,
      (id, type) => this.#inline.get(id) ?? registry.find(type),
      [...registry].map(({ type }) => type),
    );
    this.#resolved = { ...resolved, version };
    return resolved;
  }
}

const isSpec = (node: NodeSpec | ShortForm): node is NodeSpec => typeof node === "object" && "definition" in node && "params" in node;
