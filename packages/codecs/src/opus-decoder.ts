/** The decoder: guards against what is no packet, sample conversion, concealment. */
import { errors } from "@remotemedia/core";
import type { AudioDecoder } from "./opus.ts";
import {
  checkedFormat,
  type LibraryDecoder,
  largestPacketBytes,
  longestPacketSamples,
  type OpusFormat,
  type OpusLibrary,
} from "./opus-library.ts";

/** @internal a decoder over any library */
export class OpusDecoder implements AudioDecoder {
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  #decoder: LibraryDecoder | undefined;
  readonly #planes: Float32Array[];
  #lent: Float32Array[] = [];
  // One byte: a packet that says how long it is and has nothing in it.
  readonly #lost = new Uint8Array(1);
  #isStarted = false;

  constructor(library: OpusLibrary, format: OpusFormat) {
    const { sampleRate, numberOfChannels } = checkedFormat(format);
    this.sampleRate = sampleRate;
    this.numberOfChannels = numberOfChannels;
    this.#decoder = library.decoder(sampleRate, numberOfChannels);
    const longest = (longestPacketSamples * sampleRate) / 48_000;
    this.#planes = Array.from({ length: numberOfChannels }, () => new Float32Array(longest));
  }

  decode(payload: Uint8Array): Float32Array[] {
    const decoder = this.#open();
    if (payload.length === 0 || payload.length > largestPacketBytes) throw noPacket(payload);
    let samples: Int16Array;
    try {
      samples = decoder.decode(payload);
    } catch (cause) {
      throw noPacket(payload, cause);
    }
    this.#lost[0] = emptyPacketLike(payload[0]!);
    this.#isStarted = true;
    return this.#separate(samples);
  }

  conceal(): Float32Array[] {
    const decoder = this.#open();
    if (this.#isStarted) return this.#separate(decoder.decode(this.#lost));
    const silence = this.#lend(this.sampleRate / 50);
    for (const plane of silence) plane.fill(0);
    return silence;
  }

  close(): void {
    this.#decoder?.close();
    this.#decoder = undefined;
  }

  #separate(samples: Int16Array): Float32Array[] {
    const step = this.numberOfChannels;
    const planes = this.#lend(samples.length / step);
    for (let channel = 0; channel < step; channel++) {
      const plane = planes[channel]!;
      for (let i = 0, from = channel; i < plane.length; i++, from += step) plane[i] = samples[from]! / 32768;
    }
    return planes;
  }

  /** Views of this length; packets of one stream nearly always have one. */
  #lend(count: number): Float32Array[] {
    if (this.#lent[0]?.length !== count) this.#lent = this.#planes.map((plane) => plane.subarray(0, count));
    return this.#lent;
  }

  #open(): LibraryDecoder {
    if (this.#decoder === undefined) throw errors.usage({ message: "the Opus decoder was closed", fix: "Create a new one." });
    return this.#decoder;
  }
}

/**
 * The first byte (TOC, RFC 6716 section 3.1) of a packet in the mode of the last one, with one frame of 0 bytes. libopus decodes such a frame as
 * a lost one, which is the only way to its concealment that these libraries leave open. Frames of 40 and 60 ms are concealed by 20.
 */
function emptyPacketLike(toc: number): number {
  const config = toc >> 3;
  const isLongSpeech = config < 12 && (config & 3) > 1;
  return ((isLongSpeech ? (config & ~3) | 1 : config) << 3) | (toc & 4);
}

const noPacket = (payload: Uint8Array, cause?: unknown) =>
  errors.mediaInvalid({
    message: "these bytes are no Opus packet",
    expected: `an Opus packet of 1 to ${largestPacketBytes} bytes (RFC 6716)`,
    received: `${payload.length} bytes`,
    ...(cause !== undefined && { cause }),
  });
