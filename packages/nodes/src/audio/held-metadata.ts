import type { Metadata } from "@remotemedia/core";

const none: Metadata = Object.freeze({});

/**
 * Metadata for a frame that is made in one call and emitted in a later one. The executor gives a frame whose maker knew none that of the
 * input of the call, which is a later one: an object of our own says that there is none.
 */
export function keptMetadata(metadata: Metadata): Metadata {
  for (const _ in metadata) return metadata;
  return none;
}

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
    const metadata = keptMetadata(given);
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
