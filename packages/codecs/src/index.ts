/** Front door of `@remotemedia/codecs`. */
export { type AudioDecoder, type AudioEncoder, loadOpus, type OpusCodec } from "./opus.ts";
export type { OpusEncoderOptions } from "./opus-encoder.ts";
export type { OpusApplication, OpusFormat, OpusSampleRate } from "./opus-library.ts";
