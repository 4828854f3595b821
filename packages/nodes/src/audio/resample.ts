import {
  type AudioFrame,
  audio,
  defineNode,
  Flags,
  type MediaFormat,
  type MediaStream,
  type NodeContext,
  type NodeExecutor,
  type Output,
  type ResampleQuality,
  type Resampler,
  sameAs,
} from "@remotemedia/core";
import { Continuity } from "./continuity.ts";
import { HeldMetadata } from "./held-metadata.ts";
import { type FilledFrame, KeptFrames } from "./kept-frames.ts";

/** What the kernels can convert, Hz. */
const rates = { min: 8_000, max: 192_000 } as const;

/** Half the filter's length in samples of the lower rate. */
const halfLength: Readonly<Record<ResampleQuality, number>> = { draft: 8, fast: 20, high: 54 };
/** The longest hop of a live resampler. */
const hopUs = 10_700;

/** The delay of a live resampler, at most; the rate that comes in is not known yet and taken for 16 kHz or more. */
const latencyUs = (sampleRate: number, quality: ResampleQuality): number =>
  hopUs + Math.ceil((halfLength[quality] * 1e6) / Math.min(sampleRate, 16_000));

/**
 * Converts audio to another sample rate. Frames that have it already go through untouched. A live node gives samples as soon as it has them; in a
 * batch each frame comes out as one frame of the same time, so that what was given whole comes back whole.
 */
export const resample = defineNode({
  type: "resample",
  description: "Converts audio to another sample rate.",
  inputs: { in: audio({ format: "f32-planar", sampleRate: rates }) },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    required: ["sample_rate"],
    properties: {
      sample_rate: { type: "integer", minimum: rates.min, maximum: rates.max, description: "Rate of the output, Hz." },
      quality: {
        type: "string",
        enum: ["draft", "fast", "high"],
        default: "high",
        description:
          "high: within 0.1 dB up to 92.5 % of the band, −120 dB beyond it; fast: a wider transition and a shorter delay; draft: for previews and meters.",
      },
    },
  },
  ports: ({ sampleRate }) => ({ outputs: { out: sameAs("in", { sampleRate }) } }),
  latencyUs: ({ sampleRate, quality }) => latencyUs(sampleRate, quality),
  create: ({ sampleRate, quality }) => createResampleNode(sampleRate, quality),
});

