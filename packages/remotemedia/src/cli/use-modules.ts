import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { errors, type NodeDefinition } from "@remotemedia/core";
import { nodejsHost } from "../nodejs-host.ts";

/**
 * Loads modules, and registers the nodes that they export.
 *
 * @throws `usage` when a module cannot be loaded, or exports no node.
 */
export async function useModules(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const nodes = Object.values(await load(file)).filter(isNode);
    if (nodes.length === 0) throw errors.usage({ message: `${file} exports no node`, fix: "Write: export const mine = defineNode({ … })" });
    for (const node of new Set(nodes)) nodejsHost.registry.register(node);
  }
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const fix = code === "ERR_UNKNOWN_FILE_EXTENSION" ? "Compile it to JavaScript first." : "Check the path, and that it runs with node.";
    throw errors.usage({ message: `cannot load ${file}: ${message}`, fix, cause });
  }
}

const isNode = (value: unknown): value is { readonly definition: NodeDefinition } =>
  typeof value === "function" && typeof (value as { definition?: { type?: unknown } }).definition?.type === "string";
