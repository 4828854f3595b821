import { type AudioFrame, durationUs, type MediaStream, type Metadata } from "@remotemedia/core";

const sampleRate = 16_000;
/** Where frames do not say it, speech and silence are told apart for so many samples at a time. */
const chunkLength = 320;
/** Silence is what is this far below the loudest of the utterance, or below this RMS. */
const silentShare = 0.03;
const silentLevel = 0.001;
/** What is recognized reaches this far beyond the speech, and so long is a pause in which it is begun. */
const pauseSamples = 0.1 * sampleRate;
/** A cut is made in the quietest stretch of this length. */
const quietLength = 0.1 * sampleRate;

/** The speech of one segment until now: its samples, where it began and ended, whether it pauses. */
export class Utterance {
  /** Of the first frame. */
  readonly stream: MediaStream;
  readonly metadata: Metadata;
  #samples = new Float32Array(2 * sampleRate);
  #loudest = 0;
  #startUs: number;
  #endUs: number;
  /** Samples up to the end of the last speech. */
  #spoken = 0;
  #hasSpeech = false;
  /** Samples held. */
  length = 0;

  constructor(first: AudioFrame) {
    const { is_speech: _, ...metadata } = first.metadata;
    this.stream = first.stream;
    this.metadata = metadata;
    this.#startUs = first.timestamp;
    this.#endUs = first.timestamp;
  }

  /** When the speech began, µs on its stream. */
  get timestamp(): number {
    return this.#startUs;
  }

  /** From its beginning to its end, µs. */
  get duration(): number {
    return this.#endUs - this.#startUs;
  }

  /** Whether anything in it is more than silence. */
  get hasSpeech(): boolean {
    return this.#hasSpeech;
  }

  /** Whether nothing was said lately. */
  get isPause(): boolean {
    return this.#hasSpeech && this.length - this.#spoken >= pauseSamples;
  }

  /** Takes samples of a frame, from `from` up to `to`. Whether they are speech its metadata says (`is_speech`), else their level. */
  push(frame: AudioFrame, from: number, to: number): void {
    const data = frame.data as Float32Array;
    const { is_speech: isSpeech } = frame.metadata;
    for (let at = from; at < to; at += chunkLength) {
      const end = Math.min(to, at + chunkLength);
      this.#append(data, at, end);
      if (isSpeech === undefined ? this.#isLoud(data, at, end) : isSpeech === true) this.#speak(frame, at, end);
    }
  }

  /** What is to be recognized: up to a little after the speech. */
  snapshot(): Float32Array {
    return this.#samples.slice(0, Math.min(this.length, this.#spoken + pauseSamples));
  }

  /** Takes away and gives the beginning, up to the quietest place of the second half. */
  cut(): Float32Array {
    const place = this.#quietestFrom(Math.floor(this.length / 2));
    const head = this.#samples.slice(0, place);
    this.#samples.copyWithin(0, place, this.length);
    this.length -= place;
    this.#spoken = Math.max(0, this.#spoken - place);
    return head;
  }

  #append(data: Float32Array, from: number, to: number): void {
    if (this.length + to - from > this.#samples.length) {
      const longer = new Float32Array(2 * this.#samples.length);
      longer.set(this.#samples);
      this.#samples = longer;
    }
    for (let i = from; i < to; i++) this.#samples[this.length++] = data[i] as number;
  }

  #isLoud(data: Float32Array, from: number, to: number): boolean {
    let sum = 0;
    for (let i = from; i < to; i++) sum += square(data, i);
    const level = Math.sqrt(sum / (to - from));
    this.#loudest = Math.max(this.#loudest, level);
    return level > Math.max(silentLevel, silentShare * this.#loudest);
  }

  #speak(frame: AudioFrame, from: number, to: number): void {
    if (!this.#hasSpeech) this.#startUs = frame.timestamp + durationUs(from, sampleRate);
    this.#hasSpeech = true;
    this.#endUs = frame.timestamp + durationUs(to, sampleRate);
    this.#spoken = this.length;
  }

  #quietestFrom(from: number): number {
    const last = this.length - quietLength;
    let energy = 0;
    for (let i = from; i < from + quietLength; i++) energy += square(this.#samples, i);
    let [place, least] = [from, energy];
    for (let at = from; at < last; at++) {
      energy += square(this.#samples, at + quietLength) - square(this.#samples, at);
      if (energy < least) [place, least] = [at + 1, energy];
    }
    return place + quietLength / 2;
  }
}

function square(samples: Float32Array, at: number): number {
  const x = samples[at] as number;
  return x * x;
}
