/** All faults of a manifest at once, each with its JSON pointer and what was probably meant; and the graph, if there is none. */

import { type ErrorCode, errorOfCode, errors, type Fault, type RemoteMediaError } from "../errors.ts";
import type { JsonValue } from "../frame/frame.ts";
import { alternativesOf, describePort, type MediaConstraint, type OutputPort, type Port } from "../frame/media.ts";
import { nearest } from "../nearest.ts";
import type { NodeDefinition } from "../node/define-node.ts";
import { applyDefaults, toCamelCase, validateAgainst } from "../node/params.ts";
import type { Registry } from "../node/registry.ts";
import { firstPort, type Graph, type GraphEdge, type GraphNode, type InterruptTrigger, type PortRef, topologicalOrder } from "./graph.ts";
import { type Manifest, type ManifestConnection, type ManifestNode, manifestSchema } from "./manifest.ts";

/** What validation found. */
export interface Validation {
  /** Each of them keeps the pipeline from running. */
  readonly faults: readonly Fault[];
  /** Worth a look; the pipeline runs. */
  readonly warnings: readonly Fault[];
  /** The graph, if there are no faults. */
  readonly graph?: Graph;
}

/** The node behind an id of a manifest: one that was written in place, or one that the registry has under the type. */
type FindNode = (id: string, type: string) => NodeDefinition | undefined;

/** Validates against a host's nodes. Never throws for what the manifest says. */
export function validateManifest(manifest: unknown, registry: Registry): Validation {
  return new ManifestCheck(
    manifest as Manifest,
    (_, type) => registry.find(type),
    [...registry].map(({ type }) => type),
  ).run();
}

/**
 * The graph of a manifest.
 *
 * @throws `manifest-invalid` with all faults.
 */
export function graphOf(manifest: Manifest, find: FindNode, knownTypes: readonly string[]): { graph: Graph; warnings: readonly Fault[] } {
  const { faults, warnings, graph } = new ManifestCheck(manifest, find, knownTypes).run();
  if (graph === undefined) {
    throw errorOf(faults, manifest);
  }
  return { graph, warnings };
}

/** A single fault keeps its own code, node and advice, so that callers can tell a cycle from a typing error. */
function errorOf(faults: readonly Fault[], manifest: Manifest): RemoteMediaError {
  const [fault] = faults;
  if (fault === undefined || faults.length > 1)
    return errors.manifestInvalid({ message: `the manifest has ${faults.length} faults`, faults });
  const index = /^\/nodes\/(\d+)\//.exec(fault.pointer)?.[1];
  const node = index === undefined ? undefined : manifest.nodes[Number(index)]?.id;
  return errorOfCode(fault.code, { message: fault.message, node, fix: fault.fix, faults });
}

class ManifestCheck {
  readonly #manifest: Manifest;
  readonly #find: FindNode;
  readonly #types: readonly string[];
  readonly #faults: Fault[] = [];
  readonly #warnings: Fault[] = [];
  readonly #nodes = new Map<string, GraphNode>();
  readonly #edges: GraphEdge[] = [];
  // Manifests come from anywhere and may be large: nothing here may grow with the square of it.
  readonly #declared = new Set<string>();
  readonly #wires = new Set<string>();
  readonly #withOutput = new Set<string>();
  readonly #withInput = new Set<string>();

  constructor(manifest: Manifest, find: FindNode, types: readonly string[]) {
    this.#manifest = manifest;
    this.#find = find;
    this.#types = types;
  }

  run(): Validation {
    if (this.#checkShape()) {
      for (const { id } of this.#manifest.nodes) if (typeof id === "string") this.#declared.add(id);
      this.#manifest.nodes.forEach((node, i) => this.#checkNode(node, `/nodes/${i}`));
      this.#connections.forEach((_, i) => this.#checkConnection(i));
      const order = this.#checkCycle();
      const outputs = this.#checkOutputs();
      const interruptOn = this.#checkTriggers();
      this.#warnUnreachable(outputs);
      if (this.#faults.length === 0) return { faults: [], warnings: this.#warnings, graph: this.#assemble(order, outputs, interruptOn) };
    }
    return { faults: this.#faults, warnings: this.#warnings };
  }

  /** Whether the shape is good enough to look further: nodes and connections are lists of objects. */
  #checkShape(): boolean {
    const manifest: unknown = this.#manifest;
    if (typeof manifest !== "object" || manifest === null || Array.isArray(manifest)) {
      this.#fault(
        "manifest-invalid",
        "",
        `the manifest is ${manifest === null ? "null" : Array.isArray(manifest) ? "a list" : typeof manifest} and not an object`,
      );
      return false;
    }
    const { version, nodes } = manifest as Partial<Manifest>;
    if (version !== "v1")
      this.#fault(
        "manifest-invalid",
        "/version",
        version === undefined ? "version is missing" : `version ${JSON.stringify(version)} is not known`,
        'Write "v1".',
      );
    if (Array.isArray(nodes) && nodes.length === 0) this.#fault("manifest-invalid", "/nodes", "there are no nodes", "Add at least one.");
    const others = validateAgainst(manifestSchema, manifest, "").filter(
      ({ pointer, message }) =>
        pointer !== "/version" && !(pointer === "/nodes" && Array.isArray(nodes) && nodes.length === 0) && !message.includes('"version"'),
    );
    for (const { pointer, message } of others) this.#fault("manifest-invalid", pointer, message);
    this.#warnUnknownFields(manifest as Record<string, unknown>, manifestSchema, "");
    return Array.isArray(nodes) && nodes.every(isObject) && this.#connections.every(isObject);
  }

