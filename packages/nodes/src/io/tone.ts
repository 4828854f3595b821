import { audio, defineNode, type NodeContext } from "@remotemedia/core";
import { synthesisParams, synthesize } from "./synthesis.ts";

/** A sine, the same in every channel. */
export const tone = defineNode({
  type: "tone",
  description: "A sine tone.",
  outputs: { out: audio("f32-planar") },
  live: ({ pace }) => pace,
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      frequency: { type: "number", minimum: 0, maximum: 384_000, default: 440, description: "Frequency, Hz." },
      amplitude: { type: "number", minimum: 0, maximum: 1, default: 0.5, description: "Amplitude; full scale is 1." },
      ...synthesisParams,
    },
  },
  ports: ({ sampleRate, channels }) => ({ outputs: { out: audio({ format: "f32-planar", sampleRate, numberOfChannels: channels }) } }),
  create: (params) => {
    const { frequency, amplitude, sampleRate } = params;
    let context: NodeContext;
    return {
      start(of) {
        context = of;
      },
      produce: (out) =>
        synthesize(params, context, out, (data, from, count, channels) => {
          for (let index = 0; index < count; index++) {
            // From the number of the sample, not by adding steps: the remainder is exact, so that the phase does not drift.
            const turns = ((frequency * (from + index)) % sampleRate) / sampleRate;
            data[index] = amplitude * context.kernels.sin(2 * Math.PI * turns);
          }
          for (let channel = 1; channel < channels; channel++) data.copyWithin(channel * count, 0, count);
        }),
    };
  },
});
