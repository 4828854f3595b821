import type { FrameKind, PixelFormat, PlaneLayout, SampleFormat } from "@remotemedia/core";
import { partOf, type Schema, schema } from "./schema.ts";

const noBytes = new Uint8Array();

/** A frame as fields of the wire; of each kind only its own are used. A class, because making one is then quicker than copying another. */
export class FrameRecord {
  kind = 0;
  /** Position of the node's port; only in memory, between an executor and a sandboxed node. */
  port = 0;
  flags = 0;
  /** µs; undefined where the maker did not say when. */
  timestampUs: number | undefined = undefined;
  durationUs = 0;
  turn = 0;
  sequence = 0;
  stream = 0;
  format = 0;
  sampleRate = 0;
  channels = 0;
  frames = 0;
  width = 0;
  height = 0;
  /** Bytes from row to row of the first plane; `layout` has all planes where they do not lie tight. */
  stride = 0;
  streamEpochUs = 0;
  metadata = "";
  codec = "";
  type = 0;
  mimeType = "";
  name = "";
  final = false;
  dtype = "";
  shape: readonly number[] = [];
  layout: readonly PlaneLayout[] = [];
  data: Uint8Array = noBytes;
}

const layout = schema<PlaneLayout>("offset uint32, stride uint32");

/** `Frame` of `remotemedia.proto`. `data` has the highest number, so that the bytes come last. */
export const frameSchema: Schema<FrameRecord> = schema(
  "kind uint32, port uint32, flags uint32, timestampUs sint64?, durationUs sint64, turn uint32, sequence uint32, stream uint32, " +
    "format uint32, sampleRate uint32, channels uint32, frames uint32, width uint32, height uint32, stride uint32, " +
    "streamEpochUs sint64, metadata string, codec string, type uint32, mimeType string, name string, final bool, dtype string, " +
    "shape uint32*, layout PlaneLayout*, data bytes=100",
  { PlaneLayout: layout },
  () => new FrameRecord(),
);

/** What the in-memory descriptor has no place for: its `extra`. */
export const extraSchema: Schema<FrameRecord> = partOf(frameSchema, [
  ...(["streamEpochUs", "codec", "type", "mimeType", "name", "final", "dtype", "shape", "layout"] as const),
]);

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
