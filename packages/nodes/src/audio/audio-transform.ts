import { type AudioFrame, audio, defineNode, type Frame, type NodeContext, type Output, sameAs } from "@remotemedia/core";
import { createRemix } from "./remix.ts";
import { createResampleNode } from "./resample.ts";

/** `remix` and `resample` in one node, as the earlier SDK had it. */
export const audioTransform = defineNode({
  type: "audio-transform",
  description: "Changes the number of channels and the sample rate.",
  inputs: { in: audio({ format: "f32-planar", sampleRate: { min: 8_000, max: 192_000 } }) },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      sample_rate: { type: "integer", minimum: 8_000, maximum: 192_000, default: 44_100, description: "Rate of the output, Hz." },
      channels: { type: "integer", minimum: 1, maximum: 64, default: 2, description: "Channels of the output." },
    },
  },
  ports: ({ sampleRate, channels }) => ({ outputs: { out: sameAs("in", { sampleRate, numberOfChannels: channels }) } }),
  create: ({ sampleRate, channels }) => {
    const mix = createRemix(channels);
    const resampler = createResampleNode(sampleRate, "high");
    let context: NodeContext;

    /** The output of the resampler, to which the mixed frame is borrowed as an input is. */
    const lending = (mixed: Frame, out: Output): Output => ({
      emit: (port, frame) => out.emit(port, frame === mixed ? frame.retain() : frame),
      audio: (init) => out.audio(init),
      video: (init) => out.video(init),
      get signal() {
        return out.signal;
      },
      turn: out.turn,
    });

    function convert(mixed: AudioFrame, out: Output): void | Promise<void> {
      const wait = resampler.process?.(mixed, "in", lending(mixed, out)) as void | Promise<void>;
      if (wait !== undefined) return wait.finally(() => mixed.release());
      mixed.release();
    }

    return {
      negotiate({ in: input }) {
        if (input?.kind === "audio") return void resampler.negotiate?.({ in: { ...input, numberOfChannels: channels } });
      },
      start(of) {
        context = of;
        return resampler.start?.(of);
      },
      process(frame, port, out) {
        const mixed = mix(frame, context.kernels, out);
        return mixed === frame ? resampler.process?.(frame, port, out) : convert(mixed, out);
      },
      flush: (out) => resampler.flush?.(out),
      stop: () => resampler.stop?.(),
    };
  },
});
