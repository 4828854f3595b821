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

/**
 * The frame of a block, copied, and the position of its port. Audio goes into a pooled frame of `out`: fresh memory for each costs more than the copy.
 *
 * @throws `media-invalid` when it is no descriptor, or points outside of the block.
 */
export function frameOfBlock(bytes: Uint8Array, out: Output): { readonly frame: Frame; readonly port: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasExtras = view.byteLength < descriptorBytes || view.getUint32(68, true) > 0;
  if (hasExtras || view.getUint16(0, true) !== audioKind) return readDescriptor(view, 0);
  const format = formats[view.getUint32(36, true)];
  const [pointer, length] = [view.getUint32(40, true), view.getUint32(44, true)];
  if (format === undefined || pointer + length > view.byteLength) return readDescriptor(view, 0);
  const frame: AudioFrame = out.audio({
    format,
    sampleRate: view.getUint32(48, true),
    numberOfChannels: view.getUint32(52, true),
    numberOfFrames: view.getUint32(56, true),
    timestamp: Number(view.getBigInt64(8, true)),
    duration: Number(view.getBigInt64(16, true)),
    flags: view.getUint32(4, true),
  });
  const own = new Uint8Array(frame.data.buffer, frame.data.byteOffset, frame.data.byteLength);
  if (own.length !== length) return readDescriptor(view, 0);
  own.set(bytes.subarray(pointer, pointer + length));
  return { frame, port: view.getUint16(2, true) };
}
