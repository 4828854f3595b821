/** How frames look to a page without our code, over the data channel `messages`; the earlier SDK's page among them. */
import { binaryFrame, errors, type Frame, type JsonValue, jsonFrame, type RemoteMediaError, textFrame } from "@remotemedia/core";
import type { MessageWire } from "./message-wire.ts";

/** The longest text taken or sent. Browsers take 256 KiB in one message. */
export const mostForeignBytes = 256 * 1024;

/** Plain text and JSON. Only frames go over; a page knows nothing of turns. */
export function foreignWire(): MessageWire {
  let sequence = 0;
  return {
    label: "messages",
    encode: (message) => (message.type === "frame" ? [foreignText(message.frame)] : []),
    decode: (data) => {
      const bytes = Buffer.byteLength(data);
      if (bytes > mostForeignBytes) throw tooLarge(bytes);
      return { message: { type: "frame", sequence: ++sequence, frame: frameOfForeign(data) }, bytes };
    },
  };
}

const tooLarge = (bytes: number): RemoteMediaError =>
  errors.limitExceeded({ message: `a message of ${bytes} bytes is too large`, expected: `at most ${mostForeignBytes} bytes` });

/**
 * A frame as the text that a page gets: text as `text_response`, json as its value, an event with its name.
 *
 * @throws `media-incompatible` for other kinds, `limit-exceeded` beyond 256 KiB.
 */
export function foreignText(frame: Frame): string {
  const text = JSON.stringify(foreignValue(frame));
  if (Buffer.byteLength(text) > mostForeignBytes) throw tooLarge(Buffer.byteLength(text));
  return text;
}

function foreignValue(frame: Frame): JsonValue {
  switch (frame.kind) {
    case "text":
      return { type: "text_response", text: frame.text, timestamp: frame.timestamp / 1e6 };
    case "json":
      return frame.value;
    case "event":
      return { type: "event", name: frame.name, value: frame.value, timestamp: frame.timestamp };
    default:
      throw errors.mediaIncompatible({
        message: "a page without our code cannot read such a frame",
        expected: "text, json or event",
        received: frame.kind,
      });
  }
}

/** What a page says, as a frame: its `message` as text, other JSON as json, what is no JSON as text, bytes as bytes. */
export function frameOfForeign(said: string | Buffer): Frame {
  if (typeof said !== "string") return binaryFrame(new Uint8Array(said));
  const value = parsed(said);
  if (value === undefined) return textFrame(said);
  const { type, message } = (value ?? {}) as { readonly type?: JsonValue; readonly message?: JsonValue };
  return type === "message" && typeof message === "string" ? textFrame(message) : jsonFrame(value);
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
