/**
 * A frame in memory that two sides share: WebAssembly, a worker process. 80 bytes, little-endian, 8-aligned:
 *
 *     0 u16 kind   2 u16 port   4 u32 flags   8 i64 timestamp_us   16 i64 duration_us   24 u32 turn   28 u32 sequence   32 u32 stream
 *     36 u32 format   40 u32 data_ptr   44 u32 data_len   48 u32 sample_rate | width   52 u32 channels | height   56 u32 frames | stride
 *     60 u32 reserved   64 u32 metadata_ptr   68 u32 metadata_len   72 u32 extra_ptr   76 u32 extra_len
 *
 * `stride` is that of the first plane. `extra` is a `Frame` of `remotemedia.proto` with the fields that have no place above.
 */
import type { Frame } from "@remotemedia/core";
import { frameOf } from "./frame-of-record.ts";
import { extraSchema, type FrameRecord, kinds } from "./frame-record.ts";
import { malformed } from "./malformed.ts";
import { recordOf } from "./record-of-frame.ts";
import { bytesOfRecord, readRecord } from "./schema.ts";
import { textOf } from "./wire-reader.ts";

/** Bytes of a descriptor. */
export const descriptorBytes = 80;

/** What lies beside a descriptor. Whoever writes it copies the three to where its pointers say; data to a multiple of 8. */
export interface DescriptorParts {
  readonly record: FrameRecord;
  /** A view of the frame's data, or text or JSON in UTF-8. */
  readonly data: Uint8Array;
  /** JSON in UTF-8, empty for none. */
  readonly metadata: Uint8Array;
  /** The kind's other fields. */
  readonly extra: Uint8Array;
}

/** Where the parts of a descriptor lie: offsets in the same memory. */
export interface DescriptorPointers {
  readonly data: number;
  readonly metadata: number;
  readonly extra: number;
}

const toUtf8 = new TextEncoder();

/**
 * The parts of a frame, to know their sizes before their places.
 *
 * @param port position of the port among those that the node declares
 */
export function descriptorParts(frame: Frame, port = 0): DescriptorParts {
  const record = { ...recordOf(frame), port };
  return { record, data: record.data, metadata: toUtf8.encode(record.metadata), extra: bytesOfRecord(extraSchema, record) };
}

/** Writes the descriptor of a frame whose parts lie at `pointers`. A frame without a time is at 0 here. */
export function writeDescriptor(
  view: DataView,
  offset: number,
  { record, data, metadata, extra }: DescriptorParts,
  to: DescriptorPointers,
): void {
  view.setUint16(offset, record.kind, true);
  view.setUint16(offset + 2, record.port, true);
  view.setUint32(offset + 4, record.flags, true);
  view.setBigInt64(offset + 8, BigInt(record.timestampUs ?? 0), true);
  view.setBigInt64(offset + 16, BigInt(record.durationUs), true);
  const isVideo = kinds[record.kind] === "video";
  const sizes = isVideo ? [record.width, record.height, record.stride] : [record.sampleRate, record.channels, record.frames];
  const words = [
    ...[record.turn, record.sequence, record.stream, record.format, to.data, data.length],
    ...[...sizes, 0, to.metadata, metadata.length, to.extra, extra.length],
  ];
  for (const [index, word] of words.entries()) view.setUint32(offset + 24 + 4 * index, word, true);
}

/**
 * The frame of a descriptor, and its port. Everything is copied: the memory belongs to the other side.
 *
 * @throws `media-invalid` when it is no descriptor or points outside of the memory.
 */
export function readDescriptor(view: DataView, offset: number): { readonly frame: Frame; readonly port: number } {
  if (offset < 0 || offset + descriptorBytes > view.byteLength) throw malformed("a descriptor lies outside of the memory", String(offset));
  const word = (at: number) => view.getUint32(offset + at, true);
  const record: FrameRecord = {
    ...readRecord(extraSchema, copied(view, word(72), word(76))),
    kind: view.getUint16(offset, true),
    port: view.getUint16(offset + 2, true),
    flags: word(4),
    timestampUs: time(view, offset + 8),
    durationUs: time(view, offset + 16),
    turn: word(24),
    sequence: word(28),
    stream: word(32),
    format: word(36),
    data: copied(view, word(40), word(44)),
    metadata: textOf(copied(view, word(64), word(68))),
  };
  const [first, second, third] = [word(48), word(52), word(56)];
  if (kinds[record.kind] === "video") Object.assign(record, { width: first, height: second });
  else Object.assign(record, { sampleRate: first, channels: second, frames: third });
  return { frame: frameOf(record), port: record.port };
}

function copied(view: DataView, pointer: number, length: number): Uint8Array {
  if (pointer + length > view.byteLength)
    throw malformed("a pointer of a descriptor leads outside of the memory", `${pointer} + ${length}`);
  return new Uint8Array(view.buffer, view.byteOffset + pointer, length).slice();
}

function time(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(value)) throw malformed("a time has more than 53 bits", String(value));
  return value;
}
