/** How a node is declared, once, and what the declaration gives: a typed factory for authors, data for every host. */
import type { Frame, JsonValue } from "../frame/frame.ts";
import type { FrameOf, OutputPort, Port } from "../frame/media.ts";
import type { RuntimeHint } from "../graph/manifest.ts";
import type { Capability, NodeExecutor } from "./node.ts";
import { applyDefaults, type ParamsInput, type ParamsOf, type ParamsSchema, toCamelCase, toSnakeCase } from "./params.ts";

/** A record of ports; the first is the one that is meant when none is named. */
export type Ports<P> = Readonly<Record<string, P>>;

/** A part of a declaration that may depend on the parameters. */
export type FromParams<S, T> = T | ((params: ParamsOf<S>) => T);

/** What an author declares. */
export interface NodeDeclaration<I extends Ports<Port>, O extends Ports<OutputPort>, S extends ParamsSchema> {
  /** Name in manifests, kebab-case. */
  readonly type: string;
  /** One sentence for lists and the web UI. */
  readonly description?: string;
  /** Input ports; none for a source. Single ports are named `in`. */
  readonly inputs?: I;
  /** Output ports; none for a sink. Single ports are named `out`. */
  readonly outputs?: O;
  /** Narrows ports by the parameters: only ports that are declared above may be named. */
  readonly ports?: (params: ParamsOf<S>) => {
    readonly inputs?: Partial<Record<keyof I, Port>>;
    readonly outputs?: Partial<Record<keyof O, OutputPort>>;
  };
  /** A JSON Schema literal, snake_case. Default: no parameters. */
  readonly params?: S;
  /** Whether it captures or plays in real time, so that it gives the session its pace. */
  readonly live?: FromParams<S, boolean>;
  /** Whether what it emits answers the user, and goes stale when the turn rises (chat, TTS, a player). */
  readonly answers?: FromParams<S, boolean>;
  /** Of a node that brings a runtime of its own: what runs it for a hint. Default: the kernels that the hint chooses. */
  readonly runtimeFor?: (hint: RuntimeHint) => RuntimeDecision;
  /** Delay that it adds, µs. */
  readonly latencyUs?: FromParams<S, number>;
  /** What it touches beyond its frames; without a grant for each it is not created. */
  readonly requires?: readonly Capability[];
  /** Makes a running node; called once per session. It must not act yet: that is for `start`. */
  readonly create: (params: ParamsOf<S>) => NodeExecutor<{ [P in keyof I]: FrameOf<I[P]> }[keyof I] & Frame, keyof O & string>;
}

/** What runs a node, and why: `explain` and metrics tell it. */
export interface RuntimeDecision {
  readonly runtime: string;
  readonly reason: string;
  /** Whether something else was asked for, which this host does not have. */
  readonly isFallback: boolean;
}

/** A declaration with all its parts there and its types forgotten: what registries hold and executors read. */
export interface NodeDefinition {
  readonly type: string;
  readonly description: string;
  readonly inputs: Ports<Port>;
  readonly outputs: Ports<OutputPort>;
  readonly params: ParamsSchema;
  /** False also where it depends on the parameters: then the node of a graph says it. */
  readonly answers: boolean;
  readonly answersFor: (params: never) => boolean;
  readonly runtimeFor?: (hint: RuntimeHint) => RuntimeDecision;
  readonly requires: readonly Capability[];
  /** False for functions given inline: they cannot travel. */
  readonly isSerializable: boolean;
  /** The type that it is another name for. */
  readonly aliasOf?: string;
  readonly portsFor: (params: never) => { readonly inputs: Ports<Port>; readonly outputs: Ports<OutputPort> };
  readonly isLive: (params: never) => boolean;
  readonly latencyUsFor: (params: never) => number;
  readonly create: (params: never) => NodeExecutor;
}

/** A node with its parameters, not yet in a pipeline. Its types name its ports. */
export interface NodeSpec<Type extends string = string, In extends string = string, Out extends string = string> {
  readonly type: Type;
  readonly definition: NodeDefinition;
  /** As a manifest says it: snake_case, without defaults. */
  readonly params: { readonly [key: string]: JsonValue };
  /** @internal types only */
  readonly ports?: { readonly in: In; readonly out: Out };
}

/** Makes nodes of one type: `gain({ factor: 2 })`. */
export interface NodeFactory<Type extends string, In extends string, Out extends string, Input> {
  (...params: Record<never, never> extends Input ? [params?: Input] : [params: Input]): NodeSpec<Type, In, Out>;
  readonly definition: NodeDefinition;
}

const noParams = { type: "object", properties: {}, additionalProperties: false } as const satisfies ParamsSchema;

