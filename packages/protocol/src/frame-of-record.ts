import {
  type AudioFrame,
  audioFrame,
  binaryFrame,
  type EncodedFrame,
  encodedFrame,
  eventFrame,
  type Frame,
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
  const frame = bodyOf(record);
  const { timestampUs, stream, streamEpochUs, metadata } = record;
  // Set one by one: as an object to make the frame from they would cost more than all the rest.
  frame.isTimed = timestampUs !== undefined;
  frame.timestamp = timestampUs ?? 0;
  frame.duration = record.durationUs;
  frame.turn = record.turn;
  frame.sequence = record.sequence;
  frame.flags = (record.flags & ~keyFlag) >>> 0;
  if (stream !== 0 || streamEpochUs !== 0) frame.stream = { id: stream, epochUs: streamEpochUs };
  if (metadata !== "") frame.metadata = metadataOf(metadata);
  return frame;
}

/** A frame with what only its kind has. */
function bodyOf(record: FrameRecord): Frame {
  const kind = kinds[record.kind];
  switch (kind) {
    case "audio":
      return audioOf(record);
    case "video":
      return pictureOf(record);
    case "encoded-audio":
    case "encoded-video":
      return encodedOf(kind, record);
    case "text":
      return textFrame(textOf(record.data), { final: record.final });
    case "json":
      return jsonFrame(parsedJson(textOf(record.data)));
    case "tensor":
      return tensorOf(record);
    case "binary":
      return binaryFrame(record.data, { mimeType: record.mimeType });
    case "event":
      return eventFrame(record.name, parsedJson(textOf(record.data)));
    default:
      throw malformed("a frame is of an unknown kind", String(record.kind));
  }
}

function audioOf({ format: number, sampleRate, channels, frames, data }: FrameRecord): AudioFrame {
  const format = sampleFormats[number];
  if (format === undefined) throw malformed("audio is of an unknown format", String(number));
  const samples = arrayOver(data, elementsOfSamples(format)) as SampleArray;
  return audioFrame({ format, sampleRate, numberOfChannels: channels, numberOfFrames: frames, data: samples });
}

function pictureOf(record: FrameRecord): VideoFrame {
  const { width, height, data, layout } = record;
  const format = pixelFormats[record.format - firstPixelFormat];
  if (format === undefined) throw malformed("a picture is of an unknown format", String(record.format));
  const frame = videoFrame({ format, codedWidth: width, codedHeight: height, ...(layout.length > 0 && { layout }), data });
  const size = `${width} × ${height}, ${frame.layout.length} planes, ${data.length} bytes`;
  if (width < 1 || height < 1 || width > maxSide || height > maxSide) throw malformed("a picture has an impossible size", size);
  if (record.stride !== 0 && record.stride !== frame.layout[0]?.stride) throw malformed("stride and layout of a picture disagree", size);
  if (!liesInside(frame.layout, format, width, height, data.length)) throw malformed("planes of a picture lie outside of its data", size);
  return frame;
}

// Beyond it offsets of planes would not be exact.
const maxSide = 65_535;

function encodedOf(kind: EncodedFrame["kind"], record: FrameRecord): EncodedFrame {
  const { codec, data } = record;
  const type = chunkTypes[record.type];
  if (type === undefined) throw malformed("an encoded frame is of an unknown type", String(record.type));
  if ((type === "key") !== ((record.flags & keyFlag) !== 0)) throw malformed("type and key flag of an encoded frame disagree", type);
  return encodedFrame(kind, { codec, type, data });
}

function tensorOf({ dtype, shape, data }: FrameRecord): TensorFrame {
  const elements = arrayOver(data, elementsOfTensor(dtype));
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  // How many bytes other elements have is not known here.
  if (!(elements instanceof Uint8Array && dtype !== "uint8") && count !== elements.length)
    throw malformed("shape and data of a tensor disagree", `[${shape}] and ${elements.length} elements`);
  return tensorFrame({ dtype, shape, data: elements });
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
