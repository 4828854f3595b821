/** The node types `python` and `python-source`, and types that are named by what they run. */
import { any, defineNode, event, type JsonValue, type NodeContext, type NodeExecutor, type Output } from "@remotemedia/core";
import { PythonNode } from "./python-node.ts";
import { sessionKey } from "./session-key.ts";
import { type Home, keepSpare, WorkerGroup } from "./worker-group.ts";

const properties = {
  class: { type: "string", description: "what runs: `module:Class`, `path/to/file.py:Class`, or a class of remotemedia.nodes" },
  params: { type: "object", default: {}, description: "keyword arguments of its constructor" },
  python: { type: "string", description: "interpreter; default REMOTEMEDIA_PYTHON, else python3" },
  group: { type: "string", default: "", description: "nodes of a session with the same group share a worker process" },
  is_streaming: { type: "boolean", description: "process is an async generator over the whole stream; default: what the class says" },
  jail: {
    type: "boolean",
    default: false,
    description: "run it in a process that sees no network, no home and no other processes (bubblewrap)",
  },
  object: { type: "string", description: "a node object that lives in an attached Python process" },
} as const;

const schema = { type: "object", properties, additionalProperties: false } as const;

interface PythonParams {
  readonly class?: string;
  readonly params?: unknown;
  readonly python?: string;
  readonly group?: string;
  readonly isStreaming?: boolean;
  readonly jail?: boolean;
  readonly object?: string;
}

/** The Python that runs nodes which name none. */
export const defaultPython = (): string => process.env.REMOTEMEDIA_PYTHON ?? "python3";

const sessions = new WeakMap<object, Map<string, Home>>();

function groupOf(session: object, { python = defaultPython(), group = "", jail = false }: PythonParams, context: NodeContext): Home {
  const groups = sessions.get(session) ?? new Map<string, Home>();
  sessions.set(session, groups);
  const key = JSON.stringify([python, group, jail]);
  const options = { python, isJailed: jail };
  const isLive = context.mode === "live";
  const home = groups.get(key) ?? new WorkerGroup(options, context.log, isLive);
  if (isLive) keepSpare(options);
  groups.set(key, home);
  return home;
}

function nodeOf(params: PythonParams): PythonNode {
  const session = sessionKey();
  const specification = {
    ...(params.class !== undefined && { class: params.class }),
    ...(params.object !== undefined && { object: params.object }),
    ...(params.isStreaming !== undefined && { is_streaming: params.isStreaming }),
    params: (params.params ?? {}) as Readonly<Record<string, JsonValue>>,
    paths: [process.cwd()],
  };
  return new PythonNode(specification, async (context) => groupOf(session, params, context), false);
}

/** A Python class as a node. */
export const python = defineNode({
  type: "python",
  description: "Runs a Python class, or function, on every frame.",
  inputs: { in: any() },
  outputs: { out: any(), events: event() },
  params: schema,
  requires: ["python"],
  create: (params) => nodeOf(params),
});

/** A Python class that makes frames of its own. */
export const pythonSource = defineNode({
  type: "python-source",
  description: "Takes what a Python class gives of itself.",
  outputs: { out: any(), events: event() },
  params: schema,
  requires: ["python"],
  create: (params): NodeExecutor => {
    const node = nodeOf(params);
    return {
      start: (context) => node.start(context),
      produce: (out: Output) => node.produceAll(out),
      stop: () => node.stop(),
    };
  },
});
