/**
 * What all frames have. Field names follow WebCodecs.
 *
 * Ownership: `process` borrows its frame. `retain` keeps it longer, `release` gives it back, `writable` gives samples that may be changed.
 * A forgotten release costs garbage collection and never corrupts. Both the header (a `Frame`) and its samples (a `SharedBuffer`) are
 * counted, because a fan-out shares headers and a restamped header shares samples.
 */

import { type ArrayName, BufferPool, type DataArray, type SharedBuffer } from "./buffer-pool.ts";

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
export const brand: unique symbol = Symbol.for("remotemedia.frame") as never;

/** The header of every frame, and who holds it. */
export abstract class BaseFrame {
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

/** A frame with samples or bytes. */
export abstract class DataFrame<D extends DataArray> extends BaseFrame {
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

/** A frame with an immutable value. */
export abstract class ValueFrame extends BaseFrame {
  constructor(init: FrameInit) {
    super(init, init.duration ?? 0, undefined);
  }

  /** A header of its own; the value is immutable and shared. */
  detached(): this {
    return this.share();
  }
}
