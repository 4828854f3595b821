/** Messages and frames as plain JSON with data in hexadecimal digits: what the vectors say, and what equality of two messages means here. */
import type { Frame, LinkMessage } from "@remotemedia/core";

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
export const fromHex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"));

/** What is written of a frame: its own fields, not what the executor keeps with it. */
export function frameJson(frame: Frame): Record<string, unknown> {
  const { timestamp, isTimed, buffer, holders, ...fields } = frame;
  const data = "data" in frame && {
    data: hex(new Uint8Array(frame.data.buffer, frame.data.byteOffset, frame.data.byteLength)),
    elements: frame.data.constructor.name,
  };
  return { ...fields, ...((isTimed || timestamp !== 0) && { timestamp }), ...data };
}

export const messageJson = (message: LinkMessage): Record<string, unknown> =>
  "frame" in message ? { ...message, frame: frameJson(message.frame) } : { ...message };