  get #connections(): readonly ManifestConnection[] {
    return listOf(this.#manifest.connections);
  }

  #checkNode(node: ManifestNode, pointer: string): void {
    if (typeof node.id !== "string" || typeof node.node_type !== "string") return;
    if (this.#nodes.has(node.id))
      this.#fault("manifest-invalid", `${pointer}/id`, `the id "${node.id}" is used twice`, "Give each node an id of its own.");
    const definition = this.#find(node.id, node.node_type);
    if (definition === undefined) {
      this.#fault("node-unknown", `${pointer}/node_type`, `no node type "${node.node_type}"`, ...this.#meant(node.node_type, this.#types));
      return;
    }
    const params = applyDefaults(paramsOf(node, definition), definition.params);
    const faults = validateAgainst(definition.params, params, `${pointer}/params`);
    const unknown = this.#unknownParams(params, definition, `${pointer}/params`);
    this.#faults.push(...faults.map((fault) => unknown.find((other) => other.pointer === fault.pointer) ?? fault));
    this.#warnings.push(...unknown.filter((one) => !faults.some((fault) => fault.pointer === one.pointer)));
    const given = toCamelCase(params, definition.params) as never;
    const ports = faults.length === 0 ? definition.portsFor(given) : definition;
    const answers = faults.length === 0 && definition.answersFor(given);
    for (const port of Object.keys(node.inputs ?? {})) {
      if (!Object.hasOwn(definition.inputs, port))
        this.#fault(
          "port-unknown",
          `${pointer}/inputs/${port}`,
          `"${node.id}" has no input "${port}"`,
          ...this.#meant(port, Object.keys(definition.inputs)),
        );
    }
    this.#checkNotYet(node, pointer);
    this.#nodes.set(node.id, {
      id: node.id,
      definition: answers === definition.answers ? definition : { ...definition, answers },
      params,
      inputs: ports.inputs,
      outputs: ports.outputs,
      keepStale: new Set(
        Object.entries(node.inputs ?? {}).flatMap(([port, input]) => ((input as { keep_stale?: boolean })?.keep_stale ? [port] : [])),
      ),
      onError: node.on_error ?? {},
      runtimeHint: node.runtime_hint ?? "auto",
      failsWithoutRuntime: node.execution?.fallback === "none",
    });
  }

  /** What the format knows and this version does not do is never passed over in silence. */
  #checkNotYet(node: ManifestNode, pointer: string): void {
    for (const [port, input] of Object.entries(node.inputs ?? {})) {
      const sync = (input as { readonly sync?: string } | null)?.sync;
      if (sync === undefined || sync === "any") continue;
      this.#fault(
        "host-unsupported",
        `${pointer}/inputs/${port}/sync`,
        `sync "${sync}" is not built yet`,
        'Leave it out: frames come as they arrive ("any").',
      );
    }
    if (node.host !== undefined)
      this.#warn("host-unsupported", `${pointer}/host`, `nodes on other hosts are not built yet: "${node.id}" runs here`);
    if (node.package !== undefined)
      this.#warn(
        "host-unsupported",
        `${pointer}/package`,
        `packages are not built yet: "${node.id}" is looked up among the nodes of this host`,
      );
  }

  #checkConnection(index: number): void {
    const pointer = `/connections/${index}`;
    const { from, to, queue } = this.#connections[index] as { from: string; to: string; queue?: GraphEdge["queue"] };
    const source = this.#resolve(from, "outputs", `${pointer}/from`);
    const target = this.#resolve(to, "inputs", `${pointer}/to`);
    if (source === undefined || target === undefined) return;
    const wire = JSON.stringify([source.node, source.port, target.node, target.port]);
    if (this.#wires.has(wire)) this.#warn("manifest-invalid", pointer, `${from} → ${to} is connected twice: its data arrive twice`);
    this.#wires.add(wire);
    this.#withOutput.add(source.node);
    this.#withInput.add(target.node);
    this.#edges.push({ from: source, to: target, queue: queue ?? {} });
    this.#checkMedia(source, target, pointer);
  }

  /** An end of a connection. An existing id wins over a split at a dot. */
  #resolve(end: unknown, side: "inputs" | "outputs", pointer: string): PortRef | undefined {
    if (typeof end !== "string") return undefined;
    const dots = [...end.matchAll(/\./g)].map(({ index }) => index);
    const split = this.#declared.has(end) ? undefined : dots.findLast((dot) => this.#declared.has(end.slice(0, dot)));
    const id = split === undefined ? end : end.slice(0, split);
    if (!this.#declared.has(id)) {
      this.#fault(
        "manifest-invalid",
        pointer,
        `no node has the id "${dots.length > 0 ? end.slice(0, dots[0]) : end}"`,
        ...this.#meant(end, [...this.#declared]),
      );
      return undefined;
    }
    const node = this.#nodes.get(id);
    if (node === undefined) return undefined;
    const ports = node[side];
    const port = split === undefined ? firstPort(ports) : end.slice(split + 1);
    if (port === undefined) {
      this.#fault(
        "port-unknown",
        pointer,
        `"${id}" (${node.definition.type}) has no ${side}`,
        side === "outputs" ? "It is a sink: connect something else." : "It is a source: nothing leads into it.",
      );
      return undefined;
    }
    if (Object.hasOwn(ports, port)) return { node: id, port };
    this.#fault(
      "port-unknown",
      pointer,
      `"${id}" (${node.definition.type}) has no ${side.slice(0, -1)} "${port}"`,
      ...this.#meant(port, Object.keys(ports)),
    );
    return undefined;
  }

  #checkMedia(from: PortRef, to: PortRef, pointer: string): void {
    const given = this.#constraintsOf(from);
    const wanted = this.#nodes.get(to.node)?.inputs[to.port] as Port;
    if (given.some((one) => alternativesOf(wanted).some((other) => one.kind === "any" || other.kind === "any" || one.kind === other.kind)))
      return;
    this.#fault(
      "media-incompatible",
      pointer,
      `${from.node}.${from.port} gives ${describePort(given)}, ${to.node}.${to.port} wants ${describePort(wanted)}`,
      "Connect ports of the same kind, or put a node between that converts.",
    );
  }

  #constraintsOf({ node, port }: PortRef): readonly MediaConstraint[] {
    const { inputs, outputs } = this.#nodes.get(node) as GraphNode;
    const output = outputs[port] as OutputPort;
    return alternativesOf("sameAs" in output ? (inputs[output.sameAs] ?? { kind: "any" }) : output);
  }

  #checkCycle(): readonly string[] {
    const edges = this.#edges.map(({ from, to }) => ({ from: from.node, to: to.node }));
    const sorted = topologicalOrder([...this.#nodes.keys()], edges);
    if ("order" in sorted) return sorted.order;
    this.#fault("cycle", "/connections", `the graph leads back into itself: ${sorted.cycle.join(" → ")}`);
    return [];
  }

  #checkOutputs(): Map<string, PortRef> {
    const names = [...listOf(this.#manifest.outputs)];
    for (const node of this.#manifest.nodes) if (node.is_output_node === true) names.push(node.id);
    const outputs = new Map<string, PortRef>();
    names.forEach((name, i) => {
      const port = this.#resolve(name, "outputs", `/outputs/${i}`);
      if (port !== undefined) outputs.set(name, port);
    });
    if (this.#manifest.outputs !== undefined) return outputs;
    for (const { id, outputs: ports } of this.#nodes.values()) {
      const port = firstPort(ports);
      if (port !== undefined && !this.#withOutput.has(id)) outputs.set(id, { node: id, port });
    }
    return outputs;
  }

  #checkTriggers(): readonly InterruptTrigger[] {
    return listOf(this.#manifest.interrupt_on).flatMap((trigger, i) => {
      if (typeof trigger !== "string") return [];
      const colon = trigger.lastIndexOf(":");
      if (colon < 1) this.#fault("manifest-invalid", `/interrupt_on/${i}`, `"${trigger}" names no event`, 'Write "id.port:event-name".');
      const port = colon < 1 ? undefined : this.#resolve(trigger.slice(0, colon), "outputs", `/interrupt_on/${i}`);
      return port === undefined ? [] : [{ ...port, event: trigger.slice(colon + 1) }];
    });
  }

  /** A node without connections beside nodes with some was probably forgotten. */
  #warnUnreachable(outputs: ReadonlyMap<string, PortRef>): void {
    // An end that could not be resolved may be meant for any of them.
    if (this.#nodes.size < 2 || this.#edges.length < this.#connections.length) return;
    // Without a list every end is an output; what a list names was not forgotten.
    const named = new Set(this.#manifest.outputs === undefined ? [] : Array.from(outputs.values(), ({ node }) => node));
    this.#manifest.nodes.forEach(({ id }, i) => {
      if (this.#withOutput.has(id) || this.#withInput.has(id) || named.has(id)) return;
      this.#warn("manifest-invalid", `/nodes/${i}`, `"${id}" is connected to nothing`);
    });
  }

  #unknownParams(params: object, definition: NodeDefinition, pointer: string): readonly Fault[] {
    const known = (definition.params as { properties?: object }).properties;
    const unknown = known === undefined ? [] : Object.keys(params).filter((key) => !Object.hasOwn(known, key));
    return unknown.map((key) => {
      const [fix] = this.#meant(key, Object.keys(known as object));
      return {
        code: "params-invalid",
        pointer: `${pointer}/${key}`,
        message: `${definition.type} has no parameter "${key}"`,
        ...(fix !== undefined && { fix }),
      };
    });
  }

  #warnUnknownFields(value: unknown, schema: object, pointer: string): void {
    if (!isObject(value)) return;
    const { properties, items } = schema as { properties?: Record<string, object>; items?: object };
    if (properties !== undefined) {
      for (const [key, child] of Object.entries(value)) {
        const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
        if (known === undefined)
          this.#warn(
            "manifest-invalid",
            `${pointer}/${key}`,
            `"${key}" is not a known field; it is kept`,
            ...this.#meant(key, Object.keys(properties)),
          );
        else this.#warnUnknownFields(child, known, `${pointer}/${key}`);
      }
    }
    if (items !== undefined && Array.isArray(value)) value.forEach((item, i) => this.#warnUnknownFields(item, items, `${pointer}/${i}`));
  }

  #assemble(order: readonly string[], outputs: ReadonlyMap<string, PortRef>, interruptOn: readonly InterruptTrigger[]): Graph {
    const nodes = order.map((id) => this.#nodes.get(id) as GraphNode);
    const inlets = nodes.flatMap(({ id, inputs }) => {
      const port = firstPort(inputs);
      return port === undefined || this.#withInput.has(id) ? [] : [{ node: id, port }];
    });
    const { name = "", auto_negotiate = true } = this.#manifest.metadata ?? {};
    return { name, convertsAutomatically: auto_negotiate, nodes, edges: this.#edges, outputs, inlets, interruptOn };
  }

  #meant(name: string, candidates: readonly string[]): [fix?: string] {
    if (this.#faults.length > mostAdvice) return [];
    const near = nearest(name, candidates);
    return near === undefined
      ? candidates.length > 0 && candidates.length <= 8
        ? [`One of: ${candidates.join(", ")}.`]
        : []
      : [`Did you mean "${near}"?`];
  }

  #fault(code: ErrorCode, pointer: string, message: string, fix?: string): void {
    this.#faults.push({ code, pointer, message, ...(fix !== undefined && { fix }) });
  }

  #warn(code: ErrorCode, pointer: string, message: string, fix?: string): void {
    this.#warnings.push({ code, pointer, message, ...(fix !== undefined && { fix }) });
  }
}

/** What a manifest says beside the parameters to nodes that know it: the earlier SDK's fields for Python nodes. */
function paramsOf({ params, python_deps, is_streaming, answers }: ManifestNode, { params: schema }: NodeDefinition): JsonValue {
  const { properties } = schema as { properties?: object };
  const knows = (key: string): boolean => properties === undefined || Object.hasOwn(properties, key);
  const beside = Object.entries({ python_deps, is_streaming, answers }).filter(([key, value]) => value !== undefined && knows(key));
  return { ...Object.fromEntries(beside), ...params } as JsonValue;
}

/** Something else than a list is a fault that the schema has told; here it is as good as none. */
const listOf = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? value : []);
// Looking for what was meant takes time, and nobody reads a hundred pieces of advice.
const mostAdvice = 100;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
