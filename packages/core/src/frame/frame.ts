/**
 * Frames: what flows along edges. Field names follow WebCodecs.
 *
 * Ownership: `process` borrows its frame. `retain` keeps it longer, `release` gives it back, `writable` gives samples that may be changed.
 * A forgotten release costs garbage collection and never corrupts. Both the header (a `Frame`) and its samples (a `SharedBuffer`) are
 * counted, because a fan-out shares headers and a restamped header shares samples.
 */

import { errors } from "../errors.ts";
import type { SampleArray, SampleFormat } from "../node/kernels.ts";
import { type ArrayName, BufferPool, type DataArray, type SharedBuffer } from "./buffer-pool.ts";
import { durationUs } from "./timeline.ts";

/** Bits of `frame.flags`, the same on every wire. */
export const Flags = {
  /** The media time or content jumped before this frame. */
  discontinuity: 1,
  /** Something is missing before this frame. */
  gap: 2,
  /** Made by, or downstream of, a node that answers: stale once its turn is over. */
  answer: 4,
  /** The last frame of a segment or an answer on its stream; not the end of the session. */
  end: 8,
} as const;

/** What a frame carries. */
export type FrameKind = "audio" | "video" | "encoded-audio" | "encoded-video" | "text" | "json" | "tensor" | "binary" | "event";

/** Pixel formats; `I420` is the one that nodes compute in. */
export type PixelFormat = "I420" | "NV12" | "RGBA" | "BGRA";

/** A value that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What a user attaches to a frame: plain JSON, kept by every node unless it documents otherwise. */
export type Metadata = { readonly [key: string]: JsonValue };

/** One continuous run of media time. */
export interface MediaStream {
  /** Unique in a session. */
  readonly id: number;
  /** Session time in µs of the stream's timestamp 0. */
  readonly epochUs: number;
}

/** The stream of frames that were made outside a session. */
export const detachedStream: MediaStream = Object.freeze({ id: 0, epochUs: 0 });

/** @internal what a frame carries whose maker gave it nothing; the executor fills in that of the input */
export const noMetadata: Metadata = Object.freeze({});

/** What every frame may be given when it is made. All optional: the executor stamps the rest when it is emitted. */
export interface FrameInit {
  /** Media time in µs, an integer, 0 at the start of the stream; may be negative. Default: that of the input, or the running time of a source. */
  readonly timestamp?: number;
  /** µs. Default: from the number of samples for audio, else 0. */
  readonly duration?: number;
  readonly stream?: MediaStream;
  /** {@link Flags}, or-ed. */
  readonly flags?: number;
  readonly metadata?: Metadata;
  /** Set by the executor; given only by links and tests. */
  readonly turn?: number;
  /** Set by the executor; given only by links and tests. */
  readonly sequence?: number;
}

// A bundle and a package loaded later have classes of their own; a registered symbol makes their frames known to each other.
const brand: unique symbol = Symbol.for("remotemedia.frame") as never;

abstract class BaseFrame {
  abstract readonly kind: FrameKind;
  timestamp: number;
  duration: number;
  /** +1 per output port and stream, wraps at 32 bits: a hole means a drop. */
  sequence: number;
  /** The conversation turn that it belongs to, from 1; 0 before a session stamped it. */
  turn: number;
  stream: MediaStream;
  flags: number;
  metadata: Metadata;
  /** @internal whether its maker said when it is; the executor times the others */
  isTimed: boolean;
  /** @internal holders of this header */
  holders = 1;
  /** @internal pooled samples; undefined if the samples belong to the user or the collector */
  buffer: SharedBuffer | undefined;

  constructor(init: FrameInit, duration: number, buffer: SharedBuffer | undefined) {
    this.timestamp = init.timestamp ?? 0;
    this.isTimed = init.timestamp !== undefined;
    this.duration = duration;
    this.sequence = init.sequence ?? 0;
    this.turn = init.turn ?? 0;
    this.stream = init.stream ?? detachedStream;
    this.flags = init.flags ?? 0;
    this.metadata = init.metadata ?? noMetadata;
    this.buffer = buffer;
  }

  get [brand](): true {
    return true;
  }

  /** Keeps the frame beyond the call that lent it. Pair it with `release`. */
  retain(): this {
    this.holders++;
    return this;
  }

  /** Gives the frame back; with the last holder its samples return to the pool. */
  release(): void {
    if (--this.holders === 0) this.buffer?.release();
  }

  /** Whether somebody else holds the header or the samples. */
  get isShared(): boolean {
    return this.holders > 1 || (this.buffer !== undefined && this.buffer.holders > 1);
  }

  /** A header of its own over the same samples. */
  share(): this {
    if (this.buffer !== undefined) this.buffer.holders++;
    const copy = this.copyHeader(this.buffer);
    copy.isTimed = this.isTimed;
    return copy;
  }

