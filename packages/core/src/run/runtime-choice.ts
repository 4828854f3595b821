/** What runs a node: what `runtime_hint` asks for, and what there is. */
import { errors } from "../errors.ts";
import type { GraphNode } from "../graph/graph.ts";
import type { Kernels } from "../node/kernels.ts";
import type { Log } from "../node/node.ts";
import type { KernelChoice } from "./host.ts";

const accelerated: readonly string[] = ["wasm", "native", "rust"];

/**
 * The kernels for a node. An unavailable wish falls back with one warning.
 *
 * @throws `host-unsupported` where `execution.fallback` is `none`.
 */
export function chooseKernels(
  { id, definition, runtimeHint, failsWithoutRuntime }: GraphNode,
  { wasm, js }: KernelChoice,
  log: Log,
): Kernels {
  const chosen = wasm ?? js;
  const decision = definition.runtimeFor?.(runtimeHint);
  if (decision?.isFallback === false) return chosen;
  if (runtimeHint === "js" && decision === undefined) return js;
  if (runtimeHint === "auto" || (wasm !== undefined && accelerated.includes(runtimeHint))) return chosen;
  const message = `runtime "${runtimeHint}" is not available for ${definition.type}`;
  if (failsWithoutRuntime) throw errors.hostUnsupported({ node: id, message, fix: "Remove execution.fallback none, or the hint." });
  log.warn(`${id}: ${message}; "${decision?.runtime ?? chosen.runtime}" runs it`);
  return chosen;
}

/** What runs a node whose kernels are `kernels`, and why. */
export function runtimeOf({ definition, runtimeHint }: GraphNode, kernels: string): { readonly runtime: string; readonly reason: string } {
  const own = definition.runtimeFor?.(runtimeHint);
  if (own !== undefined) return own;
  if (runtimeHint === "auto") return { runtime: kernels, reason: "the quickest that this host has" };
  const isAsked = runtimeHint === kernels || (kernels === "wasm" && accelerated.includes(runtimeHint));
  return { runtime: kernels, reason: isAsked ? "runtime_hint asks for it" : `"${runtimeHint}" is not available here` };
}

// Kernels are shared by all sessions of a thread, and need it once.
const warm = new WeakSet<Kernels>();

/** Warms kernels up, unless somebody has. */
export function warmUpOnce(kernels: Kernels): void {
  if (warm.has(kernels)) return;
  warm.add(kernels);
  kernels.warmUp();
}
