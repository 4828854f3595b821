/** How another protocol looks on its WebSocket. */
import type { JsonValue } from "@remotemedia/core";

/** Samples as they came: s16, interleaved. */
export interface SaidAudio {
  readonly samples: Int16Array;
  /** Hz */
  readonly sampleRate: number;
  readonly numberOfChannels: number;
}

/** What a client has said with one message. */
export type Said = { readonly audio: SaidAudio } | { readonly value: JsonValue };

/** Makes what is said into messages of a socket, and back. */
export interface SocketWire {
  /** Hz, of what `encodeAudio` is given. */
  readonly sampleRate: number;
  /** @throws `media-invalid` for what is no message. */
  decode(data: Buffer, isBinary: boolean): Said;
  encode(value: JsonValue): string | Uint8Array;
  /** What a client is told about a message that could not be read. */
  refusal(why: string): JsonValue;
  /** Mono samples; undefined where the client wants to hear nothing. */
  encodeAudio(samples: Int16Array): string | Uint8Array | undefined;
}

/** The bytes of s16 samples, little-endian, as samples of their own: views of a socket's bytes need not be aligned. */
export const samplesOf = (bytes: Uint8Array): Int16Array => new Int16Array(new Uint8Array(bytes.subarray(0, bytes.length & ~1)).buffer);

/** The bytes of samples. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
