/** Node types that live in packages of their own, which are loaded when a pipeline first names one. */
import { errors, type NodeDefinition } from "@remotemedia/core";
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
};

/** The package that brings a node type, if it is none of the built-in ones. */
export function packageOf(type: string): string | undefined {
  return Object.entries(packages).find(([, { types }]) => types.includes(type))?.[0];
}

/** Every node type that an optional package brings, whether it is installed or not. */
export const optionalTypes: readonly string[] = Object.values(packages).flatMap(({ types }) => types);

/**
 * Loads the packages of those node types that are not built in, so that manifests and launch lines can name them on {@link nodejsHost}.
 * Types that nobody knows are left to validation.
 *
 * @throws `host-unsupported` with the line that installs a package that is missing.
 * @example await loadNodes(manifest.nodes.map(({ node_type }) => node_type));
 */
export async function loadNodes(types: Iterable<string>): Promise<void> {
  const missing = [...types].filter((type) => nodejsHost.registry.find(type) === undefined).map(packageOf);
  for (const name of new Set(missing)) {
    if (name === undefined) continue;
    const nodes = await optionalPackage(name, (packages[name] as OptionalNodes).load);
    for (const node of nodes) nodejsHost.registry.register(node);
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
