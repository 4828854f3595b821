/** The node types `python` and `python-source`, and types that are named by the class that runs. */
import {
  any,
  defineNode,
  errors,
  event,
  type JsonValue,
  type NodeContext,
  type NodeDefinition,
  type NodeExecutor,
  type NodeFactory,
  type RuntimeDecision,
  type RuntimeHint,
} from "@remotemedia/core";
import { attachedHome } from "./attached-worker.ts";
import { PythonNode } from "./python-node.ts";
import { defaultPython, mayFallBack, pythonRuntimeFor } from "./python-runtime.ts";
import { environmentFor } from "./virtual-environment.ts";
import { type Home, keepSpare, WorkerGroup } from "./worker-group.ts";

const sourceProperties = {
  class: {
    type: "string",
    description:
      "what runs: `module:Class`, `path/to/file.py:Class`, `path/to/file.py` with one class in it, or a class of remotemedia.nodes",
  },
  object: { type: "string", description: "instead of a class: a node object of an attached Python process" },
  params: { type: "object", default: {}, description: "keyword arguments of the constructor" },
  python: { type: "string", description: "interpreter; default REMOTEMEDIA_PYTHON, else python3" },
  python_deps: { type: "array", items: { type: "string" }, default: [], description: "what pip installs into an environment of its own" },
  group: { type: "string", default: "", description: "nodes of a session with the same group share a worker process" },
  jail: { type: "boolean", default: false, description: "a process without network, home and other processes (bubblewrap)" },
  answers: { type: "boolean", default: false, description: "what it gives answers the user, and goes stale when the turn rises" },
} as const;

const streamingProperty = {
  is_streaming: { type: "boolean", description: "process is an async generator over the whole stream; default: what the class says" },
} as const;

const sourceSchema = { type: "object", properties: sourceProperties, additionalProperties: false } as const;
const schema = { type: "object", properties: { ...sourceProperties, ...streamingProperty }, additionalProperties: false } as const;

/** Parameters of {@link pythonSource}; the schema says more of each. */
export interface PythonSourceParams {
  /** `module:Class`, `file.py:Class`, or a class of remotemedia.nodes. */
  readonly class?: string;
  /** Instead of a class: a node object of an attached process. */
  readonly object?: string;
  /** Keyword arguments of the constructor. */
  readonly params?: { readonly [key: string]: unknown };
  /** Interpreter. Default: REMOTEMEDIA_PYTHON, else `python3`. */
  readonly python?: string;
  /** What pip installs into an environment of its own. */
  readonly pythonDeps?: readonly string[];
  /** Nodes of a session with the same group share a worker process. */
  readonly group?: string;
  /** A process without network, home and other processes. Default false. */
  readonly jail?: boolean;
  /** What it gives goes stale when the turn rises. Default false. */
  readonly answers?: boolean;
}

/** Parameters of {@link python}. */
export interface PythonParams extends PythonSourceParams {
  /** `process` is an async generator over the whole stream. Default: what the class says. */
  readonly isStreaming?: boolean;
}

const sessions = new WeakMap<object, Map<string, Home>>();

async function homeOf(params: PythonParams, context: NodeContext): Promise<Home> {
  const { python = defaultPython(), pythonDeps = [], group = "", jail = false, object } = params;
  if (object !== undefined) return attachedHome(group);
  const options = { python: await environmentFor(python, pythonDeps, context), isJailed: jail };
  const isLive = context.mode === "live";
  const groups = sessions.get(context.session) ?? new Map<string, Home>();
  sessions.set(context.session, groups);
  const key = JSON.stringify([options, group]);
  const home = groups.get(key) ?? new WorkerGroup(options, context.log, isLive);
  groups.set(key, home);
  if (isLive) keepSpare(options);
  return home;
}

function nodeOf(params: PythonParams): PythonNode {
  if ((params.class === undefined) === (params.object === undefined))
    throw errors.paramsInvalid({ message: "a Python node wants either a class or an object", fix: 'Give class: "file.py:Class".' });
  const specification = {
    ...(params.class !== undefined && { class: params.class }),
    ...(params.object !== undefined && { object: params.object }),
    ...(params.isStreaming === true && { is_streaming: true }),
    ...(params.answers === true && { answers: true }),
    params: (params.params ?? {}) as Readonly<Record<string, JsonValue>>,
    paths: [process.cwd()],
  };
  return new PythonNode(specification, (context) => homeOf(params, context));
}

function runtimeFor(hint: RuntimeHint): RuntimeDecision {
  const decision = pythonRuntimeFor(hint);
  if (!decision.isFallback || mayFallBack()) return decision;
  throw errors.hostUnsupported({ message: decision.reason, fix: "Ask for cpython, or unset REMOTEMEDIA_ENABLE_FALLBACK." });
}

/** A Python class, or function, that runs on every frame; needs the grant `python`. */
export const python: NodeFactory<"python", "in", "out" | "events", PythonParams> = defineNode({
  type: "python",
  description: "Runs a Python class, or function, on every frame.",
  inputs: { in: any() },
  outputs: { out: any(), events: event() },
  params: schema,
  answers: ({ answers }) => answers,
  requires: ["python"],
  runtimeFor,
  create: (params) => nodeOf(params),
});

/** A Python class that makes frames of its own; needs the grant `python`. */
export const pythonSource: NodeFactory<"python-source", never, "out" | "events", PythonSourceParams> = defineNode({
  type: "python-source",
  description: "Gives what a Python class makes by itself.",
  outputs: { out: any(), events: event() },
  params: sourceSchema,
  answers: ({ answers }) => answers,
  requires: ["python"],
  runtimeFor,
  create: (params) => sourceOf(nodeOf(params)),
});

const sourceOf = (node: PythonNode): NodeExecutor => ({
  start: (context) => node.start(context),
  produce: (out) => node.produceAll(out),
  stop: () => node.stop(),
});

/** Classes of `remotemedia.nodes` that make frames by themselves: a manifest says only their names. */
const sourceTypes: readonly string[] = ["MediaReaderNode", "LocalMediaReaderNode"];

/**
 * A node type that is named by what runs: `module:Class`, `file.py:Class`, or a class of `remotemedia.nodes`. Its parameters are the keyword arguments
 * of the constructor; `python_deps`, `is_streaming` and `answers` of the manifest's node are followed.
 *
 * @example registry.register(pythonType("./gain.py:Gain"));
 */
export function pythonType(type: string): { readonly definition: NodeDefinition } {
  const isSource = sourceTypes.includes(type);
  return defineNode({
    type,
    description: "A Python class.",
    inputs: isSource ? {} : { in: any() },
    outputs: { out: any(), events: event() },
    params: { type: "object" },
    answers: (given) => (given as { readonly answers?: unknown }).answers === true,
    requires: ["python"],
    runtimeFor,
    create: (given) => {
      const { python_deps, is_streaming, answers, ...params } = given as Readonly<Record<string, JsonValue>>;
      const node = nodeOf({
        class: type,
        params,
        ...(Array.isArray(python_deps) && { pythonDeps: python_deps as readonly string[] }),
        ...(is_streaming === true && { isStreaming: true }),
        ...(answers === true && { answers }),
      });
      return isSource ? sourceOf(node) : node;
    },
  });
}
