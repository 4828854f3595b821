import { DelayEstimator } from "./delay-estimator.ts";
import type { JitterCounters } from "./jitter-stats.ts";
import type { QueuedPacket } from "./packet-queue.ts";
import { unwrap } from "./sequence-number.ts";

/** A received RTP packet. */
export interface AudioPacket {
  /** 16 bits, wraps. */
  readonly sequenceNumber: number;
  /** 32 bits at 48 kHz, wraps. */
  readonly timestamp: number;
  /** Held until it is played: whoever gives it must not write into it. */
  readonly payload: Uint8Array;
}

export const usPerSample = 1e6 / 48_000;
// Transit times that far from the usual are another sender's, or nonsense.
const wildUs = 3_000_000;
const wildSequence = 3000;
const memory = 256;

/** Where packets come in: numbers that do not wrap, what came before, and what belongs to another stream. */
export class PacketIntake {
  /** Of the packets of this stream. */
  readonly delays = new DelayEstimator();
  readonly #counters: JitterCounters;
  readonly #seen = new Float64Array(memory).fill(Number.NaN);
  #newestSequence = -1;
  #newestTimestamp = 0;
  #suspect: { packet: AudioPacket; arrivalUs: number } | undefined;
  #lastArrivalUs = 0;

  constructor(counters: JitterCounters) {
    this.#counters = counters;
  }

  /** Whether there has been a packet since the stream began. */
  get isStarted(): boolean {
    return this.#newestSequence >= 0;
  }

  get lastArrivalUs(): number {
    return this.#lastArrivalUs;
  }

  /** The stray packet before the last one, if it is the first of a stream that has begun anew. */
  get suspect(): { readonly packet: AudioPacket; readonly arrivalUs: number } | undefined {
    return this.#suspect;
  }

  /**
   * Judges a packet: one to be played; `undefined` for one that was here already and for a stray; `restart` for the second of two strays that
   * follow on each other: then the sender has begun anew (as RFC 3550, appendix A.1), and both have to be given again after {@link restart}.
   * A packet that may have lain unread `sinceUs` counts as one that came in time: the event loop was held, which says nothing of the network.
   */
  accept(packet: AudioPacket, readUs: number, sinceUs: number): QueuedPacket | "restart" | undefined {
    if (!this.isStarted) this.#begin(packet);
    const sequence = unwrap(packet.sequenceNumber, this.#newestSequence, 16);
    const timestamp = this.unwrapTimestamp(packet.timestamp);
    const mediaUs = timestamp * usPerSample;
    const arrivalUs = this.delays.isEmpty ? readUs : Math.min(readUs, Math.max(sinceUs, this.delays.baseUs + mediaUs));
    const transitUs = arrivalUs - mediaUs;
    if (this.#isWild(sequence, transitUs)) return this.#isSecondStray(packet, readUs) ? "restart" : undefined;
    this.#suspect = undefined;
    if (this.hasSeen(sequence)) {
      this.#counters.duplicates++;
      return undefined;
    }
    this.#lastArrivalUs = readUs;
    this.#note(sequence, timestamp, arrivalUs, transitUs);
    return { sequence, timestamp, arrivalUs, transitUs, payload: packet.payload };
  }

  /** Whether the packet with this number came, among the last 256. */
  hasSeen(sequence: number): boolean {
    return this.#seen[sequence & (memory - 1)] === sequence;
  }

  unwrapTimestamp(timestamp: number): number {
    return unwrap(timestamp, this.#newestTimestamp, 32);
  }

  /** The next packet is the first of another stream. */
  restart(): void {
    this.#newestSequence = -1;
    this.#suspect = undefined;
    this.#seen.fill(Number.NaN);
    this.delays.reset();
  }

  #begin(packet: AudioPacket): void {
    // A wrap away from 0, so that packets before the first do not get negative numbers.
    this.#newestSequence = packet.sequenceNumber + 2 ** 16;
    this.#newestTimestamp = packet.timestamp + 2 ** 32;
  }

  #isWild(sequence: number, transitUs: number): boolean {
    if (this.delays.isEmpty) return false;
    return Math.abs(sequence - this.#newestSequence) > wildSequence || Math.abs(transitUs - this.delays.baseUs) > wildUs;
  }

  #isSecondStray(packet: AudioPacket, arrivalUs: number): boolean {
    this.#counters.strays++;
    const before = this.#suspect?.packet.sequenceNumber;
    if (before !== undefined && ((packet.sequenceNumber - before) & 0xffff) === 1) return true;
    this.#suspect = { packet, arrivalUs };
    return false;
  }

  #note(sequence: number, timestamp: number, arrivalUs: number, transitUs: number): void {
    this.#seen[sequence & (memory - 1)] = sequence;
    this.#counters.packets++;
    this.delays.observe(arrivalUs, transitUs);
    if (sequence <= this.#newestSequence) return;
    this.#newestSequence = sequence;
    this.#newestTimestamp = timestamp;
  }
}
