/** Which Python runs a node: what the manifest asks for, what the environment says, and what there is. */
import type { RuntimeDecision, RuntimeHint } from "@remotemedia/core";

const sandboxed: readonly string[] = ["cpython_wasm", "rust_python", "wasm", "rust", "rustpython"];
const asked: Readonly<Record<string, string>> = { cpython: "cpython", python: "cpython" };

/** The Python that runs nodes which name none. */
export const defaultPython = (): string => process.env.REMOTEMEDIA_PYTHON ?? "python3";

/**
 * CPython in a worker process, and why. `runtime_hint` comes first, then REMOTEMEDIA_PYTHON_RUNTIME; the sandboxed runtimes of the earlier SDK are not
 * installed, and with REMOTEMEDIA_ENABLE_FALLBACK=false nothing else runs in their place.
 */
export function pythonRuntimeFor(hint: RuntimeHint): RuntimeDecision {
  const fromEnvironment = process.env.REMOTEMEDIA_PYTHON_RUNTIME?.toLowerCase();
  const [wish, who] =
    hint !== "auto" || fromEnvironment === undefined ? [hint, "runtime_hint"] : [fromEnvironment, "REMOTEMEDIA_PYTHON_RUNTIME"];
  const decided = (reason: string, isFallback = false): RuntimeDecision => ({ runtime: "cpython", reason, isFallback });
  if (asked[wish] !== undefined) return decided(`${who} asks for it`);
  if (sandboxed.includes(wish) && !(who === "runtime_hint" && (wish === "wasm" || wish === "rust")))
    return decided(`${who} asks for "${wish}": the sandboxed backend is not installed`, true);
  if (wish === "auto") return decided("Python code runs in CPython");
  return decided(`${who} says "${wish}", which runs no Python code`, who === "runtime_hint");
}

/** Whether another runtime than the one that was asked for may run a node. */
export const mayFallBack = (): boolean => !/^(0|false|no|off)$/i.test(process.env.REMOTEMEDIA_ENABLE_FALLBACK ?? "");
