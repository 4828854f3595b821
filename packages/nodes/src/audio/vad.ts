import { audio, defineNode, event, type NodeContext, type NodeExecutor, type PlanarFrame, sameAs } from "@remotemedia/core";
import { VadNode, type VadRules } from "./vad-node.ts";
import { vadParams } from "./vad-params.ts";

/**
 * Detects speech by its energy over an adaptive noise floor. `events` tells `speech-started` {timestamp_us} and `speech-stopped`
 * {timestamp_us, started_us, duration_us, silence_us, reason: silence | max-length | jump | end}; both times are those of the speech itself, without
 * pre-roll and hangover, and `silence_us` is the hangover that had passed.
 */
export const vad = defineNode({
  type: "vad",
  description: "Detects speech by its energy, and tells when it starts and stops; lets everything through, or only speech.",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in"), events: event() },
  params: vadParams,
  latencyUs: ({ segments, frameMs, minSpeechMs }) => (segments ? Math.round(1000 * (frameMs + minSpeechMs)) : 0),
  create: createVad,
});

/** The executor behind {@link vad}. */
export function createVad(params: VadRules & { readonly threshold: number; readonly floorRatio: number }): NodeExecutor<PlanarFrame> {
  const { threshold, floorRatio } = params;
  const detectorOf = ({ kernels }: NodeContext, frameLength: number) => kernels.createEnergyVad({ frameLength, threshold, floorRatio });
  return new VadNode(params, detectorOf);
}
