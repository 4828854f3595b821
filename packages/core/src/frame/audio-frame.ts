/** Audio samples. */
import { errors } from "../errors.ts";
import type { SampleArray, SampleFormat } from "../node/kernels.ts";
import { DataFrame, type FrameInit } from "./base-frame.ts";
import type { SharedBuffer } from "./buffer-pool.ts";
import { durationUs } from "./timeline.ts";

/** What an audio frame is made from. */
export interface AudioInit extends FrameInit {
  /** Default `f32-planar`. */
  readonly format?: SampleFormat;
  /** Hz. */
  readonly sampleRate: number;
  /** Default 1. */
  readonly numberOfChannels?: number;
  /** Samples per channel. Default: `data.length / numberOfChannels`. */
  readonly numberOfFrames?: number;
  readonly data: SampleArray;
}

/** Audio samples. `data` holds `numberOfChannels × numberOfFrames` samples, planes one after another or interleaved as `format` says. */
export class AudioFrame extends DataFrame<SampleArray> {
  readonly kind = "audio";
  format: SampleFormat;
  /** Hz. */
  sampleRate: number;
  numberOfChannels: number;
  /** Samples per channel. */
  numberOfFrames: number;

  /** @internal use {@link audioFrame} or `out.audio` */
  constructor(init: AudioInit, buffer?: SharedBuffer) {
    const channels = init.numberOfChannels ?? 1;
    const frames = init.numberOfFrames ?? init.data.length / channels;
    super(init, init.duration ?? durationUs(frames, init.sampleRate), buffer);
    this.format = init.format ?? "f32-planar";
    this.sampleRate = init.sampleRate;
    this.numberOfChannels = channels;
    this.numberOfFrames = frames;
  }

  /** @internal */
  copyHeader(buffer: SharedBuffer | undefined): this {
    return new AudioFrame(this, buffer) as this;
  }
}

/**
 * An audio frame over the caller's samples.
 *
 * @throws `media-invalid` when the samples do not fit the format, or the rate or the number of channels makes no sense.
 * @example audioFrame({ sampleRate: 16_000, data: new Float32Array(320) })
 */
export function audioFrame(init: AudioInit): AudioFrame {
  const frame = new AudioFrame(init);
  const { format, sampleRate, numberOfChannels, numberOfFrames, data } = frame;
  const Expected = format === "s16" || format === "s16-planar" ? Int16Array : format === "s32" ? Int32Array : Float32Array;
  const isSound =
    Number.isInteger(numberOfFrames) && Number.isInteger(numberOfChannels) && numberOfChannels >= 1 && numberOfChannels <= maxChannels;
  if (
    !isSound ||
    !(sampleRate >= 1 && sampleRate <= maxSampleRate) ||
    !(data instanceof Expected) ||
    data.length !== numberOfChannels * numberOfFrames
  ) {
    throw errors.mediaInvalid({
      message: "the audio frame does not fit together",
      expected: `${Expected.name} of numberOfChannels × numberOfFrames samples, 1 to ${maxChannels} channels, 1 to ${maxSampleRate} Hz`,
      received: `${data?.constructor.name} of ${data?.length} samples, ${numberOfChannels} × ${numberOfFrames}, ${sampleRate} Hz`,
    });
  }
  return frame;
}

/** The most channels that a frame may have. */
export const maxChannels = 64;
/** The highest sample rate that a frame may have, Hz. */
export const maxSampleRate = 768_000;
