import { audio, defineNode, type NodeContext, sameAs } from "@remotemedia/core";

/** Changes how samples are stored. Frames that have the format already go through untouched. */
export const formatConvert = defineNode({
  type: "format-convert",
  description: "Changes the sample format: rounds half to even, clamps, never wraps.",
  inputs: { in: audio() },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    required: ["format"],
    properties: {
      format: {
        type: "string",
        enum: ["f32-planar", "f32", "s16", "s16-planar", "s32"],
        description: "Sample format of the output; f32 full scale is ±1, `-planar` keeps each channel in one piece.",
      },
    },
  },
  ports: ({ format }) => ({ outputs: { out: sameAs("in", { format }) } }),
  create: ({ format }) => {
    let context: NodeContext;
    return {
      start(of) {
        context = of;
      },
      process(frame, _port, out) {
        if (frame.format === format) return out.emit("out", frame);
        const { numberOfChannels, numberOfFrames, flags } = frame;
        const output = out.audio({ numberOfFrames, format, flags });
        context.kernels.convert(frame.data, frame.format, output.data, format, numberOfChannels, numberOfFrames);
        return out.emit("out", output);
      },
    };
  },
});
