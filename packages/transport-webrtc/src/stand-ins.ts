/** Stand-ins until the real ones are here. */
import type { AudioFrame, Clock, Frame } from "@remotemedia/core";

export interface Rtp {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly marker: boolean;
}
export class AudioSender {
  dueUs = Number.POSITIVE_INFINITY;
  #queue: AudioFrame[] = [];
  #encode;
  #send;
  #timestamp = (Math.random() * 2 ** 32) >>> 0;
  #sequence = (Math.random() * 65536) | 0;
  constructor({ encode, send }: { clock: Clock; encode: (planes: readonly Float32Array[]) => Uint8Array; send: (rtp: Rtp) => void }) {
    this.#encode = encode;
    this.#send = send;
  }
  push(frame: Frame): void | Promise<void> {
    this.#queue.push(frame as AudioFrame);
    if (this.dueUs === Number.POSITIVE_INFINITY) this.dueUs = 0;
  }
  tick(nowUs: number): void {
    const frame = this.#queue.shift();
    this.dueUs = (this.dueUs === 0 ? nowUs : this.dueUs) + 20_000;
    if (frame === undefined) {
      this.dueUs = Number.POSITIVE_INFINITY;
      return;
    }
    this.#send({
      sequenceNumber: (this.#sequence = (this.#sequence + 1) & 65535),
      timestamp: (this.#timestamp = (this.#timestamp + 960) >>> 0),
      payload: this.#encode([padded(frame.data as Float32Array)]),
      marker: false,
    });
    frame.release();
  }
  interrupt(_turn: number): number {
    return this.#timestamp;
  }
  get bufferedMs(): number {
    return this.#queue.length * 20;
  }
  close(): void {}
}

const padded = (data: Float32Array): Float32Array => {
  const out = new Float32Array(960);
  out.set(data.subarray(0, 960));
  return out;
};
