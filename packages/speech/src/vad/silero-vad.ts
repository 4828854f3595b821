import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { audio, defineNode, event, type Kernels, type NodeContext, type ParamsOf, sameAs } from "@remotemedia/core";
import { speechParams, VadNode } from "@remotemedia/nodes";
import { requireModel } from "../models/index.ts";
import { SileroDetector } from "./silero-detector.ts";
import { readSileroLayers, type SileroLayers, stepLength } from "./silero-network.ts";

const frameMs = stepLength / 16;

const sileroParams = {
  type: "object",
  additionalProperties: false,
  properties: {
    segments: {
      type: "boolean",
      default: true,
      description:
        "Let only speech through, cut to the sample: the first frame of each segment is flagged `discontinuity`, the last `end`. Every frame has `is_speech` in its metadata.",
    },
    threshold: {
      type: "number",
      minimum: 0.2,
      maximum: 0.99,
      default: 0.5,
      description: "The probability from which 32 ms are speech; speech goes on down to 0.15 below it.",
    },
    min_speech_ms: speechParams.min_speech_ms,
    hangover_ms: {
      type: "number",
      minimum: 0,
      maximum: 10_000,
      default: 250,
      description: "Silence that ends speech, ms; part of the segment.",
    },
    pre_roll_ms: speechParams.pre_roll_ms,
    max_speech_ms: speechParams.max_speech_ms,
  },
} as const;

/**
 * Detects speech by Silero VAD, a small neural network: noise, music and tones are not speech to it. Events and their times are those of `vad`: `speech-started`
 * {timestamp_us} and `speech-stopped` {timestamp_us, started_us, duration_us, reason: silence | max-length | jump | end}. Needs the model `silero-vad`.
 *
 * @example new Pipeline("speech").add(fileSource({ path: "call.wav" })).add(sileroVad()).add(moonshineAsr())
 */
export const sileroVad = defineNode({
  type: "silero-vad",
  description: "Detects speech by a neural network (Silero), and tells when it starts and stops; lets only speech through, or everything.",
  inputs: { in: audio({ format: "f32-planar", sampleRate: 16_000, numberOfChannels: 1 }) },
  outputs: { out: sameAs("in"), events: event() },
  params: sileroParams,
  latencyUs: ({ segments, minSpeechMs }) => (segments ? Math.round(1000 * (frameMs + minSpeechMs)) : 0),
  create: (params) => new SileroVad(params),
});

class SileroVad extends VadNode {
  #layers: SileroLayers | undefined;

  constructor(params: ParamsOf<typeof sileroParams>) {
    super({ ...params, frameMs, marksSpeech: true }, () => new SileroDetector(this.#layers as SileroLayers, params.threshold));
  }

  override async start(context: NodeContext): Promise<void> {
    await super.start(context);
    this.#layers = await layersFor(context.kernels);
  }
}

/** Per kernels and process: the weights are in the kernels' memory and stay there. */
const loaded = new WeakMap<Kernels, Promise<SileroLayers>>();

function layersFor(kernels: Kernels): Promise<SileroLayers> {
  const known = loaded.get(kernels);
  if (known !== undefined) return known;
  const loading = load(kernels);
  loaded.set(kernels, loading);
  loading.catch(() => loaded.delete(kernels));
  return loading;
}

async function load(kernels: Kernels): Promise<SileroLayers> {
  const file = await readFile(join(await requireModel("silero-vad"), "silero-vad.onnx"));
  return readSileroLayers(file, kernels);
}
