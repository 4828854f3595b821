import type { FrameKind, PixelFormat, PlaneLayout, SampleFormat } from "@remotemedia/core";
import { type Schema, schema } from "./schema.ts";

/** A frame as fields of the wire; of each kind only its own are used. */
export interface FrameRecord {
  kind: number;
  /** Position of the node's port; only in memory, between an executor and a sandboxed node. */
  port: number;
  flags: number;
  /** µs; undefined where the maker did not say when. */
  timestampUs: number | undefined;
  durationUs: number;
  turn: number;
  sequence: number;
  stream: number;
  format: number;
  sampleRate: number;
  channels: number;
  frames: number;
  width: number;
  height: number;
  /** Bytes from row to row of the first plane; `layout` has all planes where they do not lie tight. */
  stride: number;
  streamEpochUs: number;
  metadata: string;
  codec: string;
  type: number;
  mimeType: string;
  name: string;
  final: boolean;
  dtype: string;
  shape: readonly number[];
  layout: readonly PlaneLayout[];
  data: Uint8Array;
}

const noBytes = new Uint8Array();

/** A frame of which nothing is known. */
export const emptyFrame = (): FrameRecord => ({
  kind: 0,
  port: 0,
  flags: 0,
  timestampUs: undefined,
  durationUs: 0,
  turn: 0,
  sequence: 0,
  stream: 0,
  format: 0,
  sampleRate: 0,
  channels: 0,
  frames: 0,
  width: 0,
  height: 0,
  stride: 0,
  streamEpochUs: 0,
  metadata: "",
  codec: "",
  type: 0,
  mimeType: "",
  name: "",
  final: false,
  dtype: "",
  shape: [],
  layout: [],
  data: noBytes,
});

const layoutSchema = schema<PlaneLayout>(
  [
    [1, "offset", "uint32"],
    [2, "stride", "uint32"],
  ],
  () => ({ offset: 0, stride: 0 }),
);

type FrameRow = Parameters<typeof schema<FrameRecord>>[0][number];

// What the in-memory descriptor has no place for.
const extraRows: readonly FrameRow[] = [
  [16, "streamEpochUs", "sint64"],
  [18, "codec", "string"],
  [19, "type", "uint32"],
  [20, "mimeType", "string"],
  [21, "name", "string"],
  [22, "final", "bool"],
  [23, "dtype", "string"],
  [24, "shape", "uint32", "repeated"],
  [25, "layout", layoutSchema, "repeated"],
];

const descriptorRows: readonly FrameRow[] = [
  [1, "kind", "uint32"],
  [2, "port", "uint32"],
  [3, "flags", "uint32"],
  [4, "timestampUs", "sint64", "optional"],
  [5, "durationUs", "sint64"],
  [6, "turn", "uint32"],
  [7, "sequence", "uint32"],
  [8, "stream", "uint32"],
  [9, "format", "uint32"],
  [10, "sampleRate", "uint32"],
  [11, "channels", "uint32"],
  [12, "frames", "uint32"],
  [13, "width", "uint32"],
  [14, "height", "uint32"],
  [15, "stride", "uint32"],
  [17, "metadata", "string"],
  // The highest, so that the bytes come last.
  [100, "data", "bytes"],
];

const inOrder = [...descriptorRows, ...extraRows].sort(([a], [b]) => a - b);

/** `Frame` of `remotemedia.proto`. */
export const frameSchema: Schema<FrameRecord> = schema(inOrder, emptyFrame);
/** The fields of `Frame` that a descriptor's `extra` holds, under the same numbers. */
export const extraSchema: Schema<FrameRecord> = schema(extraRows, emptyFrame);

/** The flag of an encoded frame that can be decoded alone: on wires and in descriptors, where frames have no `type` at hand. */
export const keyFlag = 16;

/** Numbers of kinds; the position in the list. */
export const kinds: readonly (FrameKind | undefined)[] = [
  undefined,
  ...(["audio", "video", "encoded-audio", "encoded-video", "text", "json", "tensor", "binary", "event"] as const),
];
/** Numbers of sample formats. */
export const sampleFormats: readonly (SampleFormat | undefined)[] = [undefined, "f32-planar", "f32", "s16", "s16-planar", "s32"];
/** Numbers of pixel formats, less {@link firstPixelFormat}. */
export const pixelFormats: readonly PixelFormat[] = ["I420", "NV12", "RGBA", "BGRA"];
export const firstPixelFormat = 16;
/** Values of `type`. */
export const chunkTypes = ["key", "delta"] as const;
