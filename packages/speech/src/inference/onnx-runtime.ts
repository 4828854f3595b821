/** ONNX Runtime: the native one where it is installed, else WebAssembly. */
import { availableParallelism } from "node:os";
import type { InferenceSession, Tensor } from "onnxruntime-web";

/** What is used of a runtime; both have it. */
export interface OnnxRuntime {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
  /** Threads that a session may use. */
  readonly threads: number;
}

/**
 * Loads `onnxruntime-node` where the user has installed it, else `onnxruntime-web`, which has one thread: with more it was slower in Node.js.
 *
 * @example const { InferenceSession } = await loadOnnxRuntime();
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  const native = await nativeRuntime();
  if (native !== undefined) return { ...native, threads: Math.max(1, Math.min(4, availableParallelism() - 1)) };
  const { InferenceSession, Tensor, env } = await import("onnxruntime-web");
  env.wasm.numThreads = 1;
  return { InferenceSession, Tensor, threads: 1 };
}

async function nativeRuntime(): Promise<Omit<OnnxRuntime, "threads"> | undefined> {
  // An optional peer: its types are those of the other one.
  const name: string = "onnxruntime-node";
  try {
    const { default: runtime } = (await import(name)) as { readonly default: Omit<OnnxRuntime, "threads"> };
    return { InferenceSession: runtime.InferenceSession, Tensor: runtime.Tensor };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw cause;
  }
}
