/** The way of received audio: packets, jitter buffer, frames. */
import type { AudioDecoder } from "@remotemedia/codecs";
import { type AudioFrame, audioFrame, Flags, type Metadata } from "@remotemedia/core";
import { type AudioPacket, JitterBuffer, type JitterStats } from "./jitter/jitter-buffer.ts";
import type { Ticked } from "./ticker.ts";

const sampleRate = 48_000;
// No gap: the sound goes on, and nodes must not begin anew, let go of what they hold, or take it for the end of speech.
const madeUp: Metadata = Object.freeze({ concealed: true });
// Whatever the clock does, one call gives at most so much.
const mostFramesAtOnce = 5;

/**
 * Turns packets into frames of about 20 ms that own their samples. Where packets are missing they are made up, and their metadata is
 * `concealed: true`. Closes its decoder.
 */
export class AudioReceiver implements Ticked {
  readonly #decoder: AudioDecoder;
  readonly #buffer: JitterBuffer;
  readonly #onFailed: (thrown: unknown) => void;
  #give: ((frame: AudioFrame) => void) | undefined;
  #isClosed = false;

  /** @param onFailed told when whoever listens has thrown, and that nothing more comes */
  constructor(decoder: AudioDecoder, onFailed: (thrown: unknown) => void) {
    this.#decoder = decoder;
    this.#onFailed = onFailed;
    this.#buffer = new JitterBuffer({ decoder, numberOfChannels: decoder.numberOfChannels === 2 ? 2 : 1 });
  }

  /** µs; there is nothing to do before somebody listens. */
  get dueUs(): number {
    return this.#give === undefined ? Number.POSITIVE_INFINITY : (this.#buffer.dueUs ?? Number.POSITIVE_INFINITY);
  }

  /** Who gets the frames. */
  start(give: (frame: AudioFrame) => void): void {
    this.#give = give;
  }

  push(packet: AudioPacket, nowUs: number): void {
    if (!this.#isClosed) this.#buffer.push(packet, nowUs);
  }

  tick(nowUs: number): void {
    for (let count = 0; count < mostFramesAtOnce; count++) {
      const played = this.#give === undefined ? undefined : this.#buffer.pull(nowUs);
      if (played === undefined) return;
      const { planes, numberOfFrames, timestampUs, concealed, discontinuity } = played;
      const data = new Float32Array(planes.length * numberOfFrames);
      for (const [channel, plane] of planes.entries()) data.set(plane.subarray(0, numberOfFrames), channel * numberOfFrames);
      const flags = discontinuity ? Flags.discontinuity : 0;
      const timed = { timestamp: timestampUs, flags, ...(concealed && { metadata: madeUp }) };
      this.#give?.(audioFrame({ sampleRate, numberOfChannels: planes.length, data, ...timed }));
    }
  }

  failed(thrown: unknown): void {
    this.#onFailed(thrown);
  }

  /** What came before the cut and was not yet given is let go. */
  drop(beforeRtpTimestamp: number): void {
    this.#buffer.drop(beforeRtpTimestamp);
  }

  stats(): JitterStats {
    return this.#buffer.stats();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#give = undefined;
    this.#decoder.close();
  }
}
