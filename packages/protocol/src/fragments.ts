/** Messages in pieces that fit a data channel: `{id u32, index u16, count u16}`, little-endian, before each. */
import { checkSize, malformed } from "./malformed.ts";

const headerBytes = 8;
// Whoever sends one message after another has one open; some room for those that take turns.
const maxOpen = 16;
// Many tiny pieces cost more than their bytes.
const maxPieces = 65_535;

/**
 * The pieces of a message, each with its header and at most `maxBytes` long: at least one, also of a small message.
 *
 * @param id tells apart the messages whose pieces are under way at the same time; count them up.
 * @throws `limit-exceeded` above 16 MiB.
 */
export function fragmentsOf(bytes: Uint8Array, id: number, maxBytes: number = 16 * 1024): Uint8Array[] {
  checkSize(bytes.length);
  const room = maxBytes - headerBytes;
  const count = Math.max(1, Math.ceil(bytes.length / room));
  return Array.from({ length: count }, (_, index) => {
    const part = bytes.subarray(index * room, (index + 1) * room);
    const fragment = new Uint8Array(headerBytes + part.length);
    const view = new DataView(fragment.buffer);
    view.setUint32(0, id, true);
    view.setUint16(4, index, true);
    view.setUint16(6, count, true);
    fragment.set(part, headerBytes);
    return fragment;
  });
}

/** Puts pieces together. They come in order, as on an ordered channel; those of several messages may take turns. */
export class Reassembler {
  readonly #open = new Map<number, { readonly count: number; readonly parts: Uint8Array[] }>();
  #bytes = 0;
  #pieces = 0;

  /** Bytes of messages that are not whole yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes a piece and gives the message whose last it is. A message of one piece is a view into it.
   *
   * @throws `media-invalid` for a piece that is repeated, left out or inconsistent, `limit-exceeded` when open messages have more than 16
   * MiB. Everything that was open is forgotten then: close the channel.
   */
  add(fragment: Uint8Array): Uint8Array | undefined {
    try {
      return this.#add(fragment);
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  /** Forgets what is not whole. */
  clear(): void {
    this.#open.clear();
    this.#bytes = 0;
    this.#pieces = 0;
  }

  #add(fragment: Uint8Array): Uint8Array | undefined {
    if (fragment.length < headerBytes) throw malformed("a fragment is shorter than its header", `${fragment.length} bytes`);
    const view = new DataView(fragment.buffer, fragment.byteOffset, headerBytes);
    const [id, index, count] = [view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true)];
    const part = fragment.subarray(headerBytes);
    const message = this.#open.get(id) ?? { count, parts: [] };
    if (index >= count || count !== message.count || index !== message.parts.length)
      throw malformed(`fragment ${message.parts.length} of ${message.count} was due`, `${index} of ${count}`);
    if (count > 1 && part.length === 0) throw malformed("a fragment is empty");
    return count === 1 ? part : this.#keep(id, message, part);
  }

  #keep(id: number, { count, parts }: { readonly count: number; readonly parts: Uint8Array[] }, part: Uint8Array): Uint8Array | undefined {
    if (parts.push(part) === 1) this.#open.set(id, { count, parts });
    if (this.#open.size > maxOpen) throw malformed("too many messages are open at once", String(this.#open.size));
    if (++this.#pieces > maxPieces) throw malformed("too many fragments of open messages", String(this.#pieces));
    checkSize((this.#bytes += part.length));
    if (parts.length < count) return undefined;
    this.#open.delete(id);
    const whole = joined(parts);
    this.#bytes -= whole.length;
    this.#pieces -= count;
    return whole;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
