/** Audio as users have it, in one piece, to frames and back. */
import { errors } from "../errors.ts";
import { type AudioFrame, audioFrame, type Frame } from "../frame/frame.ts";
import type { SampleArray, SampleFormat } from "../node/kernels.ts";

/** Audio in one array. */
export interface Samples {
  /** `numberOfChannels × frames` samples. */
  readonly samples: SampleArray;
  /** Hz. */
  readonly sampleRate: number;
  /** Default 1. */
  readonly numberOfChannels?: number;
  /** How they lie. Default: planar, the planes of all channels one after another (`s32` knows interleaved only). */
  readonly format?: SampleFormat;
}

/** Whether a value is audio in one array. */
export const isSamples = (value: unknown): value is Samples =>
  typeof value === "object" && value !== null && ArrayBuffer.isView((value as Samples).samples) && "sampleRate" in value;

const planarFormatOf = (samples: SampleArray): SampleFormat =>
  samples instanceof Int16Array ? "s16-planar" : samples instanceof Int32Array ? "s32" : "f32-planar";

const known = new Set(["samples", "sampleRate", "numberOfChannels", "format"]);

/** `channels: 2` would be heard as mono. */
function checkNames(samples: Samples): Samples {
  const unknown = Object.keys(samples).filter((key) => !known.has(key));
  if (unknown.length === 0) return samples;
  throw errors.usage({ message: `audio knows no ${unknown.join(", ")}`, expected: `only ${[...known].join(", ")}` });
}

const init = ({ samples, sampleRate, numberOfChannels = 1, format = planarFormatOf(samples) }: Samples) => ({
  data: samples,
  sampleRate,
  numberOfChannels,
  format,
});

/** All of it as one frame over the same memory. */
export const toAudioFrame = (samples: Samples): AudioFrame => audioFrame(init(checkNames(samples)));

// As file sources read: small enough for the caches, and buffers come back before the next block needs them. Half a second in one piece of
// 10 s takes a third of the time that 10 s in one piece take.
const blockSeconds = 0.5;

/** In blocks of half a second, as a file would come. */
export function* blocksOf(samples: Samples): Generator<AudioFrame> {
  const { data, sampleRate, numberOfChannels, numberOfFrames, format } = toAudioFrame(samples);
  const isPlanar = (format === "f32-planar" || format === "s16-planar") && numberOfChannels > 1;
  const length = Math.max(1, Math.round(sampleRate * blockSeconds));
  for (let start = 0; start < Math.max(numberOfFrames, 1); start += length) {
    const end = Math.min(start + length, numberOfFrames);
    const block = isPlanar
      ? planesOf(data, numberOfChannels, numberOfFrames, start, end)
      : data.subarray(start * numberOfChannels, end * numberOfChannels);
    yield audioFrame({ data: block, sampleRate, numberOfChannels, format });
  }
}

function planesOf(data: SampleArray, channels: number, frames: number, start: number, end: number): SampleArray {
  const block = data.slice(0, channels * (end - start));
  for (let channel = 0; channel < channels; channel++)
    block.set(data.subarray(channel * frames + start, channel * frames + end), channel * (end - start));
  return block;
}

/**
 * The audio of a run in one array: what `run({ samples, sampleRate })` gives, put together again.
 *
 * @returns the samples in the format, rate and channels of the frames; planar formats stay planar. Other frames are left out.
 * @throws `media-incompatible` when the frames are not of one format, `usage` when there is no audio.
 * @example const { outputs } = await pipeline.run({ samples, sampleRate: 48_000 }); play(joinAudio(outputs.resample));
 */
export function joinAudio(frames: Iterable<Frame>): Samples & { readonly numberOfChannels: number; readonly format: SampleFormat } {
  const audio = [...frames].filter((frame) => frame.kind === "audio");
  const first = audio[0];
  if (first === undefined) throw errors.usage({ message: "there is no audio among the frames" });
  const { sampleRate, numberOfChannels, format } = first;
  const isAlike = audio.every(
    (frame) => frame.sampleRate === sampleRate && frame.numberOfChannels === numberOfChannels && frame.format === format,
  );
  if (!isAlike)
    throw errors.mediaIncompatible({
      message: "the frames are not of one format",
      fix: "Put resample, remix or format-convert before the output.",
    });
  const total = audio.reduce((sum, frame) => sum + frame.numberOfFrames, 0);
  const planes = format === "f32-planar" || format === "s16-planar" ? numberOfChannels : 1;
  const samples = new (first.data.constructor as Float32ArrayConstructor)(total * numberOfChannels) as SampleArray;
  let at = 0;
  for (const { data } of audio) {
    const length = data.length / planes;
    for (let plane = 0; plane < planes; plane++)
      samples.set(data.subarray(plane * length, (plane + 1) * length), plane * (samples.length / planes) + at);
    at += length;
  }
  return { samples, sampleRate, numberOfChannels, format };
}