/** Says what a declaration that may be a function is for these parameters. */
const resolve =
  <T>(value: T | ((params: never) => T) | undefined, fallback: T) =>
  (params: never): T =>
    typeof value === "function" ? (value as (params: never) => T)(params) : (value ?? fallback);

/**
 * Declares a node.
 *
 * @example
 * const halve = defineNode({
 *   type: "halve", inputs: { in: audio("f32-planar") }, outputs: { out: sameAs("in") },
 *   params: { type: "object", properties: { factor: { type: "number", default: 0.5 } } },
 *   create: ({ factor }) => ({
 *     process(frame, _port, out) {
 *       const own = frame.writable();
 *       own.data.forEach((sample, i) => { own.data[i] = sample * factor; });
 *       return out.emit("out", own);
 *     },
 *   }),
 * });
 */
export function defineNode<
  const Type extends string,
  const I extends Ports<Port> = Record<never, never>,
  const O extends Ports<OutputPort> = Record<never, never>,
  const S extends ParamsSchema = typeof noParams,
>(declaration: NodeDeclaration<I, O, S> & { readonly type: Type }): NodeFactory<Type, keyof I & string, keyof O & string, ParamsInput<S>> {
  const definition = definitionOf(declaration as never);
  const factory = (params: unknown = {}): NodeSpec => ({
    type: definition.type,
    definition,
    params: toSnakeCase(params, definition.params),
  });
  return Object.assign(factory, { definition }) as never;
}

/** A declaration without the types of its parameters: inferring them again would go deeper than the compiler likes. */
type Untyped = {
  readonly type: string;
  readonly description?: string;
  readonly inputs?: Ports<Port>;
  readonly outputs?: Ports<OutputPort>;
  readonly ports?: (params: never) => { readonly inputs?: Partial<Ports<Port>>; readonly outputs?: Partial<Ports<OutputPort>> };
  readonly params?: ParamsSchema;
  readonly live?: boolean | ((params: never) => boolean);
  readonly answers?: boolean | ((params: never) => boolean);
  readonly runtimeFor?: (hint: RuntimeHint) => RuntimeDecision;
  readonly latencyUs?: number | ((params: never) => number);
  readonly requires?: readonly Capability[];
  readonly create: (params: never) => NodeExecutor;
};

function definitionOf(declaration: Untyped): NodeDefinition {
  const { type, description = "", answers = false, runtimeFor, requires = [], ports, create } = declaration;
  const inputs = declaration.inputs ?? {};
  const outputs = declaration.outputs ?? {};
  return {
    type,
    description,
    inputs,
    outputs,
    params: declaration.params ?? noParams,
    answers: answers === true,
    answersFor: resolve(answers, false),
    ...(runtimeFor !== undefined && { runtimeFor }),
    requires,
    isSerializable: true,
    portsFor: (params) => {
      const narrowed = ports?.(params);
      return {
        inputs: { ...inputs, ...narrowed?.inputs } as Ports<Port>,
        outputs: { ...outputs, ...narrowed?.outputs } as Ports<OutputPort>,
      };
    },
    isLive: resolve(declaration.live, false),
    latencyUsFor: resolve(declaration.latencyUs, 0),
    create,
  };
}

/**
 * Another name and other parameters for a node: how the earlier SDK's node types live on. It runs the same code.
 *
 * @param map turns the alias's parameters (camelCase, defaults applied) into those of the node (camelCase)
 */
export function defineAlias<const Type extends string, In extends string, Out extends string, Input, const S extends ParamsSchema>(
  type: Type,
  of: NodeFactory<string, In, Out, Input>,
  { params, description, map }: { readonly params: S; readonly description?: string; readonly map: (params: ParamsOf<S>) => Input },
): NodeFactory<Type, In, Out, ParamsInput<S>> {
  const target = of.definition;
  const mapped = (given: never): never => withDefaultsOf(target, map(given)) as never;
  const definition: NodeDefinition = {
    ...target,
    type,
    description: description ?? `The earlier SDK's name for ${target.type}.`,
    params,
    aliasOf: target.type,
    portsFor: (given) => target.portsFor(mapped(given)),
    isLive: (given) => target.isLive(mapped(given)),
    latencyUsFor: (given) => target.latencyUsFor(mapped(given)),
    answersFor: (given) => target.answersFor(mapped(given)),
    create: (given) => target.create(mapped(given)),
  };
  const factory = (given: unknown = {}): NodeSpec => ({ type, definition, params: toSnakeCase(given, params) });
  return Object.assign(factory, { definition }) as never;
}

const withDefaultsOf = (target: NodeDefinition, params: unknown) =>
  toCamelCase(applyDefaults(toSnakeCase(params, target.params), target.params), target.params);
