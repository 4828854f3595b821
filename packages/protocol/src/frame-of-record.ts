import {
  type AudioFrame,
  audioFrame,
  binaryFrame,
  detachedStream,
  type EncodedFrame,
  encodedFrame,
  eventFrame,
  type Frame,
  type FrameInit,
  type JsonValue,
  jsonFrame,
  type Metadata,
  type SampleArray,
  type TensorFrame,
  tensorFrame,
  textFrame,
  type VideoFrame,
  videoFrame,
} from "@remotemedia/core";
import { arrayOver, elementsOfSamples, elementsOfTensor } from "./element-type.ts";
import { chunkTypes, type FrameRecord, firstPixelFormat, keyFlag, kinds, pixelFormats, sampleFormats } from "./frame-record.ts";
import { malformed } from "./malformed.ts";
import { liesInside } from "./planes.ts";
import { textOf } from "./wire-reader.ts";

/** The frame of fields of the wire: checked, so that every sample it speaks of is there. @throws `media-invalid` */
export function frameOf(record: FrameRecord): Frame {
  const init = commonOf(record);
  const kind = kinds[record.kind];
  switch (kind) {
    case "audio":
      return audioOf(record, init);
    case "video":
      return pictureOf(record, init);
    case "encoded-audio":
    case "encoded-video":
      return encodedOf(kind, record, init);
    case "text":
      return textFrame(textOf(record.data), { ...init, final: record.final });
    case "json":
      return jsonFrame(parsedJson(textOf(record.data)), init);
    case "tensor":
      return tensorOf(record, init);
    case "binary":
      return binaryFrame(record.data, { ...init, mimeType: record.mimeType });
    case "event":
      return eventFrame(record.name, parsedJson(textOf(record.data)), init);
    default:
      throw malformed("a frame is of an unknown kind", String(record.kind));
  }
}

function commonOf(record: FrameRecord): FrameInit {
  const { timestampUs, stream, streamEpochUs } = record;
  return {
    ...(timestampUs !== undefined && { timestamp: timestampUs }),
    duration: record.durationUs,
    turn: record.turn,
    sequence: record.sequence,
    flags: (record.flags & ~keyFlag) >>> 0,
    stream: stream === 0 && streamEpochUs === 0 ? detachedStream : { id: stream, epochUs: streamEpochUs },
    ...(record.metadata !== "" && { metadata: metadataOf(record.metadata) }),
  };
}

function audioOf({ format: number, sampleRate, channels, frames, data }: FrameRecord, init: FrameInit): AudioFrame {
  const format = sampleFormats[number];
  if (format === undefined) throw malformed("audio is of an unknown format", String(number));
  const samples = arrayOver(data, elementsOfSamples(format)) as SampleArray;
  return audioFrame({ ...init, format, sampleRate, numberOfChannels: channels, numberOfFrames: frames, data: samples });
}

function pictureOf(record: FrameRecord, init: FrameInit): VideoFrame {
  const { width, height, data, layout } = record;
  const format = pixelFormats[record.format - firstPixelFormat];
  if (format === undefined) throw malformed("a picture is of an unknown format", String(record.format));
  const frame = videoFrame({ ...init, format, codedWidth: width, codedHeight: height, ...(layout.length > 0 && { layout }), data });
  const size = `${width} × ${height}, ${frame.layout.length} planes, ${data.length} bytes`;
  if (width < 1 || height < 1 || width > maxSide || height > maxSide) throw malformed("a picture has an impossible size", size);
  if (record.stride !== 0 && record.stride !== frame.layout[0]?.stride) throw malformed("stride and layout of a picture disagree", size);
  if (!liesInside(frame.layout, format, width, height, data.length)) throw malformed("planes of a picture lie outside of its data", size);
  return frame;
}

// Beyond it offsets of planes would not be exact.
const maxSide = 65_535;

function encodedOf(kind: EncodedFrame["kind"], record: FrameRecord, init: FrameInit): EncodedFrame {
  const { codec, data } = record;
  const type = chunkTypes[record.type];
  if (type === undefined) throw malformed("an encoded frame is of an unknown type", String(record.type));
  if ((type === "key") !== ((record.flags & keyFlag) !== 0)) throw malformed("type and key flag of an encoded frame disagree", type);
  return encodedFrame(kind, { ...init, codec, type, data });
}

function tensorOf({ dtype, shape, data }: FrameRecord, init: FrameInit): TensorFrame {
  const elements = arrayOver(data, elementsOfTensor(dtype));
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  // How many bytes other elements have is not known here.
  if (!(elements instanceof Uint8Array && dtype !== "uint8") && count !== elements.length)
    throw malformed("shape and data of a tensor disagree", `[${shape}] and ${elements.length} elements`);
  return tensorFrame({ ...init, dtype, shape, data: elements });
}

/** JSON as a value. @throws `media-invalid` */
export function parsedJson(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("a value is not JSON");
  }
}

function metadataOf(text: string): Metadata {
  const value = parsedJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("metadata are not a JSON object");
  return value as Metadata;
}
