import { errors, type Frame, type Metadata, type TensorFrame, type VideoFrame } from "@remotemedia/core";
import { bytesOf, elementsOfTensor } from "./element-type.ts";
import { chunkTypes, FrameRecord, firstPixelFormat, keyFlag, kinds, pixelFormats, sampleFormats } from "./frame-record.ts";
import { isTight } from "./planes.ts";

const toUtf8 = new TextEncoder();

/** A frame as fields of the wire. Its data are not copied. @throws `not-serializable` for a value that is not JSON */
export function recordOf(frame: Frame): FrameRecord {
  const record = new FrameRecord();
  record.kind = kinds.indexOf(frame.kind);
  record.flags = (frame.flags & ~keyFlag) >>> 0;
  record.timestampUs = frame.isTimed || frame.timestamp !== 0 ? frame.timestamp : undefined;
  record.durationUs = frame.duration;
  record.turn = frame.turn;
  record.sequence = frame.sequence;
  record.stream = frame.stream.id;
  record.streamEpochUs = frame.stream.epochUs;
  record.metadata = isEmpty(frame.metadata) ? "" : jsonText(frame.metadata);
  addOwnFields(record, frame);
  return record;
}

function addOwnFields(record: FrameRecord, frame: Frame): void {
  switch (frame.kind) {
    case "audio":
      record.format = sampleFormats.indexOf(frame.format);
      record.sampleRate = frame.sampleRate;
      record.channels = frame.numberOfChannels;
      record.frames = frame.numberOfFrames;
      record.data = bytesOf(frame.data);
      break;
    case "video":
      addPicture(record, frame);
      break;
    case "encoded-audio":
    case "encoded-video":
      record.codec = frame.codec;
      record.type = chunkTypes.indexOf(frame.type);
      if (frame.type === "key") record.flags += keyFlag;
      record.data = frame.data;
      break;
    case "text":
      record.final = frame.final;
      record.data = toUtf8.encode(frame.text);
      break;
    case "json":
      record.data = toUtf8.encode(jsonText(frame.value));
      break;
    case "tensor":
      addTensor(record, frame);
      break;
    case "binary":
      record.mimeType = frame.mimeType;
      record.data = frame.data;
      break;
    case "event":
      record.name = frame.name;
      record.data = toUtf8.encode(jsonText(frame.value));
  }
}

function addPicture(record: FrameRecord, frame: VideoFrame): void {
  record.format = firstPixelFormat + pixelFormats.indexOf(frame.format);
  record.width = frame.codedWidth;
  record.height = frame.codedHeight;
  record.stride = frame.layout[0]?.stride ?? 0;
  if (!isTight(frame)) record.layout = frame.layout;
  record.data = frame.data;
}

function addTensor(record: FrameRecord, frame: TensorFrame): void {
  const { dtype, shape, data } = frame;
  if (!(data instanceof elementsOfTensor(dtype)) && !(data instanceof Uint8Array)) {
    const expected = `${elementsOfTensor(dtype).name} or Uint8Array`;
    throw errors.mediaInvalid({
      message: `the data of a ${dtype} tensor do not fit`,
      expected,
      received: (data as object).constructor.name,
    });
  }
  record.dtype = dtype;
  record.shape = shape;
  record.data = bytesOf(data);
}

const isEmpty = (metadata: Metadata): boolean => Object.keys(metadata).length === 0;

/** A value as JSON. */
export function jsonText(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw notJson(cause);
  }
  if (text === undefined) throw notJson();
  return text;
}

const notJson = (cause?: unknown) => errors.notSerializable({ message: "a value is not plain JSON", fix: "Send plain JSON only.", cause });
