/** Cuts frames of any length into packets of 20 ms, sample by sample. */
import { type AudioFrame, Flags, type MediaStream } from "@remotemedia/core";

/** What the samples of one packet have in common: a packet never holds two formats, two turns, or live audio and an answer. */
export interface PacketOwner {
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  readonly isAnswer: boolean;
  readonly turn: number;
}

// Timestamps that other systems rounded to milliseconds are not jumps.
const jumpToleranceUs = 2_000;

const ownerOf = ({ sampleRate, numberOfChannels, flags, turn }: AudioFrame): PacketOwner => ({
  sampleRate,
  numberOfChannels,
  isAnswer: (flags & Flags.answer) !== 0,
  turn,
});

const areSame = (one: PacketOwner, other: PacketOwner): boolean =>
  one.turn === other.turn &&
  one.isAnswer === other.isAnswer &&
  one.sampleRate === other.sampleRate &&
  one.numberOfChannels === other.numberOfChannels;

const usOf = (samples: number, { sampleRate }: { readonly sampleRate: number }): number => (samples * 1e6) / sampleRate;

/** A queue of frames with one packet of samples at its front. It holds a reference on each frame in it. */
export class PacketCutter {
  readonly #queue: AudioFrame[] = [];
  #used = 0;
  #waitingUs = 0;
  #stream: MediaStream | undefined;
  #nextUs = 0;
  #isReady = false;
  /** Whose samples lie in `planes`. */
  owner: PacketOwner | undefined;
  /** The packet: 20 ms for each channel, of which `filled` samples are there. */
  planes: readonly Float32Array[] = [];
  filled = 0;
  /** Media time that is missing before the packet, µs: the source of live audio left it out. */
  gapUs = 0;
  /** Whether the last sample given was the end of a segment or an answer. */
  hasEnded = false;

  /** Media time that waits, µs. */
  get waitingUs(): number {
    return this.#waitingUs + (this.owner === undefined ? 0 : usOf(this.filled, this.owner));
  }

  push(frame: AudioFrame): void {
    this.#queue.push(frame);
    this.#waitingUs += usOf(frame.numberOfFrames, frame);
  }

  /** Fills the packet as far as the frames reach. True when it shall leave: it is full, or what follows does not belong to it. */
  fill(): boolean {
    while (!this.#isReady) {
      const frame = this.#queue[0];
      if (frame === undefined) return false;
      if (this.#used === 0 && !this.#opens(frame)) break;
      this.#copy(frame);
      const isConsumed = this.#used === frame.numberOfFrames;
      if (isConsumed) this.#drop(frame);
      this.hasEnded = isConsumed && (frame.flags & Flags.end) !== 0;
      this.#isReady = this.filled > 0 && (this.hasEnded || this.filled === this.planes[0]!.length);
    }
    return (this.#isReady = true);
  }

  /** The packet was taken: begins the next. */
  next(): void {
    this.#isReady = false;
    this.filled = 0;
    this.gapUs = 0;
  }

  /** Lets go of the frames that the test names; what lies in the packet stays. */
  discard(isStale: (frame: AudioFrame) => boolean): void {
    const queue = this.#queue.splice(0);
    if (queue[0] !== undefined && isStale(queue[0])) this.#used = 0;
    this.#waitingUs = this.#used > 0 ? -usOf(this.#used, queue[0]!) : 0;
    for (const frame of queue) {
      if (isStale(frame)) frame.release();
      else this.push(frame);
    }
  }

  /** A frame's first samples: false if the packet has to leave before. */
  #opens(frame: AudioFrame): boolean {
    const owner = ownerOf(frame);
    const jumpUs = frame.stream === this.#stream ? frame.timestamp - this.#nextUs : 0;
    const gapUs = !owner.isAnswer && jumpUs > jumpToleranceUs ? jumpUs : 0;
    const isSame = this.owner !== undefined && areSame(owner, this.owner);
    // What pads the packet that leaves before is part of the gap.
    if (this.filled > 0 && (!isSame || gapUs > 0)) {
      this.#nextUs += gapUs > 0 ? Math.min(gapUs, usOf(this.planes[0]!.length - this.filled, this.owner!)) : 0;
      return false;
    }
    this.gapUs = gapUs;
    if (!isSame) this.#adopt(owner);
    this.#stream = frame.stream;
    this.#nextUs = frame.timestamp + frame.duration;
    return true;
  }

  #adopt(owner: PacketOwner): void {
    const { sampleRate, numberOfChannels } = owner;
    if (this.owner?.sampleRate !== sampleRate || this.owner.numberOfChannels !== numberOfChannels)
      this.planes = Array.from({ length: numberOfChannels }, () => new Float32Array(sampleRate / 50));
    this.owner = owner;
  }

  #copy(frame: AudioFrame): void {
    const { numberOfFrames, data } = frame;
    const count = Math.min(this.planes[0]!.length - this.filled, numberOfFrames - this.#used);
    for (const [channel, plane] of this.planes.entries()) {
      const from = channel * numberOfFrames + this.#used;
      plane.set(data.subarray(from, from + count), this.filled);
    }
    this.filled += count;
    this.#used += count;
    this.#waitingUs -= usOf(count, frame);
  }

  #drop(frame: AudioFrame): void {
    this.#queue.shift();
    this.#used = 0;
    if (this.#queue.length === 0) this.#waitingUs = 0;
    frame.release();
  }
}
