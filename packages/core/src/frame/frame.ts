/** Frames: what flows along edges. One file per family; this one puts them together. */
import type { AudioFrame } from "./audio-frame.ts";
import { brand } from "./base-frame.ts";
import type { BinaryFrame, EncodedFrame, TensorFrame } from "./byte-frames.ts";
import type { EventFrame, JsonFrame, TextFrame } from "./value-frames.ts";
import type { VideoFrame } from "./video-frame.ts";

export { AudioFrame, type AudioInit, audioFrame, maxChannels, maxSampleRate } from "./audio-frame.ts";
export {
  detachedStream,
  Flags,
  type FrameInit,
  type FrameKind,
  type JsonValue,
  type MediaStream,
  type Metadata,
  noMetadata,
} from "./base-frame.ts";
export {
  BinaryFrame,
  binaryFrame,
  EncodedFrame,
  type EncodedInit,
  encodedFrame,
  TensorFrame,
  type TensorInit,
  tensorFrame,
} from "./byte-frames.ts";
export { EventFrame, eventFrame, JsonFrame, jsonFrame, TextFrame, textFrame } from "./value-frames.ts";
export { type PixelFormat, type PlaneLayout, tightLayout, VideoFrame, type VideoInit, videoFrame } from "./video-frame.ts";

/** Any frame; `kind` tells which. */
export type Frame = AudioFrame | VideoFrame | EncodedFrame | TextFrame | JsonFrame | TensorFrame | BinaryFrame | EventFrame;

/** Whether a value is a frame, also from another copy of the library. */
export const isFrame = (value: unknown): value is Frame =>
  typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;
