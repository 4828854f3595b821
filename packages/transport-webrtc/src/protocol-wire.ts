/** `remotemedia.v1` on a data channel: messages in fragments. */
import { type LinkMessage, linkProtocol } from "@remotemedia/core";
import type { MessageWire } from "./message-wire.ts";

/** Between ends of our own. */
export function protocolWire(): MessageWire {
  return {
    label: linkProtocol,
    encode: (message) => [Buffer.from(JSON.stringify(message))],
    decode: (data) => JSON.parse(data.toString()) as LinkMessage,
  };
}
