import type { PcmEncoding } from "../io/pcm.ts";

/** What raw samples do not say themselves. */
export const pcmFormat = {
  type: "string",
  enum: ["u8", "s16", "s24", "s32", "f32"] as const satisfies readonly PcmEncoding[],
  default: "s16",
  description: "How samples are stored: interleaved, little-endian integers of 8 to 32 bit, or floats.",
} as const;
