import { audio, defineNode, type NodeContext } from "@remotemedia/core";
import { synthesisParams, synthesize } from "./synthesis.ts";

/** White noise, uniform, independent in every channel. The same seed gives the same samples on every host. */
export const noise = defineNode({
  type: "noise",
  description: "White noise.",
  outputs: { out: audio("f32-planar") },
  live: ({ pace }) => pace,
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      amplitude: {
        type: "number",
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: "The largest sample; full scale is 1. The RMS is this ÷ √3.",
      },
      seed: {
        type: "integer",
        minimum: 1,
        maximum: 0xffffffff,
        description: "Start of the random numbers. Default: from the session's seed.",
      },
      ...synthesisParams,
    },
  },
  ports: ({ sampleRate, channels }) => ({ outputs: { out: audio({ format: "f32-planar", sampleRate, numberOfChannels: channels }) } }),
  create: (params) => {
    let context: NodeContext;
    return {
      start(of) {
        context = of;
      },
      produce(out) {
        const next = xorshift32(params.seed ?? Math.floor(context.random() * 0xffffffff) + 1);
        return synthesize(params, context, out, (data, _from, count, channels) => {
          // Sample by sample over the channels, so that framing does not change them.
          for (let index = 0; index < count; index++) {
            for (let channel = 0; channel < channels; channel++) data[channel * count + index] = (params.amplitude * next()) / 2 ** 31;
          }
        });
      },
    };
  },
});

/** G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003: shifts 13, 17, 5; as signed 32-bit integers. */
function xorshift32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}
