/** flite in its worker thread: one for all sessions of the process. */
import { errors, isRemoteMediaError } from "@remotemedia/core";
import { sharedModel } from "../inference/shared-model.ts";
import type { CallOptions } from "../inference/worker-host.ts";
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

// The first texts pay for compilation: 0.2 s. Both kinds of voices, for their code is not the same.
const rehearsals = [
  { text: "Hello, what shall we do with 23 yellow boxes?", voice: "slt", speed: 1, pitch: 1 },
  { text: "Once more, and the voice is there.", voice: "slt", speed: 1, pitch: 1 },
  { text: "Hello there.", voice: "kal16", speed: 1, pitch: 1 },
] as const;

/** The process's flite. @throws as {@link sharedModel} */
export async function loadFlite(): Promise<Flite> {
  const host = await sharedModel<FliteRequest, Float32Array>({ name: "flite", entry: "tts/flite-worker", rehearsals });
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
