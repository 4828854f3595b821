/** Node types that live in packages of their own, which are loaded when a pipeline first names one. */
import { errors, type ManifestNode, type NodeDefinition, nearest } from "@remotemedia/core";
import { nodejsHost } from "./nodejs-host.ts";

interface OptionalNodes {
  readonly types: readonly string[];
  readonly load: () => Promise<Iterable<{ readonly definition: NodeDefinition }>>;
}

const packages: Readonly<Record<string, OptionalNodes>> = {
  "@remotemedia/speech": {
    types: [
      "silero-vad",
      "moonshine-asr",
      "openai-asr",
      "turn-policy",
      "chat",
      "sentences",
      "flite-tts",
      "openai-tts",
      "denoise",
      "echo-gate",
    ],
    load: async () => (await import("@remotemedia/speech")).speechNodes,
  },
  "@remotemedia/python": {
    types: ["python", "python-source"],
    load: async () => (await import("@remotemedia/python")).pythonNodes,
  },
};

/** The package that brings a node type, if it is none of the built-in ones. */
export function packageOf(type: string): string | undefined {
  return Object.entries(packages).find(([, { types }]) => types.includes(type))?.[0];
}

type NamedNode = Pick<ManifestNode, "node_type" | "runtime_hint">;
/** The ends of a link, which the server brings for each session. */
const linkTypes: readonly string[] = ["link-source", "link-sink", "WebRTCSource", "WebRTCSink"];
/** Classes of `remotemedia.nodes` whose names are like those of types here, and no mistakes. */
const pythonClasses: readonly string[] = ["AudioResampler", "FormatConverter", "VideoBuffer", "VideoTransform"];
const pythonHints: readonly (string | undefined)[] = ["python", "cpython", "cpython_wasm", "rust_python"];

/**
 * Whether a node names Python code: by file or module, by its `runtime_hint`, or, as the earlier SDK did, by a class name that is like none of
 * the types here.
 */
export function isPythonCode({ node_type, runtime_hint }: NamedNode): boolean {
  if (/^[^:]+\.py(:[\p{L}\d_.]+)?$|^[\p{L}_][\p{L}\d_.]*:[\p{L}_][\p{L}\d_.]*$/u.test(node_type)) return true;
  if (!/^[A-Za-z_]\w*$/.test(node_type) || packageOf(node_type) !== undefined || linkTypes.includes(node_type)) return false;
  const known = [...nodejsHost.registry].map(({ type }) => type);
  const isClassName = pythonClasses.includes(node_type) || (/^[A-Z]/.test(node_type) && nearest(node_type, known) === undefined);
  return pythonHints.includes(runtime_hint) || isClassName;
}

/** Every node type that an optional package brings, whether it is installed or not. */
export const optionalTypes: readonly string[] = Object.values(packages).flatMap(({ types }) => types);

/**
 * Loads the packages of those node types that are not built in, so that manifests and launch lines can name them on {@link nodejsHost}. A type that
 * names Python code becomes one (`module:Class`, `file.py:Class`, a class of `remotemedia.nodes`). Types that nobody knows are left to validation.
 *
 * @param nodes types, or the nodes of a manifest, whose `runtime_hint` may say that they are Python's
 *
 * @throws `host-unsupported` with the line that installs a package that is missing.
 * @example await loadNodes(manifest.nodes);
 */
export async function loadNodes(nodes: Iterable<string | NamedNode>): Promise<void> {
  const named = [...nodes].map((node) => (typeof node === "string" ? { node_type: node } : node));
  const missing = named.filter(({ node_type }) => nodejsHost.registry.find(node_type) === undefined);
  for (const type of new Set(missing.filter(isPythonCode).map(({ node_type }) => node_type))) {
    const { pythonType } = await optionalPackage("@remotemedia/python", () => import("@remotemedia/python"));
    nodejsHost.registry.register(pythonType(type));
  }
  for (const name of new Set(missing.map(({ node_type }) => packageOf(node_type)))) {
    if (name === undefined) continue;
    const loaded = await optionalPackage(name, (packages[name] as OptionalNodes).load);
    for (const node of loaded) nodejsHost.registry.register(node);
  }
}

/**
 * Loads a package that is installed only where it is needed.
 *
 * @throws `host-unsupported` with the line that installs it.
 */
export async function optionalPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes(name)) throw cause;
    throw errors.hostUnsupported({ message: `this needs the package ${name}`, fix: `npm install ${name}`, cause });
  }
}
