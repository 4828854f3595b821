/** What an Opus library must do: the least that all of them can, in libopus' own terms. Samples are interleaved s16. */
import { errors } from "@remotemedia/core";

/** Rates that Opus knows, Hz. */
export type OpusSampleRate = 8000 | 12000 | 16000 | 24000 | 48000;

/** What goes in or comes out. */
export interface OpusFormat {
  /** Hz. Default 48,000. */
  readonly sampleRate?: OpusSampleRate;
  readonly numberOfChannels: 1 | 2;
}

/** What the encoder is tuned for: speech, any sound, or the least delay. */
export type OpusApplication = "voip" | "audio" | "lowdelay";

/** One of the Opus libraries. */
export interface OpusLibrary {
  readonly implementation: "evan-opus" | "opusscript";
  encoder(sampleRate: OpusSampleRate, numberOfChannels: number, application: OpusApplication): LibraryEncoder;
  decoder(sampleRate: OpusSampleRate, numberOfChannels: number): LibraryDecoder;
}

/** An encoder of a library. */
export interface LibraryEncoder {
  /** Where to write the interleaved samples of a packet of so many per channel; ask for each packet, because memory moves when it grows. */
  input(frameSize: number): Int16Array;
  /** Encodes what was written there. The bytes belong to the caller. */
  encode(): Uint8Array;
  /** `opus_encoder_ctl`. */
  control(request: number, value: number): void;
  close(): void;
}

/** A decoder of a library. */
export interface LibraryDecoder {
  /** Decodes one packet into interleaved samples, lent until the next call. Throws anything when the bytes are no packet. */
  decode(payload: Uint8Array): Int16Array;
  close(): void;
}

/** The longest packet, 120 ms, in samples of 48 kHz per channel. */
export const longestPacketSamples = 5760;

/** More bytes than any sensible packet has: 120 ms of 20 ms frames of the largest size. */
export const largestPacketBytes = 7664;

const rates: readonly number[] = [8_000, 12_000, 16_000, 24_000, 48_000];

/** The format with its default, checked. */
export function checkedFormat({ sampleRate = 48_000, numberOfChannels }: OpusFormat): Required<OpusFormat> {
  if (rates.includes(sampleRate) && (numberOfChannels === 1 || numberOfChannels === 2)) return { sampleRate, numberOfChannels };
  throw errors.usage({
    message: "Opus does not know this format",
    expected: `1 or 2 channels of ${rates.join(", ")} Hz`,
    received: `${numberOfChannels} channels of ${sampleRate} Hz`,
    fix: "Insert a resample node, or ask for a format that Opus knows.",
  });
}
