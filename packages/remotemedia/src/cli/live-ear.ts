import { type AudioFrame, audioFrame, type Clock, type Frame } from "@remotemedia/core";

/** Hz of everything that a live connection gives and takes. */
export const liveRate = 48_000;
// Beyond it a recording would no longer be in step with the clock.
const longestHoleUs = 100_000;

/** What comes back: from `listen` on kept with the time when it came, and from `record` on given to whoever reads it, with silence where nothing came. */
export class LiveEar implements AsyncIterable<Frame> {
  readonly #clock: Clock;
  #kept: { readonly samples: Float32Array; readonly atUs: number }[] | undefined;
  #keptSamples = 0;
  readonly #waiting: Frame[] = [];
  #wake: (() => void) | undefined;
  #isRecording = false;
  #isClosed = false;
  #beganUs: number | undefined;
  /** Samples that came, of one channel. */
  heard = 0;
  /** Samples that were recorded, silence included. */
  recorded = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes over a frame of the link. */
  take(frame: AudioFrame): void {
    const nowUs = this.#clock.nowUs();
    this.heard += frame.numberOfFrames;
    this.#keep(frame, nowUs);
    if (this.#isRecording && !this.#isClosed) this.#write(frame, nowUs);
    else frame.release();
  }

  /** From now on what comes is recorded. */
  record(): void {
    this.#isRecording = true;
  }

  /** From now on a sound is looked for. */
  listen(): void {
    this.#kept = [];
  }

  /**
   * When a sound came that `find` finds in what was kept, µs of the clock. What has been searched in vain is kept no longer, but for the
   * last `overlap` samples, in which the sound may have begun.
   */
  arrivalOf(find: (samples: Float32Array) => number | undefined, overlap: number): number | undefined {
    let at = find(this.#joined());
    for (const { samples, atUs } of this.#kept ?? []) {
      if (at === undefined) break;
      if (at < samples.length) return atUs + (at * 1e6) / liveRate;
      at -= samples.length;
    }
    while (this.#kept?.[0] !== undefined && this.#keptSamples - this.#kept[0].samples.length >= overlap)
      this.#keptSamples -= this.#kept.shift()!.samples.length;
    return undefined;
  }

  /** Nothing is looked for any more. */
  forget(): void {
    this.#kept = undefined;
  }

  /** Ends the recording. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    while (true) {
      const frame = this.#waiting.shift();
      if (frame !== undefined) yield frame;
      else if (this.#isClosed) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #joined(): Float32Array {
    const joined = new Float32Array(this.#keptSamples);
    let end = 0;
    for (const { samples } of this.#kept ?? []) {
      joined.set(samples, end);
      end += samples.length;
    }
    return joined;
  }

  #keep({ data, numberOfFrames }: AudioFrame, atUs: number): void {
    if (this.#kept === undefined) return;
    this.#kept.push({ samples: (data as Float32Array).slice(0, numberOfFrames), atUs });
    this.#keptSamples += numberOfFrames;
  }

  #write(frame: AudioFrame, nowUs: number): void {
    this.#beganUs ??= nowUs;
    const hole = nowUs - this.#beganUs - (this.recorded * 1e6) / liveRate;
    if (hole > longestHoleUs) {
      const numberOfFrames = Math.round((hole * liveRate) / 1e6);
      const { numberOfChannels } = frame;
      this.#give(audioFrame({ sampleRate: liveRate, numberOfChannels, data: new Float32Array(numberOfFrames * numberOfChannels) }));
    }
    this.#give(frame);
  }

  #give(frame: AudioFrame): void {
    this.recorded += frame.numberOfFrames;
    this.#waiting.push(frame);
    this.#wake?.();
  }
}
