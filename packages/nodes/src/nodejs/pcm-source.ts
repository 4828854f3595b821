import { createReadStream } from "node:fs";
import { audio, defineNode, durationUs, type Frame, type NodeContext, type Output, type ParamsOf } from "@remotemedia/core";
import { bytesPerSample, createPcmDecoder, sampleFormatOf } from "../io/pcm.ts";
import { ioError } from "./io-error.ts";
import { pcmFormat } from "./pcm-params.ts";

const params = {
  type: "object",
  additionalProperties: false,
  properties: {
    path: { type: "string", minLength: 1, default: "-", description: "The file or named pipe; - is standard input." },
    format: pcmFormat,
    sample_rate: { type: "integer", minimum: 1_000, maximum: 768_000, default: 16_000, description: "Sample rate, Hz." },
    channels: { type: "integer", minimum: 1, maximum: 64, default: 1, description: "Number of channels." },
    frame_ms: { type: "number", minimum: 1, maximum: 1_000, default: 20, description: "Length of a frame, ms." },
  },
} as const;

/** Reads raw PCM from standard input, a pipe or a file: no faster than the pipeline takes it. */
export const pcmSource = defineNode({
  type: "pcm-source",
  description: "Reads raw PCM from standard input, a pipe or a file.",
  outputs: { out: audio() },
  requires: ["fs"],
  params,
  ports: ({ format, sampleRate, channels }) => ({
    outputs: { out: audio({ format: sampleFormatOf(format, channels), sampleRate, numberOfChannels: channels }) },
  }),
  create: (given) => {
    let context: NodeContext;
    return {
      start(of) {
        context = of;
      },
      produce: (out) => readFrames(given, context, out),
    };
  },
});

async function* readFrames(given: ParamsOf<typeof params>, { log }: NodeContext, out: Output): AsyncGenerator<Frame> {
  const { path, format, sampleRate, channels, frameMs } = given;
  const frameBytes = channels * bytesPerSample[format];
  const length = Math.max(1, Math.round((sampleRate * frameMs) / 1000));
  const block = new Uint8Array(length * frameBytes);
  const decode = createPcmDecoder(format, block.buffer);
  let filled = 0;
  let position = 0;

  const frameOf = (count: number): Frame => {
    const frame = out.audio({
      format: sampleFormatOf(format, channels),
      numberOfFrames: count,
      numberOfChannels: channels,
      sampleRate,
      timestamp: durationUs(position, sampleRate),
    });
    decode(0, count * channels, frame.data);
    position += count;
    return frame;
  };

  for await (const chunk of bytesOf(path, out.signal)) {
    for (let done = 0; done < chunk.length; ) {
      const part = Math.min(block.length - filled, chunk.length - done);
      block.set(chunk.subarray(done, done + part), filled);
      done += part;
      filled += part;
      if (filled < block.length) continue;
      filled = 0;
      yield frameOf(length);
    }
  }
  if (filled % frameBytes !== 0) log.warn(`${path}: the last sample is cut off: ${filled % frameBytes} bytes dropped`);
  if (filled >= frameBytes) yield frameOf(Math.floor(filled / frameBytes));
}

/** The bytes of a pipe or file; ends early, without an error, when the signal aborts. */
async function* bytesOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stream = path === "-" ? process.stdin : createReadStream(path);
  const end = () => stream.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (thrown) {
    if (!signal.aborted) throw ioError(thrown, "read", path === "-" ? "standard input" : path);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