/** The executor behind {@link resample}; `audio-transform` runs it behind a remix. */
export function createResampleNode(outputRate: number, quality: ResampleQuality): NodeExecutor {
  const continuity = new Continuity();
  const held = new HeldMetadata();
  const kept = new KeptFrames();
  let samples = new Float32Array(0);
  let context: NodeContext;
  let expected: MediaFormat | undefined;
  let resampler: Resampler | undefined;
  let inputRate = 0;
  let channels = 0;
  let stream: MediaStream;
  /** Samples per channel since the last restart. */
  let heard = 0;
  let given = 0;
  let nextFlags = 0;

  function restart(frame: AudioFrame): void {
    forget();
    stream = frame.stream;
    if (frame.sampleRate === inputRate && frame.numberOfChannels === channels) resampler?.reset();
    else prepare(frame);
  }

  function prepare(input: Pick<AudioFrame, "sampleRate" | "numberOfChannels">): void {
    inputRate = input.sampleRate;
    channels = input.numberOfChannels;
    resampler?.close();
    const options = { inputRate, outputRate, channels, quality, latency: context.mode };
    resampler = inputRate === outputRate ? undefined : context.kernels.createResampler(options);
  }

  /** An output frame that goes on from the one before. */
  function nextFrame(numberOfFrames: number, timestamp: number, flags: number, out: Output): FilledFrame {
    const metadata = held.at((given * inputRate) / outputRate);
    const frame = out.audio({
      numberOfFrames,
      numberOfChannels: channels,
      sampleRate: outputRate,
      timestamp,
      stream,
      metadata,
      flags: nextFlags | flags,
    });
    given += numberOfFrames;
    nextFlags = 0;
    return frame;
  }

  /** Gives out what is held at the end of a segment, or after a jump; `timestamp` is when it begins. */
  function drain(timestamp: number, flags: number, out: Output): void | Promise<void> {
    if (resampler === undefined) return;
    const count = resampler.flushFrames();
    if (context.mode === "batch") return drainBatch(resampler, count, timestamp, flags, out);
    const frame = count > 0 || flags !== 0 ? nextFrame(count, timestamp, flags, out) : undefined;
    resampler.flush(frame?.data ?? empty);
    forget();
    return frame === undefined ? undefined : out.emit("out", frame);
  }

  function drainBatch(running: Resampler, count: number, timestamp: number, flags: number, out: Output): void | Promise<void> {
    if (kept.last === undefined && flags !== 0) kept.begin(nextFrame(0, timestamp, 0, out));
    if (kept.last !== undefined) kept.last.flags |= flags;
    running.flush(room(count));
    const full = kept.fill(samples, count);
    forget();
    return emitEach(full, out);
  }

  /** Nothing is held and nothing was given: the next sample is the first. */
  function forget(): void {
    held.reset();
    kept.drop();
    heard = 0;
    given = 0;
  }

  function convert(frame: AudioFrame, out: Output): void | Promise<void> {
    if (resampler === undefined) return pass(frame, out);
    heard += frame.numberOfFrames;
    held.push(heard, frame.metadata);
    const wait = context.mode === "batch" ? stepBatch(resampler, frame, out) : step(resampler, frame, out);
    if ((frame.flags & Flags.end) === 0) return wait;
    return wait === undefined ? finish(out) : wait.then(() => finish(out));
  }

  function step(running: Resampler, { data, numberOfFrames }: AudioFrame, out: Output): void | Promise<void> {
    const count = running.outputFrames(numberOfFrames);
    const output = count > 0 ? nextFrame(count, continuity.at(given, outputRate), 0, out) : undefined;
    running.process(data as Float32Array, numberOfFrames, output?.data ?? empty);
    return output === undefined ? undefined : out.emit("out", output);
  }

  function stepBatch(running: Resampler, { data, numberOfFrames }: AudioFrame, out: Output): void | Promise<void> {
    const length = Math.ceil((heard * outputRate) / inputRate) - given;
    if (length > 0) kept.begin(nextFrame(length, continuity.at(given, outputRate), 0, out));
    const count = running.outputFrames(numberOfFrames);
    running.process(data as Float32Array, numberOfFrames, room(count));
    return emitEach(kept.fill(samples, count), out);
  }

  /** Room for `count` samples per channel. */
  function room(count: number): Float32Array {
    if (samples.length < count * channels) samples = new Float32Array(count * channels);
    return samples;
  }

  /** A frame that has the wanted rate; its header is its own only where the flag must be added. */
  function pass(frame: AudioFrame, out: Output): void | Promise<void> {
    const flags = frame.flags | nextFlags;
    nextFlags = 0;
    if (flags === frame.flags) return out.emit("out", frame);
    const marked = frame.share();
    marked.flags = flags;
    return out.emit("out", marked);
  }

  /** The end of a segment: what follows is a new one even if its time goes on. */
  function finish(out: Output): void | Promise<void> {
    const timestamp = continuity.at(given, outputRate);
    continuity.reset();
    return drain(timestamp, Flags.end, out);
  }

  /** The first frame, or the first after a jump. */
  function begin(frame: AudioFrame, out: Output): void | Promise<void> {
    restart(frame);
    nextFlags |= frame.flags & (Flags.discontinuity | Flags.gap);
    return convert(frame, out);
  }

  return {
    negotiate({ in: input }) {
      expected = input;
    },
    start(of) {
      context = of;
      // The first frame shall not pay for the design of the filter.
      if (expected?.kind === "audio") prepare(expected);
    },
    process(frame, _port, out) {
      const input = frame as AudioFrame;
      const drainedAtUs = continuity.at(given, outputRate);
      const before = continuity.follow(input);
      if (before === undefined) return heard === 0 ? begin(input, out) : convert(input, out);
      const wait = before === "jump" ? drain(drainedAtUs, 0, out) : undefined;
      nextFlags |= Flags.discontinuity;
      return wait === undefined ? begin(input, out) : wait.then(() => begin(input, out));
    },
    flush: (out) => drain(continuity.at(given, outputRate), 0, out),
    stop() {
      kept.drop();
      resampler?.close();
      resampler = undefined;
    },
  };
}

const empty = new Float32Array(0);

/** Emits one after the other, waiting where there is no room. */
function emitEach(frames: readonly AudioFrame[], out: Output, from = 0): void | Promise<void> {
  for (let index = from; index < frames.length; index++) {
    const wait = out.emit("out", frames[index] as AudioFrame);
    if (wait !== undefined) return wait.then(() => emitEach(frames, out, index + 1));
  }
}
