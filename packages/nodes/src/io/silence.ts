import { audio, defineNode, type NodeContext } from "@remotemedia/core";
import { synthesisParams, synthesize } from "./synthesis.ts";

/** Digital silence. */
export const silence = defineNode({
  type: "silence",
  description: "Digital silence.",
  outputs: { out: audio("f32-planar") },
  live: ({ pace }) => pace,
  params: { type: "object", additionalProperties: false, properties: synthesisParams },
  ports: ({ sampleRate, channels }) => ({ outputs: { out: audio({ format: "f32-planar", sampleRate, numberOfChannels: channels }) } }),
  create: (params) => {
    let context: NodeContext;
    return {
      start(of) {
        context = of;
      },
      produce: (out) => synthesize(params, context, out, (data) => data.fill(0)),
    };
  },
});
