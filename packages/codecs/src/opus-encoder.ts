/** The encoder: options, sample conversion, frames of 20 ms. */
import { errors } from "@remotemedia/core";
import type { AudioEncoder } from "./opus.ts";
import { checkedFormat, type LibraryEncoder, type OpusApplication, type OpusFormat, type OpusLibrary } from "./opus-library.ts";

/** Options of an Opus encoder. Both libraries honor all of them. */
export interface OpusEncoderOptions extends OpusFormat {
  /** Bit/s, 6,000 to 510,000. Default 32,000 for each channel. */
  readonly bitrate?: number;
  /**
   * Default `audio`. Below 50 kbit/s `voip` always takes the speech model of Opus, which costs four times the time of its transform codec;
   * `audio` takes it only while the expected loss is above 5 %, where it buys error correction.
   */
  readonly application?: OpusApplication;
  /** 0 to 10. Default 4: 5 costs a third more and gains 0.8 dB, above it each packet costs up to three times as much. */
  readonly complexity?: number;
  /** Repeats a packet in the next one at a low rate, as far as `expectedLossPercent` makes that worthwhile. Default true. */
  readonly fec?: boolean;
  /** Default 0. */
  readonly expectedLossPercent?: number;
  /**
   * Packets of one byte once it has been silent for 200 ms, and a real one each 400 ms. Default false. To `voip` silence is what
   * the speech model takes for it; to the others only zeros are silent.
   */
  readonly dtx?: boolean;
}

/** Requests of `opus_encoder_ctl`, from opus_defines.h. */
const set = { bitrate: 4002, complexity: 4010, inbandFec: 4012, expectedLoss: 4014, dtx: 4016 } as const;

const between = (low: number, value: number, high: number): number => Math.max(low, Math.min(high, Math.round(value)));

/** @internal an encoder over any library */
export class OpusEncoder implements AudioEncoder {
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  readonly frameSize: number;
  #encoder: LibraryEncoder | undefined;
  readonly #dtx: boolean;
  #silentPackets = 0;

  constructor(library: OpusLibrary, options: OpusEncoderOptions) {
    const { sampleRate, numberOfChannels } = checkedFormat(options);
    this.sampleRate = sampleRate;
    this.numberOfChannels = numberOfChannels;
    this.frameSize = sampleRate / 50;
    this.#encoder = library.encoder(sampleRate, numberOfChannels, options.application ?? "audio");
    this.setBitrate(options.bitrate ?? 32_000 * numberOfChannels);
    this.setExpectedLoss(options.expectedLossPercent ?? 0);
    this.#encoder.control(set.complexity, between(0, options.complexity ?? 4, 10));
    this.#encoder.control(set.inbandFec, (options.fec ?? true) ? 1 : 0);
    this.#dtx = options.dtx === true;
    // The speech model takes a steady tone for silence: where any sound is meant, only zeros are silent, whatever model the loss brings.
    this.#encoder.control(set.dtx, this.#dtx && options.application === "voip" ? 1 : 0);
  }

  encode(planes: readonly Float32Array[], offset = 0): Uint8Array {
    const { numberOfChannels, frameSize } = this;
    const encoder = this.#open();
    if (planes.length !== numberOfChannels || planes.some((plane) => plane.length < offset + frameSize)) {
      throw errors.usage({
        message: "these are not the samples of one packet",
        expected: `${numberOfChannels} planes of ${frameSize} samples`,
        received: `${planes.length} planes of ${planes.map((plane) => plane.length - offset).join(", ")} samples`,
      });
    }
    const samples = encoder.input(frameSize);
    for (let channel = 0; channel < numberOfChannels; channel++)
      interleave(planes[channel]!, offset, frameSize, samples, channel, numberOfChannels);
    return this.#dtx ? this.#thinned(encoder.encode()) : encoder.encode();
  }

  /**
   * libopus does this itself, but for the transform codec only from complexity 7 on, where it costs three times as much; below, zeros are three
   * bytes. The same rhythm as there: 10 packets, then one of 21.
   */
  #thinned(packet: Uint8Array): Uint8Array {
    this.#silentPackets = packet.length > 3 ? 0 : this.#silentPackets + 1;
    return this.#silentPackets <= 10 || (this.#silentPackets - 10) % 21 === 0 ? packet : packet.subarray(0, 1);
  }

  setBitrate(bitrate: number): void {
    this.#open().control(set.bitrate, between(6_000, bitrate, 510_000));
  }

  setExpectedLoss(percent: number): void {
    this.#open().control(set.expectedLoss, between(0, percent, 100));
  }

  close(): void {
    this.#encoder?.close();
    this.#encoder = undefined;
  }

  #open(): LibraryEncoder {
    if (this.#encoder === undefined) throw errors.usage({ message: "the Opus encoder was closed", fix: "Create a new one." });
    return this.#encoder;
  }
}

// Adding and subtracting it leaves no room for a fraction, so the processor rounds to even.
const roundsToEven = 1.5 * 2 ** 52;

/** f32 to s16 as everywhere in the system: round half to even of 32768·x, clamped. NaN becomes 0. */
function interleave(plane: Float32Array, offset: number, count: number, samples: Int16Array, channel: number, step: number): void {
  for (let i = 0, to = channel; i < count; i++, to += step) {
    const value = plane[offset + i]! * 32768 + roundsToEven - roundsToEven;
    samples[to] = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
  }
}
