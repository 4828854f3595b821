import { type AudioFrame, Flags, type MediaStream, type Metadata, type Output } from "@remotemedia/core";
import type { Continuity } from "./continuity.ts";
import { HeldMetadata } from "./held-metadata.ts";
import { SampleHistory } from "./sample-history.ts";

/** Cuts segments out of audio, to the sample. Positions are samples since the last jump. */
export class SpeechSegments {
  readonly #continuity: Continuity;
  readonly #held = new HeldMetadata();
  #history = new SampleHistory(1, 0);
  #sampleRate = 0;
  #channels = 0;
  #stream: MediaStream | undefined;
  #given = 0;
  // Kept rather than computed when it is wanted: after a jump the rest of the old time is still to be given out.
  #givenUs = 0;
  #flags = 0;
  /** Whether a segment is being given out. */
  isOpen = false;

  constructor(continuity: Continuity) {
    this.#continuity = continuity;
  }

  /** Starts to count anew: at the start, and after a jump. An open segment goes on. @param keep samples per channel that a start may look back */
  restart(frame: AudioFrame, keep: number): void {
    this.#history = new SampleHistory(frame.numberOfChannels, keep);
    this.#held.reset();
    this.#sampleRate = frame.sampleRate;
    this.#channels = frame.numberOfChannels;
    this.#stream = frame.stream;
    this.#giveFrom(0);
    this.#flags |= frame.flags & (Flags.discontinuity | Flags.gap);
  }

  /** Takes a frame. */
  push(frame: AudioFrame): void {
    this.#history.push(frame.data as Float32Array, frame.numberOfFrames);
    this.#held.push(this.#history.end, frame.metadata);
    // What no segment can reach any more would let the metadata pile up.
    if (!this.isOpen) this.#held.at(this.#history.start);
  }

  /** Begins a segment at a position, or where the last one ended or the history begins. */
  open(position: number): void {
    this.isOpen = true;
    this.#giveFrom(Math.max(this.#given, position, this.#history.start));
    this.#flags |= Flags.discontinuity;
  }

  /** The samples of the open segment up to a position; undefined if there is none. @param mark metadata beside that of the input */
  until(position: number, out: Output, mark?: Metadata): AudioFrame | undefined {
    return this.isOpen && position > this.#given ? this.#cut(position, 0, out, mark) : undefined;
  }

  /** Ends the open segment. Where all of its samples were given out already the last frame is empty. */
  close(position: number, out: Output, mark?: Metadata): AudioFrame {
    const frame = this.#cut(Math.max(position, this.#given), Flags.end, out, mark);
    this.isOpen = false;
    return frame;
  }

  /** Gives up the open segment. */
  drop(): void {
    this.isOpen = false;
  }

  #cut(position: number, flags: number, out: Output, mark: Metadata | undefined): AudioFrame {
    const held = this.#held.at(this.#given);
    const frame = out.audio({
      numberOfFrames: position - this.#given,
      numberOfChannels: this.#channels,
      sampleRate: this.#sampleRate,
      timestamp: this.#givenUs,
      metadata: mark === undefined ? held : { ...held, ...mark },
      flags: this.#flags | flags,
      ...(this.#stream !== undefined && { stream: this.#stream }),
    });
    this.#history.copy(this.#given, position, frame.data);
    this.#giveFrom(position);
    this.#flags = 0;
    return frame;
  }

  #giveFrom(position: number): void {
    this.#given = position;
    this.#givenUs = this.#continuity.at(position);
  }
}