  /** @internal the same header over a buffer; the frame itself is the init of its copy */
  abstract copyHeader(buffer: SharedBuffer | undefined): this;
}

abstract class DataFrame<D extends DataArray> extends BaseFrame {
  /** Sample or byte data. Whoever did not get the frame from `writable` or `out` only reads it. */
  data: D;

  constructor(init: FrameInit & { readonly data: D }, duration: number, buffer: SharedBuffer | undefined) {
    super(init, duration, buffer);
    this.data = init.data;
  }

  /**
   * The frame with samples that may be changed: itself when nobody else holds them, else a pooled copy. Emit what it gives; a copy
   * that is not emitted is released like any frame.
   */
  writable(): this {
    if (this.buffer !== undefined && !this.isShared) return this;
    const pool = this.buffer?.pool ?? unpooled;
    const copy = pool.acquire(arrayNameOf(this.data), this.data.length);
    (copy.data as Float32Array).set(this.data as Float32Array);
    return this.#over(copy.data as D, copy);
  }

  /** A copy that belongs to the caller and to no pool: what users get from outputs and taps. */
  detached(): this {
    return this.#over(this.data.slice() as D, undefined);
  }

  #over(data: D, buffer: SharedBuffer | undefined): this {
    const copy = this.copyHeader(buffer);
    copy.data = data;
    copy.isTimed = this.isTimed;
    return copy;
  }
}

// Copies of frames that never belonged to a session are left to the collector.
const unpooled = new BufferPool({ capacityBytes: 0 });

const arrayNameOf = (data: DataArray): ArrayName =>
  data instanceof Float32Array ? "f32" : data instanceof Int16Array ? "s16" : data instanceof Int32Array ? "s32" : "u8";

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

/** Where a plane lies in `data`. */
export interface PlaneLayout {
  /** Bytes from the start of `data`. */
  readonly offset: number;
  /** Bytes from row to row. */
  readonly stride: number;
}

/** What a video frame is made from. */
export interface VideoInit extends FrameInit {
  /** Default `I420`. */
  readonly format?: PixelFormat;
  /** Pixels. */
  readonly codedWidth: number;
  /** Pixels. */
  readonly codedHeight: number;
  /** Default: planes one after another without padding. */
  readonly layout?: readonly PlaneLayout[];
  readonly data: Uint8Array;
}

/** One picture. */
export class VideoFrame extends DataFrame<Uint8Array> {
  readonly kind = "video";
  readonly format: PixelFormat;
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly layout: readonly PlaneLayout[];

  /** @internal use {@link videoFrame} or `out.video` */
  constructor(init: VideoInit, buffer?: SharedBuffer) {
    super(init, init.duration ?? 0, buffer);
    this.format = init.format ?? "I420";
    this.codedWidth = init.codedWidth;
    this.codedHeight = init.codedHeight;
    this.layout = init.layout ?? tightLayout(this.format, init.codedWidth, init.codedHeight);
  }

  /** @internal */
  copyHeader(buffer: SharedBuffer | undefined): this {
    return new VideoFrame(this, buffer) as this;
  }
}

/** What an encoded chunk is made from. */
export interface EncodedInit extends FrameInit {
  /** WebCodecs codec string, such as `opus` or `vp8`. */
  readonly codec: string;
  /** Whether it can be decoded alone. Default `key`. */
  readonly type?: "key" | "delta";
  readonly data: Uint8Array;
}

/** Encoded media, so that a link or a recorder can pass them on without decoding. */
export class EncodedFrame extends DataFrame<Uint8Array> {
  readonly kind: "encoded-audio" | "encoded-video";
  readonly codec: string;
  readonly type: "key" | "delta";

  /** @internal use {@link encodedFrame} */
  constructor(kind: "encoded-audio" | "encoded-video", init: EncodedInit, buffer?: SharedBuffer) {
    super(init, init.duration ?? 0, buffer);
    this.kind = kind;
    this.codec = init.codec;
    this.type = init.type ?? "key";
  }

  /** @internal */
  copyHeader(buffer: SharedBuffer | undefined): this {
    return new EncodedFrame(this.kind, this, buffer) as this;
  }
}

/** What a tensor is made from. */
export interface TensorInit extends FrameInit {
  readonly dtype: string;
  /** Outermost dimension first. */
  readonly shape: readonly number[];
  readonly data: DataArray;
}

/** A dense array of numbers, row-major. */
export class TensorFrame extends DataFrame<DataArray> {
  readonly kind = "tensor";
  readonly dtype: string;
  readonly shape: readonly number[];

  /** @internal use {@link tensorFrame} */
  constructor(init: TensorInit, buffer?: SharedBuffer) {
    super(init, init.duration ?? 0, buffer);
    this.dtype = init.dtype;
    this.shape = init.shape;
  }

  /** @internal */
  copyHeader(buffer: SharedBuffer | undefined): this {
    return new TensorFrame(this, buffer) as this;
  }
}

