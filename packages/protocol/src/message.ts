/** Messages of a link, and frames, as bytes. */
import { type ErrorCode, errorCatalogue, type Frame, type LinkMessage, linkProtocol, type UpstreamRequest } from "@remotemedia/core";
import { frameOf, parsedJson } from "./frame-of-record.ts";
import { type FrameRecord, frameSchema } from "./frame-record.ts";
import { checkSize, malformed } from "./malformed.ts";
import { type MessageRecord, messageSchema } from "./message-record.ts";
import { jsonText, recordOf } from "./record-of-frame.ts";
import { bytesOfRecord, readRecord } from "./schema.ts";

/**
 * A message of a link in protobuf encoding, `Message` of `remotemedia.proto`. Data are copied once; no frame is released.
 *
 * @throws `limit-exceeded` above 16 MiB, `not-serializable` for values that are not JSON, `media-invalid` for numbers that the wire has no
 * room for.
 * @example socket.send(encodeMessage({ type: "ack", received: 7 }));
 */
export function encodeMessage(message: LinkMessage): Uint8Array {
  return sized(bytesOfRecord(messageSchema, recordOfMessage(message), "frame" in message ? roomFor(message.frame) : smallRoom));
}

/**
 * The message that bytes hold. Data of its frame are a view into the bytes where these lie aligned for their elements (bytes always do),
 * else a copy: do not write to the bytes afterwards.
 *
 * @throws `media-invalid` for bytes that are no such message, `limit-exceeded` above 16 MiB.
 */
export function decodeMessage(bytes: Uint8Array): LinkMessage {
  checkSize(bytes.length);
  return messageOfRecord(readRecord(messageSchema, bytes));
}

/** A frame in protobuf encoding, `Frame` of `remotemedia.proto`. Throws as {@link encodeMessage}. */
export const encodeFrame = (frame: Frame): Uint8Array => sized(bytesOfRecord(frameSchema, recordOf(frame), roomFor(frame)));

/** The frame that bytes hold. Its data and what it throws are as of {@link decodeMessage}. */
export function decodeFrame(bytes: Uint8Array): Frame {
  checkSize(bytes.length);
  return frameOf(readRecord(frameSchema, bytes));
}

const smallRoom = 256;
const roomFor = (frame: Frame): number => smallRoom + ("data" in frame ? frame.data.byteLength : 0);

function sized(bytes: Uint8Array): Uint8Array {
  checkSize(bytes.length);
  return bytes;
}

function recordOfMessage(message: LinkMessage): MessageRecord {
  switch (message.type) {
    case "frame":
      return { frame: { sequence: message.sequence, frame: recordOf(message.frame) } };
    case "media":
      return { media: { track: message.track, frame: recordOf(message.frame) } };
    case "turn":
      return { turn: { turn: message.turn, cuts: Object.entries(message.cuts).map(([key, value]) => ({ key, value })) } };
    case "request":
      return { request: { name: message.name, value: jsonText(message.value), track: message.track } };
    case "bye":
      return { bye: message.error ?? { code: "", message: "" } };
    default:
      // The others have the fields of their records.
      return { [message.type]: message };
  }
}

/** Of several the one that protobuf would take is not asked for: a message that is two is none. */
function messageOfRecord(record: MessageRecord): LinkMessage {
  const [type, ...more] = Object.keys(record) as (keyof MessageRecord)[];
  if (type === undefined || more.length > 0) throw malformed("it must be one message of a known type", [type, ...more].join(", "));
  switch (type) {
    case "hello":
      return helloOf(record.hello!);
    case "frame":
      return { type, sequence: record.frame!.sequence, frame: givenFrame(record.frame!.frame) };
    case "media":
      return { type, track: record.media!.track, frame: givenFrame(record.media!.frame) };
    case "turn":
      return { type, turn: record.turn!.turn, cuts: Object.fromEntries(record.turn!.cuts.map(({ key, value }) => [key, value])) };
    case "request":
      return requestOf(record.request!);
    case "bye":
      return byeOf(record.bye!);
    default:
      return { type, ...record[type] } as LinkMessage;
  }
}

function givenFrame(record: FrameRecord | undefined): Frame {
  if (record === undefined) throw malformed("it has no frame");
  return frameOf(record);
}

function helloOf(record: NonNullable<MessageRecord["hello"]>): LinkMessage {
  if (record.protocol !== linkProtocol) throw malformed(`hello is not of ${linkProtocol}`, record.protocol.slice(0, 100));
  return { type: "hello", ...record, protocol: linkProtocol };
}

const requestNames: readonly string[] = ["keyframe", "bitrate", "format"] satisfies UpstreamRequest[];

function requestOf({ name, value, track }: NonNullable<MessageRecord["request"]>): LinkMessage {
  if (!requestNames.includes(name)) throw malformed("a request is of an unknown name", name.slice(0, 100));
  return { type: "request", name: name as UpstreamRequest, value: parsedJson(value), track };
}

/** The error of a later version is told by its message under the code that fits every broken link. */
function byeOf({ code, message }: NonNullable<MessageRecord["bye"]>): LinkMessage {
  if (code === "") return { type: "bye" };
  return { type: "bye", error: { code: Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : "transport-failed", message } };
}
