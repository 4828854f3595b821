import { errors } from "@remotemedia/core";

const toUtf8 = new TextEncoder();

/**
 * Writes protobuf encoding from the end to the start: the length of what is inside is known when its prefix is written, so that nothing is
 * measured twice and bytes are copied once.
 */
export class WireWriter {
  #bytes: Uint8Array;
  #start: number;

  /** `capacity` is a guess, in bytes. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#start = capacity;
  }

  /** Bytes written until now. */
  get length(): number {
    return this.#bytes.length - this.#start;
  }

  /** What was written: a view, to be used when all is done. */
  get written(): Uint8Array {
    return this.#bytes.subarray(this.#start);
  }

  /** An unsigned integer up to `max` as a varint. */
  unsigned(value: number, max: number): void {
    if (!Number.isInteger(value) || value < 0 || value > max) throw unwritable(value, `an integer from 0 to ${max}`);
    this.#varint(value >>> 0, Math.floor(value / 2 ** 32));
  }

  /** A signed integer as a zigzag varint (`sint64`), in two halves because a double does not hold 64 bits. */
  signed(value: number): void {
    if (!Number.isSafeInteger(value)) throw unwritable(value, "an integer of at most 53 bits");
    const magnitude = value < 0 ? -(value + 1) : value;
    this.#varint((((magnitude % 2 ** 31) << 1) | (value < 0 ? 1 : 0)) >>> 0, Math.floor(magnitude / 2 ** 31));
  }

  /** Bytes with their length before them. */
  bytes(value: Uint8Array): void {
    const start = this.#take(value.length);
    this.#bytes.set(value, start);
    this.unsigned(value.length, 2 ** 32);
  }

  /** A string in UTF-8 with its length before it; lone surrogates become U+FFFD. */
  string(value: string): void {
    if (typeof value !== "string") throw unwritable(value, "a string");
    this.bytes(toUtf8.encode(value));
  }

  #varint(low: number, high: number): void {
    const bits = high === 0 ? 32 - Math.clz32(low | 1) : 64 - Math.clz32(high);
    let at = this.#take(Math.ceil(bits / 7));
    while (high !== 0 || low > 127) {
      this.#bytes[at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[at] = low;
  }

  /** Room before what is written; gives its start. */
  #take(count: number): number {
    if (count > this.#start) {
      const { written } = this;
      const larger = new Uint8Array(2 * (written.length + count));
      this.#start = larger.length - written.length;
      larger.set(written, this.#start);
      this.#bytes = larger;
    }
    return (this.#start -= count);
  }
}

const unwritable = (value: unknown, expected: string) =>
  errors.mediaInvalid({ message: "a field of the message does not fit the wire", expected, received: String(value) });
