/** Front door of `@remotemedia/protocol`: the frame and the messages of a link as bytes, the same on every wire and in every memory. */
export {
  type DescriptorParts,
  type DescriptorPointers,
  descriptorBytes,
  descriptorParts,
  readDescriptor,
  writeDescriptor,
} from "./descriptor.ts";
export { fragmentsOf, Reassembler } from "./fragments.ts";
export type { FrameRecord } from "./frame-record.ts";
export { maxMessageBytes } from "./malformed.ts";
export { decodeFrame, decodeMessage, encodeFrame, encodeMessage } from "./message.ts";
export { WireReader } from "./wire-reader.ts";
export { WireWriter } from "./wire-writer.ts";
