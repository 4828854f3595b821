import { audioFrame, type Clock, durationUs, type Link, sleep } from "@remotemedia/core";
import { liveRate } from "./live-ear.ts";

const frameSamples = liveRate / 50;

/** Sends samples of one channel in real time, 20 ms at a time, as a microphone does. */
export class LiveMouth {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #beganUs: number | undefined;
  /** Samples sent. */
  sent = 0;

  constructor(link: Link, clock: Clock, signal: AbortSignal) {
    this.#link = link;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Sends samples, each part when its time has come; gives the time when the first left, µs of the clock. Ends early when the signal aborts. */
  async say(samples: Float32Array): Promise<number> {
    let firstUs: number | undefined;
    for (let at = 0; at < samples.length && !this.#signal.aborted; at += frameSamples) {
      await this.#untilDue();
      firstUs ??= this.#clock.nowUs();
      const data = samples.slice(at, at + frameSamples);
      // The other end may be slow to take it; a microphone does not wait.
      void this.#link.sendMedia(audioFrame({ sampleRate: liveRate, data, timestamp: durationUs(this.sent, liveRate) }));
      this.sent += data.length;
    }
    return firstUs ?? this.#clock.nowUs();
  }

  /** Sends silence for at least so long, or until something is true. */
  async wait(ms: number, isEnough: () => boolean = () => false): Promise<void> {
    // No microphone gives zeros. Encoders leave those out, and then nothing drives a pipeline that still holds sound back.
    const silence = Float32Array.from({ length: frameSamples }, (_, i) => (i % 2 === 0 ? 1e-4 : -1e-4));
    for (let waited = 0; waited < ms && !this.#signal.aborted && !isEnough(); waited += 20) await this.say(silence);
  }

  async #untilDue(): Promise<void> {
    const nowUs = this.#clock.nowUs();
    this.#beganUs ??= nowUs;
    const aheadUs = this.#beganUs + durationUs(this.sent, liveRate) - nowUs;
    if (aheadUs > 0) await sleep(this.#clock, aheadUs / 1_000, this.#signal);
  }
}
