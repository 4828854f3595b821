/** H.264 in RTP (RFC 6184), packetization mode 1. Frames are in Annex B form: every unit has a start code. */
import type { VideoPayload, VideoPiece } from "./video-payload.ts";

/** Types of NAL units (H.264, table 7-1) and of RTP payloads (section 5.2). */
const type = { idr: 5, parameters: 7, delimiter: 9, lastSingle: 23, aggregate: 24, fragment: 28 } as const;
const fragmentStart = 0x80;
const fragmentEnd = 0x40;
const startCode = Uint8Array.of(0, 0, 0, 1);

const typeOf = (unit: Uint8Array): number => unit[0]! & 31;
const hex = (value: number): string => value.toString(16).padStart(2, "0").toUpperCase();

function pieceOf(units: readonly Uint8Array[]): VideoPiece {
  const parameters = units.find((unit) => typeOf(unit) === type.parameters && unit.length >= 4);
  return {
    chunks: units.flatMap((unit) => [startCode, unit]),
    isFirst: typeOf(units[0]!) === type.parameters || typeOf(units[0]!) === type.delimiter,
    continues: false,
    isKey: units.some((unit) => typeOf(unit) === type.idr),
    ...(parameters && { codec: `avc1.${[...parameters.subarray(1, 4)].map(hex).join("")}` }),
  };
}

/** Section 5.7.1: units with a 16-bit length each. */
function readAggregate(payload: Uint8Array): VideoPiece | undefined {
  const units: Uint8Array[] = [];
  for (let at = 1; at < payload.length; ) {
    const length = (payload[at]! << 8) | (payload[at + 1] ?? 0);
    const unit = payload.subarray(at + 2, at + 2 + length);
    if (length === 0 || unit.length < length) return undefined;
    units.push(unit);
    at += 2 + length;
  }
  return units.length === 0 ? undefined : pieceOf(units);
}

/** Section 5.8: a part of one unit, whose header is spread over the first two bytes. */
function readFragment(payload: Uint8Array): VideoPiece | undefined {
  if (payload.length < 3) return undefined;
  const isStart = (payload[1]! & fragmentStart) !== 0;
  if (!isStart) return { chunks: [payload.subarray(2)], isFirst: false, continues: true, isKey: false };
  const header = Uint8Array.of((payload[0]! & 0xe0) | (payload[1]! & 31));
  const piece = pieceOf([header]);
  return { ...piece, chunks: [...piece.chunks, payload.subarray(2)] };
}

/** The NAL units of an Annex B frame. */
function unitsOf(frame: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let i = 0; i + 2 < frame.length; i++) if (frame[i] === 0 && frame[i + 1] === 0 && frame[i + 2] === 1) starts.push(i + 3);
  return starts.flatMap((start, i) => {
    // A unit never ends in a zero: those belong to the next start code.
    let end = i + 1 < starts.length ? starts[i + 1]! - 3 : frame.length;
    while (end > start && frame[end - 1] === 0) end--;
    return end > start ? [frame.subarray(start, end)] : [];
  });
}

function fragments(unit: Uint8Array, size: number): Uint8Array[] {
  const body = unit.subarray(1);
  const count = Math.ceil(body.length / (size - 2));
  return Array.from({ length: count }, (_, i) => {
    const part = body.subarray(Math.floor((i * body.length) / count), Math.floor(((i + 1) * body.length) / count));
    const payload = new Uint8Array(part.length + 2);
    payload[0] = (unit[0]! & 0xe0) | type.fragment;
    payload[1] = typeOf(unit) | (i === 0 ? fragmentStart : 0) | (i === count - 1 ? fragmentEnd : 0);
    payload.set(part, 2);
    return payload;
  });
}

/** @internal */
export const h264Payload: VideoPayload = {
  codec: "avc1.42E01F",
  read(payload) {
    const kind = typeOf(payload);
    if (kind === type.aggregate) return readAggregate(payload);
    if (kind === type.fragment) return readFragment(payload);
    return kind >= 1 && kind <= type.lastSingle ? pieceOf([payload]) : undefined;
  },
  split: (frame, size) => unitsOf(frame).flatMap((unit) => (unit.length <= size ? [unit.slice()] : fragments(unit, size))),
};
