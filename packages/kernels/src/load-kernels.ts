import type { Kernels } from "@remotemedia/core";
import { referenceKernels } from "./reference/kernels.ts";
import { createWasmKernels } from "./wasm/kernels.ts";
import { instantiate } from "./wasm/linear-memory.ts";

/** Both runtimes of the kernels. */
export interface LoadedKernels {
  /** SIMD WebAssembly; undefined where the engine lacks it. */
  readonly wasm?: Kernels;
  /** Plain TypeScript, always there. */
  readonly js: Kernels;
}

let loaded: Promise<LoadedKernels> | undefined;

/**
 * Loads the kernels. The WebAssembly module is embedded, instantiated once per thread and shared by all callers; nothing closes it.
 *
 * @example
 * const { wasm, js } = await loadKernels();
 * const kernels = wasm ?? js;
 * kernels.gain(samples, samples.length, 0.5);
 */
export function loadKernels(): Promise<LoadedKernels> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<LoadedKernels> {
  const memory = await instantiate();
  return memory ? { wasm: createWasmKernels(memory), js: referenceKernels } : { js: referenceKernels };
}
