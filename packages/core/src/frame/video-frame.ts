/** Pictures. */
import { DataFrame, type FrameInit } from "./base-frame.ts";
import type { SharedBuffer } from "./buffer-pool.ts";

/** Pixel formats; `I420` is the one that nodes compute in. */
export type PixelFormat = "I420" | "NV12" | "RGBA" | "BGRA";

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

/** A picture over the caller's bytes. @example videoFrame({ codedWidth: 640, codedHeight: 360, data }) */
export const videoFrame = (init: VideoInit): VideoFrame => new VideoFrame(init);

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
