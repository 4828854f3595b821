import { sharedModel } from "../inference/shared-model.ts";
import type { WorkerHost } from "../inference/worker-host.ts";
import type { MoonshineSize } from "./moonshine.ts";

/** Recognizes 16 kHz mono; finals go before partials. */
export type Recognizer = WorkerHost<Float32Array, string>;

/** The process's recognizer of a size. @throws as {@link sharedModel} */
export const loadRecognizer = (size: MoonshineSize): Promise<Recognizer> =>
  sharedModel({ name: `moonshine-${size}`, entry: "asr/moonshine-worker", rehearsals: [new Float32Array(16_000)] });
