/** How frames look to a page without our code, over the data channel `messages`; the earlier SDK's page among them. */
import {
  binaryFrame,
  errors,
  Flags,
  type Frame,
  type JsonValue,
  jsonFrame,
  type RemoteMediaError,
  type TextFrame,
  textFrame,
} from "@remotemedia/core";
import type { MessageWire } from "./message-wire.ts";

/** The longest text taken or sent. Browsers take 256 KiB in one message. */
export const mostForeignBytes = 256 * 1024;

/** Plain text and JSON. Only frames go over; a page knows nothing of turns. Its `greeting` opens the channel and is no input of the pipeline. */
export function foreignWire(label = "messages"): MessageWire {
  let sequence = 0;
  return {
    label,
    encode: (message) => (message.type === "frame" ? [foreignText(message.frame)] : []),
    decode: (data) => {
      const bytes = Buffer.byteLength(data);
      if (bytes > mostForeignBytes) throw tooLarge(bytes);
      const frame = frameOfForeign(data);
      return frame && { message: { type: "frame", sequence: ++sequence, frame }, bytes };
    },
  };
}

const tooLarge = (bytes: number): RemoteMediaError =>
  errors.limitExceeded({ message: `a message of ${bytes} bytes is too large`, expected: `at most ${mostForeignBytes} bytes` });

/**
 * A frame as the text that a page gets: text as `text_response` with the time of day in seconds (and, which the earlier page
 * ignores, whether it is final, its turn, and whether it answers the user), json as its value, an event with its name and
 * media time in µs.
 *
 * @throws `media-incompatible` for other kinds, `limit-exceeded` beyond 256 KiB.
 */
function foreignText(frame: Frame): string {
  const text = JSON.stringify(foreignValue(frame));
  if (Buffer.byteLength(text) > mostForeignBytes) throw tooLarge(Buffer.byteLength(text));
  return text;
}

function foreignValue(frame: Frame): JsonValue {
  switch (frame.kind) {
    case "text":
      return foreignWords(frame);
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

function foreignWords({ text, final, turn, flags }: TextFrame): JsonValue {
  const answer = (flags & Flags.answer) !== 0;
  return { type: "text_response", text, timestamp: Date.now() / 1000, final, turn, answer };
}

/** What a page says, as a frame: its `message` as text, other JSON as json, what is no JSON as text, bytes as bytes; nothing for its `greeting`. */
function frameOfForeign(said: string | Buffer): Frame | undefined {
  if (typeof said !== "string") return binaryFrame(new Uint8Array(said));
  let value: JsonValue;
  try {
    value = JSON.parse(said) as JsonValue;
  } catch {
    return textFrame(said);
  }
  const { type, message } = (value ?? {}) as { readonly type?: JsonValue; readonly message?: JsonValue };
  if (type === "greeting") return undefined;
  return type === "message" && typeof message === "string" ? textFrame(message) : jsonFrame(value);
}
