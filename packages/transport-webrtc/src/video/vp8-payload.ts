/** VP8 in RTP (RFC 7741). */
import type { VideoPayload } from "./video-payload.ts";

/** Section 4.2: the descriptor's first byte, and its optional extension. */
const bits = {
  extended: 0x80,
  start: 0x10,
  partition: 0x07,
  pictureId: 0x80,
  longId: 0x80,
  temporalIndex: 0x40,
  layer: 0x20,
  keyIndex: 0x10,
};

/** Bytes of the descriptor; may lie beyond a payload that was cut short. */
function descriptorLength(payload: Uint8Array): number {
  if ((payload[0]! & bits.extended) === 0) return 1;
  const present = payload[1] ?? 0;
  const pictureId = (present & bits.pictureId) === 0 ? 0 : ((payload[2] ?? 0) & bits.longId) === 0 ? 1 : 2;
  return 2 + pictureId + (present & bits.temporalIndex ? 1 : 0) + (present & (bits.layer | bits.keyIndex) ? 1 : 0);
}

/** @internal */
export const vp8Payload: VideoPayload = {
  codec: "vp8",
  read(payload) {
    const length = descriptorLength(payload);
    if (length >= payload.length) return undefined;
    const isFirst = (payload[0]! & (bits.start | bits.partition)) === bits.start;
    // Section 4.3: the lowest bit of a frame is 0 in key frames.
    return { chunks: [payload.subarray(length)], isFirst, continues: !isFirst, isKey: isFirst && (payload[length]! & 1) === 0 };
  },
  split(frame, size) {
    const count = Math.ceil(frame.length / (size - 1));
    return Array.from({ length: count }, (_, i) => {
      const part = frame.subarray(Math.floor((i * frame.length) / count), Math.floor(((i + 1) * frame.length) / count));
      const payload = new Uint8Array(part.length + 1);
      payload[0] = i === 0 ? bits.start : 0;
      payload.set(part, 1);
      return payload;
    });
  },
};
