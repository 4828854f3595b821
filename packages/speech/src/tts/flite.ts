/** flite in its worker thread: one for all sessions of the process. */
import { join } from "node:path";
import { errorFrom, errors, isRemoteMediaError } from "@remotemedia/core";
import { type CallOptions, WorkerHost } from "../inference/worker-host.ts";
import { requireModel } from "../models/index.ts";
import type { FliteRequest } from "./flite-program.ts";

/** Who speaks texts. */
export interface Flite {
  /**
   * Mono samples of ±1 at 16 kHz, with the silence that flite puts around them.
   *
   * @throws `trapped` when this text crashed flite, which goes on with the next
   */
  speak(request: FliteRequest, options?: CallOptions): Promise<Float32Array>;
}

let loading: Promise<Flite> | undefined;

/**
 * Loads flite, once; it is there until the process ends, and does not keep it alive.
 *
 * @throws `host-unsupported` when it is not installed; `package-invalid` when its file is damaged
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
  try {
    for (const text of rehearsals) await host.call(text);
  } catch (cause) {
    await host.close();
    throw errorFrom(cause, "io-failed", { message: `flite cannot be loaded from ${path}: ${cause}` });
  }
  const failed = ({ text }: FliteRequest, cause: unknown) =>
    errors.trapped({
      message: `flite could not speak "${text.slice(0, 80)}": ${(cause as Error).message}`,
      fix: "Nothing, if one sentence may be missing; else write it differently.",
      cause,
    });
  return {
    speak: (request, options) =>
      host.call(request, options).catch((cause: unknown) => {
        throw isRemoteMediaError(cause) || options?.signal?.aborted ? cause : failed(request, cause);
      }),
  };
}
