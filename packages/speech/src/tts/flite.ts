/** flite in its worker thread: one for all sessions of the process. */
import { join } from "node:path";
import { errors, isRemoteMediaError } from "@remotemedia/core";
import { WorkerHost } from "../inference/worker-host.ts";
import { requireModel } from "../models/index.ts";
import type { FliteRequest } from "./flite-program.ts";

/** Who speaks texts. */
export interface Flite {
  /**
   * Mono samples of ±1 at 16 kHz, with the silence that flite puts around them.
   *
   * @throws `trapped` when this text crashed flite, which goes on with the next
   */
  speak(request: FliteRequest, signal?: AbortSignal): Promise<Float32Array>;
}

let loading: Promise<Flite> | undefined;

/**
 * Loads flite, once; it is there until the process ends, and does not keep it alive.
 *
 * @throws `host-unsupported` when it is not installed; `package-invalid` or `io-failed` when its file is damaged
 */
export function loadFlite(): Promise<Flite> {
  loading ??= open().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

// The first texts pay for compilation: 0.2 s. Both kinds of voices, for their code is not the same.
const rehearsals = [
  { text: "Hello, what shall we do with 23 yellow boxes?", voice: "slt", speed: 1, pitch: 1 },
  { text: "Once more, and the voice is there.", voice: "slt", speed: 1, pitch: 1 },
  { text: "Hello there.", voice: "kal16", speed: 1, pitch: 1 },
] as const;

async function open(): Promise<Flite> {
  const path = join(await requireModel("flite"), "flite.wasm");
  const host = new WorkerHost<FliteRequest, Float32Array>("tts/flite-worker", { workerData: { path } });
  for (const text of rehearsals) await host.call(text).catch((cause: unknown) => failedToLoad(path, cause, host));
  return {
    speak: (request, signal) =>
      host.call(request, signal).catch((cause: unknown) => {
        if (isRemoteMediaError(cause) || signal?.aborted) throw cause;
        throw errors.trapped({
          message: `flite could not speak "${request.text.slice(0, 80)}": ${(cause as Error).message}`,
          fix: "Nothing, if one sentence may be missing; else write it differently.",
          cause,
        });
      }),
  };
}

async function failedToLoad(path: string, cause: unknown, host: { close(): Promise<void> }): Promise<never> {
  await host.close();
  throw errors.ioFailed({
    message: `flite could not be loaded from ${path}: ${cause instanceof Error ? cause.message : cause}`,
    fix: "Install it again: remotemedia models remove flite, then remotemedia models install flite.",
    cause,
  });
}
