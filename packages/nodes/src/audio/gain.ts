import { audio, defineNode, type NodeContext, sameAs } from "@remotemedia/core";

/** Makes audio louder or softer, in place where nobody else holds the samples. */
export const gain = defineNode({
  type: "gain",
  description: "Makes audio louder or softer.",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      gain_db: { type: "number", minimum: -120, maximum: 60, default: 0, description: "Gain in dB." },
      factor: {
        type: "number",
        minimum: -1000,
        maximum: 1000,
        default: 1,
        description: "Factor on the samples, on top of gain_db; negative inverts.",
      },
    },
  },
  create: (params) => {
    let { gainDb, factor } = params;
    let context: NodeContext;
    let product = 1;
    const update = () => {
      product = factor * context.kernels.exp((gainDb * Math.LN10) / 20);
    };
    return {
      start(of) {
        context = of;
        update();
      },
      configure(changed: typeof params) {
        ({ gainDb, factor } = changed);
        update();
      },
      process(frame, _port, out) {
        if (product === 1) return out.emit("out", frame);
        const own = frame.writable();
        context.kernels.gain(own.data, own.data.length, product);
        return out.emit("out", own);
      },
    };
  },
});
