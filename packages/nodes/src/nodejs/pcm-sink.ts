import { audio, defineNode, type NodeContext } from "@remotemedia/core";
import { createPcmEncoder, type PcmEncoder } from "../io/pcm.ts";
import { ByteStream } from "./byte-stream.ts";
import { pcmFormat } from "./pcm-params.ts";

/** Writes raw PCM to standard output, a pipe or a file: no faster than it is read there. */
export const pcmSink = defineNode({
  type: "pcm-sink",
  description: "Writes raw PCM to standard output, a pipe or a file.",
  inputs: { in: audio() },
  requires: ["fs"],
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      path: { type: "string", minLength: 1, default: "-", description: "The file or named pipe; - is standard output." },
      format: pcmFormat,
      sample_rate: {
        type: "integer",
        minimum: 1_000,
        maximum: 768_000,
        description: "Rate that is wanted, Hz. Default: that of the input.",
      },
      channels: { type: "integer", minimum: 1, maximum: 64, description: "Channels that are wanted. Default: those of the input." },
    },
  },
  ports: ({ sampleRate, channels }) => ({
    inputs: {
      in: audio({ ...(sampleRate !== undefined && { sampleRate }), ...(channels !== undefined && { numberOfChannels: channels }) }),
    },
  }),
  create: ({ path, format }) => {
    let context: NodeContext;
    let encode: PcmEncoder;
    let stream: ByteStream | undefined;
    let invalid = 0;
    return {
      async start(of) {
        context = of;
        encode = createPcmEncoder(format, of.kernels, (count) => {
          invalid += count;
        });
        stream = await ByteStream.open(path);
      },
      process: (frame) => stream?.append(encode(frame)),
      async stop() {
        if (invalid > 0) context.log.warn(`${invalid} samples were NaN or infinite; written as 0 and full scale`);
        await stream?.close();
        stream = undefined;
      },
    };
  },
});
