import type { AudioFrame } from "@remotemedia/core";

/** A frame of float samples that a node made. */
export type FilledFrame = AudioFrame & { readonly data: Float32Array };

interface Part {
  readonly frame: FilledFrame;
  filled: number;
}

/** Frames whose length and place in time are known before their samples are: one for each input frame of a node that gives samples late. */
export class KeptFrames {
  readonly #parts: Part[] = [];

  /** Takes over an empty frame, which follows on the one before. */
  begin(frame: FilledFrame): void {
    this.#parts.push({ frame, filled: 0 });
  }

  /** The frame that was begun last, unless it is full already. */
  get last(): AudioFrame | undefined {
    return this.#parts.at(-1)?.frame;
  }

  /** Takes `count` samples per channel, planar, and gives the frames that are full with them. */
  fill(samples: Float32Array, count: number): AudioFrame[] {
    const full: AudioFrame[] = [];
    let taken = 0;
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      const { frame, filled } = part;
      const run = Math.min(frame.numberOfFrames - filled, count - taken);
      for (let channel = 0; channel < frame.numberOfChannels; channel++) {
        const from = channel * count + taken;
        frame.data.set(samples.subarray(from, from + run), channel * frame.numberOfFrames + filled);
      }
      part.filled += run;
      taken += run;
      if (part.filled < frame.numberOfFrames) break;
      this.#parts.shift();
      full.push(frame);
    }
    return full;
  }

  /** Gives up what is not full. */
  drop(): void {
    for (const { frame } of this.#parts.splice(0)) frame.release();
  }
}
