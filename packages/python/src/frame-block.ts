/** A frame as one block of bytes: descriptor, metadata, extra, and the data at a multiple of 8; pointers count from the block's start. */
import type { AudioFrame, Frame, Output, SampleFormat } from "@remotemedia/core";
import { type DescriptorParts, descriptorBytes, descriptorParts, readDescriptor, writeDescriptor } from "@remotemedia/protocol";

/** A frame that knows how large its block is. */
export interface FrameBlock {
  readonly bytes: number;
  readonly parts: DescriptorParts;
  /** Where the data begin. */
  readonly dataAt: number;
}

/** Measures the block of a frame; nothing is copied yet. */
export function blockOf(frame: Frame): FrameBlock {
  const parts = descriptorParts(frame);
  const dataAt = (descriptorBytes + parts.metadata.length + parts.extra.length + 7) & ~7;
  return { parts, dataAt, bytes: dataAt + parts.data.length };
}

/** Writes all of a block but its data, which may be sent on their own. */
export function writeHead({ parts, dataAt }: FrameBlock, target: Uint8Array): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  const extra = descriptorBytes + parts.metadata.length;
  writeDescriptor(view, 0, parts, { data: dataAt, metadata: descriptorBytes, extra });
  target.set(parts.metadata, descriptorBytes);
  target.set(parts.extra, extra);
}

/** Writes a block. */
export function writeBlock(block: FrameBlock, target: Uint8Array): void {
  writeHead(block, target);
  target.set(block.parts.data, block.dataAt);
}

const formats: readonly (SampleFormat | undefined)[] = [undefined, "f32-planar", "f32", "s16", "s16-planar", "s32"];
const audioKind = 1;
const two32 = 2 ** 32;

/**
 * Writes plain sound without the steps that frames of every kind need: they take longer than the samples of 20 ms. False for what is none, has metadata,
 * or does not fit.
 */
export function writeSound(frame: Frame, { bytes, view }: { readonly bytes: Uint8Array; readonly view: DataView }): boolean {
  if (frame.kind !== "audio" || frame.data.byteLength + descriptorBytes > bytes.length) return false;
  for (const _ in frame.metadata) return false;
  const { data, timestamp, duration } = frame;
  view.setUint32(0, audioKind, true);
  view.setUint32(4, frame.flags, true);
  view.setUint32(8, timestamp, true);
  view.setInt32(12, Math.floor(timestamp / two32), true);
  view.setUint32(16, duration, true);
  view.setInt32(20, Math.floor(duration / two32), true);
  view.setUint32(24, frame.turn, true);
  view.setUint32(28, frame.sequence, true);
  view.setUint32(32, frame.stream.id, true);
  view.setUint32(36, formats.indexOf(frame.format), true);
  view.setUint32(40, descriptorBytes, true);
  view.setUint32(44, data.byteLength, true);
  view.setUint32(48, frame.sampleRate, true);
  view.setUint32(52, frame.numberOfChannels, true);
  view.setUint32(56, frame.numberOfFrames, true);
  for (let at = 60; at < descriptorBytes; at += 4) view.setUint32(at, 0, true);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), descriptorBytes);
  return true;
}

/**
 * The frame of a block, copied, and the position of its port. Audio goes into a pooled frame of `out`: fresh memory for each costs more than the copy.
 *
 * @throws `media-invalid` when it is no descriptor, or points outside of the block.
 */
export function frameOfBlock(view: DataView, out: Pick<Output, "audio">): { readonly frame: Frame; readonly port: number } {
  const hasMore = view.byteLength < descriptorBytes || view.getUint32(68, true) > 0 || view.getUint32(76, true) > 0;
  if (hasMore || view.getUint16(0, true) !== audioKind) return readDescriptor(view, 0);
  const format = formats[view.getUint32(36, true)];
  const [pointer, length] = [view.getUint32(40, true), view.getUint32(44, true)];
  if (format === undefined || pointer + length > view.byteLength) return readDescriptor(view, 0);
  const frame: AudioFrame = out.audio({
    format,
    sampleRate: view.getUint32(48, true),
    numberOfChannels: view.getUint32(52, true),
    numberOfFrames: view.getUint32(56, true),
    timestamp: view.getInt32(12, true) * two32 + view.getUint32(8, true),
    duration: view.getInt32(20, true) * two32 + view.getUint32(16, true),
    flags: view.getUint32(4, true),
  });
  const { data } = frame;
  if (data.byteLength !== length) return readDescriptor(view, 0);
  new Uint8Array(data.buffer, data.byteOffset, length).set(new Uint8Array(view.buffer, view.byteOffset + pointer, length));
  return { frame, port: view.getUint16(2, true) };
}