/** Bytes of any kind. */
export class BinaryFrame extends DataFrame<Uint8Array> {
  readonly kind = "binary";
  readonly mimeType: string;

  /** @internal use {@link binaryFrame} */
  constructor(init: FrameInit & { readonly data: Uint8Array; readonly mimeType?: string }, buffer?: SharedBuffer) {
    super(init, init.duration ?? 0, buffer);
    this.mimeType = init.mimeType ?? "application/octet-stream";
  }

  /** @internal */
  copyHeader(buffer: SharedBuffer | undefined): this {
    return new BinaryFrame(this, buffer) as this;
  }
}

abstract class ValueFrame extends BaseFrame {
  constructor(init: FrameInit) {
    super(init, init.duration ?? 0, undefined);
  }

  /** A header of its own; the value is immutable and shared. */
  detached(): this {
    return this.share();
  }
}

/** Text: a transcript, a token, an answer. */
export class TextFrame extends ValueFrame {
  readonly kind = "text";
  readonly text: string;
  /** False for a partial result that a later one replaces. */
  readonly final: boolean;

  /** @internal use {@link textFrame} */
  constructor(init: FrameInit & { readonly text: string; readonly final?: boolean }) {
    super(init);
    this.text = init.text;
    this.final = init.final ?? true;
  }

  /** @internal */
  copyHeader(): this {
    return new TextFrame(this) as this;
  }
}

/** Any plain JSON value. */
export class JsonFrame extends ValueFrame {
  readonly kind = "json";
  readonly value: JsonValue;

  /** @internal use {@link jsonFrame} */
  constructor(init: FrameInit & { readonly value: JsonValue }) {
    super(init);
    this.value = init.value;
  }

  /** @internal */
  copyHeader(): this {
    return new JsonFrame(this) as this;
  }
}

/** Something happened: `speech-started`, `speech-stopped`, `turn-ended`, `marker` … */
export class EventFrame extends ValueFrame {
  readonly kind = "event";
  readonly name: string;
  readonly value: JsonValue;

  /** @internal use {@link eventFrame} */
  constructor(init: FrameInit & { readonly name: string; readonly value?: JsonValue }) {
    super(init);
    this.name = init.name;
    this.value = init.value ?? null;
  }

  /** @internal */
  copyHeader(): this {
    return new EventFrame(this) as this;
  }
}

/** Any frame; `kind` tells which. */
export type Frame = AudioFrame | VideoFrame | EncodedFrame | TextFrame | JsonFrame | TensorFrame | BinaryFrame | EventFrame;

/** Whether a value is a frame, also from another copy of the library. */
export const isFrame = (value: unknown): value is Frame =>
  typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;

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

/** A picture over the caller's bytes. @example videoFrame({ codedWidth: 640, codedHeight: 360, data }) */
export const videoFrame = (init: VideoInit): VideoFrame => new VideoFrame(init);
/** Encoded media over the caller's bytes. @example encodedFrame("encoded-audio", { codec: "opus", data }) */
export const encodedFrame = (kind: "encoded-audio" | "encoded-video", init: EncodedInit): EncodedFrame => new EncodedFrame(kind, init);
/** A text frame. @example textFrame("hello") */
export const textFrame = (text: string, init: FrameInit & { readonly final?: boolean } = {}): TextFrame => new TextFrame({ ...init, text });
/** A frame of plain JSON. @example jsonFrame({ answer: 42 }) */
export const jsonFrame = (value: JsonValue, init: FrameInit = {}): JsonFrame => new JsonFrame({ ...init, value });
/** A tensor over the caller's array. @example tensorFrame({ dtype: "float32", shape: [2, 3], data }) */
export const tensorFrame = (init: TensorInit): TensorFrame => new TensorFrame(init);
/** A frame of bytes. @example binaryFrame(bytes, { mimeType: "image/png" }) */
export const binaryFrame = (data: Uint8Array, init: FrameInit & { readonly mimeType?: string } = {}): BinaryFrame =>
  new BinaryFrame({ ...init, data });
/** An event. @example eventFrame("marker", { name: "chorus" }) */
export const eventFrame = (name: string, value: JsonValue = null, init: FrameInit = {}): EventFrame =>
  new EventFrame({ ...init, name, value });

/** The planes of a picture, one after another without padding. */
export function tightLayout(format: PixelFormat, width: number, height: number): readonly PlaneLayout[] {
  if (format === "RGBA" || format === "BGRA") return [{ offset: 0, stride: width * 4 }];
  const half = (width + 1) >> 1;
  const luma = width * height;
  if (format === "NV12")
    return [
      { offset: 0, stride: width },
      { offset: luma, stride: half * 2 },
    ];
  const chroma = half * ((height + 1) >> 1);
  return [
    { offset: 0, stride: width },
    { offset: luma, stride: half },
    { offset: luma + chroma, stride: half },
  ];
}
