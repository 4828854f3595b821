import { type AudioFrame, durationUs, Flags, type Output, type TextFrame } from "@remotemedia/core";
import { frameMs } from "./pauses.ts";

/**
 * Cuts what is spoken into frames of 20 ms whose time goes on from one sentence of an answer to the next. An answer begins where the text
 * that it speaks ends, and not before the end of the answer before.
 */
export class AnswerAudio {
  readonly #sampleRate: number;
  #turn = 0;
  #stream = -1;
  #originUs = 0;
  /** Samples since then. */
  #given = 0;
  #nextFlags = 0;
  #hasEnded = true;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /** A text is about to be spoken: the next of the answer that goes on, or the first of another one; true if that is so. */
  follow({ timestamp, duration, stream }: TextFrame, { turn }: Output): boolean {
    if (!this.#hasEnded && turn === this.#turn && stream.id === this.#stream) return false;
    const before = stream.id === this.#stream ? this.#atUs : Number.NEGATIVE_INFINITY;
    if (this.#stream >= 0) this.#nextFlags = Flags.discontinuity;
    this.#originUs = Math.max(timestamp + duration, before);
    this.#given = 0;
    this.#turn = turn;
    this.#stream = stream.id;
    this.#hasEnded = false;
    return true;
  }

  /** Frames of samples that go on from those before. @param isLast whether the answer ends with them */
  *frames(samples: Float32Array, isLast: boolean, out: Output): Generator<AudioFrame> {
    const length = Math.round((frameMs * this.#sampleRate) / 1000);
    for (let from = 0; from < samples.length; from += length) {
      const part = samples.subarray(from, from + length);
      yield this.#frame(part, isLast && from + length >= samples.length, out);
    }
  }

  /** A frame without samples that ends an answer; nothing when it has ended. */
  *end(out: Output): Generator<AudioFrame> {
    if (!this.#hasEnded) yield this.#frame(new Float32Array(0), true, out);
  }

  get #atUs(): number {
    return this.#originUs + durationUs(this.#given, this.#sampleRate);
  }

  #frame(samples: Float32Array, isEnd: boolean, out: Output): AudioFrame {
    const flags = this.#nextFlags | (isEnd ? Flags.end : 0);
    const { length: numberOfFrames } = samples;
    const frame = out.audio({ numberOfFrames, numberOfChannels: 1, sampleRate: this.#sampleRate, timestamp: this.#atUs, flags });
    frame.data.set(samples);
    this.#given += numberOfFrames;
    this.#nextFlags = 0;
    this.#hasEnded = isEnd;
    return frame;
  }
}
