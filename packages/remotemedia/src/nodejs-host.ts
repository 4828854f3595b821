import { type Host, type NodeDefinition, quietLog, Registry, systemClock } from "@remotemedia/core";
import { loadKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { nodejsNodes } from "@remotemedia/nodes/nodejs";
import { watchLoop } from "./loop-watchdog.ts";

/**
 * This machine as pipelines see it: every built-in node, SIMD kernels where the engine has them, the system's clock, and warnings on
 * standard error. Pipelines that are written here may touch everything; what comes from elsewhere is given less with `grants`.
 *
 * @example new Pipeline("quiet", { ...nodejsHost, log: quietLog(() => undefined) })
 */
export const nodejsHost: Host = {
  name: "nodejs",
  registry: new Registry([...builtInNodes, ...nodejsNodes]),
  kernels: loadKernels,
  clock: systemClock,
  log: quietLog((line) => process.stderr.write(`${line}\n`)),
  capabilities: ["fs", "net", "device", "python", "exec"],
  watchLoop,
  memoryBytes: () => process.resourceUsage().maxRSS * 1024,
};

/**
 * Adds your own node to {@link nodejsHost}, so that manifests and launch lines can name it.
 *
 * @throws `usage` when another node has that name already.
 * @example registerNode(defineNode({ type: "halve", … }));
 */
export function registerNode(node: { readonly definition: NodeDefinition }): void {
  nodejsHost.registry.register(node);
}
