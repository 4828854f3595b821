import { type Metadata, noMetadata } from "@remotemedia/core";

// Not `noMetadata`: the executor would fill in that of the input of the call, which is a later one.
const none: Metadata = Object.freeze({});

/**
 * The metadata of input that a node still holds: an output carries that of the input that holds its first sample. Positions are
 * samples since the last restart and only go up. A run of frames with one metadata object is one entry, so that nothing grows
 * where there is none.
 */
export class HeldMetadata {
  readonly #ends: number[] = [];
  readonly #metadata: Metadata[] = [];

  /** Input up to `end` (exclusive) has this metadata. */
  push(end: number, given: Metadata): void {
    const metadata = given === noMetadata ? none : given;
    const last = this.#ends.length - 1;
    if (last >= 0 && this.#metadata[last] === metadata) {
      this.#ends[last] = end;
      return;
    }
    this.#ends.push(end);
    this.#metadata.push(metadata);
  }

  /** The metadata of the input that holds a position; what lies before it is forgotten. The last input's where it lies beyond all. */
  at(position: number): Metadata {
    while (this.#ends.length > 1 && (this.#ends[0] as number) <= position) {
      this.#ends.shift();
      this.#metadata.shift();
    }
    return this.#metadata[0] ?? none;
  }

  reset(): void {
    this.#ends.length = 0;
    this.#metadata.length = 0;
  }
}
