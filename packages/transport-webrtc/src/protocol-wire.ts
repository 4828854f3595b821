/** `remotemedia.v1` on a data channel: messages in fragments. */
import { linkProtocol } from "@remotemedia/core";
import { decodeMessage, encodeMessage, fragmentsOf, Reassembler } from "@remotemedia/protocol";
import type { MessageWire } from "./message-wire.ts";

/** The wire between ends of our own. */
export function protocolWire(): MessageWire {
  const pieces = new Reassembler();
  let id = 0;
  return {
    label: linkProtocol,
    encode: (message) => {
      id = (id + 1) >>> 0;
      return fragmentsOf(encodeMessage(message), id).map(({ buffer, byteOffset, byteLength }) =>
        Buffer.from(buffer, byteOffset, byteLength),
      );
    },
    decode: (data) => {
      const bytes = pieces.add(typeof data === "string" ? Buffer.from(data) : data);
      return bytes && { message: decodeMessage(bytes), bytes: bytes.length };
    },
  };
}
