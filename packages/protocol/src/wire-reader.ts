import { malformed } from "./malformed.ts";

// A byte order mark is a character like any other.
const fromUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 as text. @throws `media-invalid` */
export function textOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return "";
  try {
    return fromUtf8.decode(bytes);
  } catch {
    throw malformed("text is not UTF-8");
  }
}

/** Reads protobuf encoding. Everything that it gives lies inside of the bytes, or it throws `media-invalid`. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  unsigned(max: number): number {
    this.#varint();
    const value = this.#high * 2 ** 32 + this.#low;
    if (value > max) throw malformed(`a number is larger than ${max}`, String(value));
    return value;
  }

  signed(): number {
    this.#varint();
    const magnitude = Math.floor(this.#high / 2) * 2 ** 32 + (((this.#low >>> 1) | (this.#high << 31)) >>> 0);
    const value = (this.#low & 1) === 0 ? magnitude : -magnitude - 1;
    if (!Number.isSafeInteger(value)) throw malformed("a number has more than 53 bits", String(value));
    return value;
  }

  /** A view into the message. */
  bytes(): Uint8Array {
    const length = this.unsigned(Number.MAX_SAFE_INTEGER);
    return this.#bytes.subarray(this.#at, this.#advance(length));
  }

  string(): string {
    return textOf(this.bytes());
  }

  /** Passes a field that this version does not know. */
  skip(wireType: number): void {
    if (wireType === 0) this.#varint();
    else if (wireType === 1) this.#advance(8);
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.#advance(4);
    else throw malformed("a field has an unknown wire type", String(wireType));
  }

  #advance(count: number): number {
    if (count > this.#bytes.length - this.#at) throw malformed("it ends inside of a field");
    return (this.#at += count);
  }

  #varint(): void {
    this.#low = 0;
    this.#high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.isAtEnd) throw malformed("it ends inside of a number");
      const byte = this.#bytes[this.#at++]!;
      const part = byte & 127;
      if (shift < 32) this.#low = (this.#low | (part << shift)) >>> 0;
      // The fifth byte, at bit 28, has bits of both halves.
      if (shift === 28) this.#high = part >>> 4;
      else if (shift > 28) this.#high = (this.#high | (part << (shift - 32))) >>> 0;
      if (byte < 128) return;
    }
    throw malformed("a number has more than 64 bits");
  }
}
