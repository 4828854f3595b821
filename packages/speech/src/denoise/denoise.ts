import {
  audio,
  defineNode,
  type Emission,
  Flags,
  type MediaStream,
  type NodeExecutor,
  type Output,
  type PlanarFrame,
  sameAs,
} from "@remotemedia/core";
import { Continuity, HeldMetadata } from "@remotemedia/nodes";
import { blockLength, openRnnoise, type Rnnoise } from "./rnnoise.ts";

/**
 * Takes noise out of speech by RNNoise, for people who listen: recognizers and voice activity detectors make more errors with its output
 * than with the noise, so give them the input. Every sample keeps its time; 20 ms later. It starts anew where the input jumps.
 *
 * @example new Pipeline("clean").add(fileSource({ path: "call.wav" })).add(denoise()).add(fileSink({ path: "clean.wav" }))
 */
export const denoise = defineNode({
  type: "denoise",
  description: "Takes noise out of speech, for people who listen: it makes recognition worse.",
  inputs: { in: audio({ format: "f32-planar", sampleRate: 48_000, numberOfChannels: 1 }) },
  outputs: { out: sameAs("in") },
  // A block must have been heard before it is worked on, and what comes out is a block late.
  latencyUs: 20_000,
  create: () => new Denoise(),
});

class Denoise implements NodeExecutor<PlanarFrame> {
  readonly #continuity = new Continuity();
  readonly #held = new HeldMetadata();
  readonly #block = new Float32Array(blockLength);
  /** Samples of the block that have come. */
  #filled = 0;
  #rnnoise: Rnnoise | undefined;
  #stream: MediaStream | undefined;
  /** Samples since the last start or jump. */
  #heard = 0;
  #given = 0;
  /** What comes out first lies before the first sample. */
  #isEarly = true;
  #nextFlags = 0;

  async start(): Promise<void> {
    this.#rnnoise = await openRnnoise();
  }

  *process(frame: PlanarFrame, _port: string, out: Output): Generator<Emission> {
    const restUs = this.#continuity.at(this.#given);
    const before = this.#continuity.follow(frame);
    if (before === "jump" && this.#given < this.#heard) yield this.#rest(restUs, 0, out);
    if (before !== undefined) this.#restart(Flags.discontinuity);
    if (this.#heard === 0) this.#nextFlags |= frame.flags & (Flags.discontinuity | Flags.gap);
    this.#stream = frame.stream;
    this.#heard += frame.numberOfFrames;
    this.#held.push(this.#heard, frame.metadata);
    yield* this.#clean(frame, out);
    if ((frame.flags & Flags.end) === 0) return;
    yield this.#rest(this.#continuity.at(this.#given), Flags.end, out);
    this.#continuity.reset();
    this.#restart(0);
  }

  *flush(out: Output): Generator<Emission> {
    if (this.#given < this.#heard) yield this.#rest(this.#continuity.at(this.#given), 0, out);
  }

  stop(): void {
    this.#rnnoise?.close();
    this.#rnnoise = undefined;
  }

  *#clean({ data, numberOfFrames }: PlanarFrame, out: Output): Generator<Emission> {
    for (let from = 0; from < numberOfFrames; ) {
      const part = data.subarray(from, from + blockLength - this.#filled);
      this.#block.set(part, this.#filled);
      from += part.length;
      this.#filled += part.length;
      if (this.#filled < blockLength) return;
      if (!this.#advance()) continue;
      const frame = this.#frame(blockLength, this.#continuity.at(this.#given), 0, out);
      frame.data.set(this.#block);
      yield frame;
    }
  }

  /** Works on the block. False if what came out lies before the first sample. */
  #advance(): boolean {
    this.#rnnoise?.process(this.#block);
    this.#filled = 0;
    const isSound = !this.#isEarly;
    this.#isEarly = false;
    return isSound;
  }

  /** All that was heard and not given yet: less than two blocks. */
  #rest(timestamp: number, flags: number, out: Output) {
    const count = this.#heard - this.#given;
    const frame = this.#frame(count, timestamp, flags, out);
    for (let done = 0; done < count; ) {
      this.#block.fill(0, this.#filled);
      if (!this.#advance()) continue;
      const part = this.#block.subarray(0, count - done);
      frame.data.set(part, done);
      done += part.length;
    }
    return frame;
  }

  #frame(numberOfFrames: number, timestamp: number, flags: number, out: Output) {
    const stream = this.#stream as MediaStream;
    const metadata = this.#held.at(this.#given);
    const frame = out.audio({
      numberOfFrames,
      numberOfChannels: 1,
      sampleRate: 48_000,
      timestamp,
      stream,
      metadata,
      flags: this.#nextFlags | flags,
    });
    this.#given += numberOfFrames;
    this.#nextFlags = 0;
    return frame;
  }

  #restart(flags: number): void {
    this.#rnnoise?.reset();
    this.#held.reset();
    this.#filled = this.#heard = this.#given = 0;
    this.#isEarly = true;
    this.#nextFlags |= flags;
  }
}
