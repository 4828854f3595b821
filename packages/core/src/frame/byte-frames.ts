/** Encoded media, tensors, and bytes of any kind. */
import { DataFrame, type FrameInit } from "./base-frame.ts";
import type { DataArray, SharedBuffer } from "./buffer-pool.ts";

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

/** Encoded media over the caller's bytes. @example encodedFrame("encoded-audio", { codec: "opus", data }) */
export const encodedFrame = (kind: "encoded-audio" | "encoded-video", init: EncodedInit): EncodedFrame => new EncodedFrame(kind, init);

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

/** A tensor over the caller's array. @example tensorFrame({ dtype: "float32", shape: [2, 3], data }) */
export const tensorFrame = (init: TensorInit): TensorFrame => new TensorFrame(init);

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

/** A frame of bytes. @example binaryFrame(bytes, { mimeType: "image/png" }) */
export const binaryFrame = (data: Uint8Array, init: FrameInit & { readonly mimeType?: string } = {}): BinaryFrame =>
  new BinaryFrame({ ...init, data });
