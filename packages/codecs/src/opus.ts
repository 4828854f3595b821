/**
 * Opus behind one interface. Two libraries stand behind it, both libopus: `@evan/opus` (native) and `opusscript` (WebAssembly, about 1.7
 * times the time). Both are loaded when first asked for, and {@link OpusCodec.implementation} says which one it became.
 */
import { errorFrom, errors, type RemoteMediaError } from "@remotemedia/core";
import { OpusDecoder } from "./opus-decoder.ts";
import { OpusEncoder, type OpusEncoderOptions } from "./opus-encoder.ts";
import type { OpusFormat, OpusLibrary } from "./opus-library.ts";

/** Encodes frames of 20 ms. */
export interface AudioEncoder {
  /** Hz. */
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  /** Samples per channel of one packet: 20 ms. */
  readonly frameSize: number;
  /**
   * One packet from `frameSize` samples per channel, f32 ±1, a plane for each channel, from `offset` on. The bytes belong to the caller.
   * A packet of one or two bytes carries no sound (DTX) and need not be sent.
   *
   * @throws `usage` for too few planes or samples, or after `close`.
   */
  encode(planes: readonly Float32Array[], offset?: number): Uint8Array;
  /** Bit/s, from now on; brought into 6,000 to 510,000. */
  setBitrate(bitrate: number): void;
  /** The share of packets that will be lost, in percent: how much of the bitrate goes into repeating what may be lost. */
  setExpectedLoss(percent: number): void;
  /** Frees the encoder. Twice is once. */
  close(): void;
}

/** Decodes packets of any duration that Opus knows, 2.5 to 120 ms. */
export interface AudioDecoder {
  /** Hz of what it gives, whatever the encoder was fed with. */
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  /**
   * The samples of a packet, f32 ±1, a plane for each channel. The planes are lent until the next call.
   *
   * @throws `media-invalid` for bytes that are no Opus packet; the decoder goes on with the next. `usage` after `close`.
   */
  decode(payload: Uint8Array): Float32Array[];
  /**
   * What libopus makes up for a lost packet: as long as a frame of the packet before, 20 ms at most, fading when repeated; silence before
   * the first packet. Call it in place of `decode`, once for each 20 ms that are missing. The planes are lent until the next call.
   */
  conceal(): Float32Array[];
  /** Frees the decoder. Twice is once. */
  close(): void;
}

/** A loaded Opus library. */
export interface OpusCodec {
  readonly implementation: "evan-opus" | "opusscript";
  /** Why it is not the native one, where that was wanted. */
  readonly fallbackCause?: RemoteMediaError;
  /** @throws `usage` for options that Opus does not know. */
  createEncoder(options: OpusEncoderOptions): AudioEncoder;
  /** @throws `usage` for a rate or number of channels that Opus does not know. */
  createDecoder(format: OpusFormat): AudioDecoder;
}

const libraries = {
  native: async (): Promise<OpusLibrary> => (await import("./evan-opus.ts")).loadEvanOpus(),
  wasm: async (): Promise<OpusLibrary> => (await import("./opusscript.ts")).loadOpusscript(),
};

/**
 * Loads Opus: the native library, or the WebAssembly one where the native is missing or does not load. With a preference only that one.
 *
 * @throws `host-unsupported` when it cannot be loaded.
 * @example
 * const opus = await loadOpus();
 * const encoder = opus.createEncoder({ numberOfChannels: 1 });
 * const packet = encoder.encode([new Float32Array(encoder.frameSize)]);
 */
export async function loadOpus(preference?: "native" | "wasm"): Promise<OpusCodec> {
  if (preference !== undefined) return codecOf(await load(preference));
  try {
    return codecOf(await load("native"));
  } catch (cause) {
    return codecOf(await load("wasm"), errorFrom(cause, "host-unsupported"));
  }
}

async function load(name: "native" | "wasm"): Promise<OpusLibrary> {
  try {
    return await libraries[name]();
  } catch (cause) {
    throw errors.hostUnsupported({
      message: `the ${name} Opus library could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: `Install it: npm install ${name === "native" ? "@evan/opus" : "opusscript"}`,
      cause,
    });
  }
}

const codecOf = (library: OpusLibrary, fallbackCause?: RemoteMediaError): OpusCodec => ({
  implementation: library.implementation,
  ...(fallbackCause !== undefined && { fallbackCause }),
  createEncoder: (options) => new OpusEncoder(library, options),
  createDecoder: (format) => new OpusDecoder(library, format),
});
