/**
 * Messages between host and worker: a header of 16 bytes, little-endian, and a payload, which is JSON or a frame.
 *
 *     0 u32 length of the payload   4 u8 op   5 u8 flags   6 u16 0   8 u32 node   12 u32 call
 *
 * The other end is `clients/python/src/remotemedia/_worker/wire.py`; PROTOCOL.md tells what they say to each other.
 */
import { errors } from "@remotemedia/core";

/** The version that both ends must speak. */
export const protocolVersion = 2;

/** What a message says. */
export const Op = {
  hello: 1,
  create: 2,
  start: 3,
  process: 4,
  flush: 5,
  produce: 6,
  next: 7,
  cancel: 8,
  interrupt: 9,
  configure: 10,
  stop: 11,
  memory: 12,
  close: 13,
  ready: 33,
  item: 34,
  done: 35,
  failed: 36,
  log: 37,
  beat: 38,
} as const;

/** Bits of a header's flags. */
export const Bits = { hasFrame: 1, inMemory: 2, untimed: 4, kept: 8 } as const;

/** One message as it came. */
export interface Message {
  readonly op: number;
  readonly flags: number;
  readonly node: number;
  readonly call: number;
  /** Valid until the handler returns. */
  readonly payload: Uint8Array;
}

const headerBytes = 16;
// A frame of the largest size and its descriptor.
const maxPayloadBytes = 2 ** 30 + 2 ** 20;

/** A message whose payload of `length` bytes `write` fills in. */
export function messageOf(
  op: number,
  node: number,
  call: number,
  flags: number,
  length: number,
  write?: (target: Uint8Array) => void,
): Buffer {
  const message = Buffer.allocUnsafe(headerBytes + length);
  message.writeUInt32LE(length, 0);
  message.writeUInt16LE(op + flags * 256, 4);
  message.writeUInt16LE(0, 6);
  message.writeUInt32LE(node, 8);
  message.writeUInt32LE(call, 12);
  write?.(message.subarray(headerBytes));
  return message;
}

/** The JSON object of a payload; an empty one for none. */
export const jsonOf = (payload: Uint8Array): Record<string, unknown> =>
  payload.length === 0 ? {} : JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString());

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #wanted = headerBytes;

  /** Gives every message that is whole with `chunk` to `handle`. @throws `transport-failed` for what cannot be a message */
  feed(chunk: Buffer, handle: (message: Message) => void): void {
    let data = chunk;
    if (this.#heldBytes > 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      // A large frame comes in many chunks: they are put together once.
      if (this.#heldBytes < this.#wanted) return;
      data = Buffer.concat(this.#held);
      this.#held = [];
      this.#heldBytes = 0;
    }
    let at = 0;
    this.#wanted = headerBytes;
    while (data.length - at >= headerBytes) {
      const length = data.readUInt32LE(at);
      if (length > maxPayloadBytes) throw errors.transportFailed({ message: `a Python worker sent a message of ${length} bytes` });
      const end = at + headerBytes + length;
      if (end > data.length) {
        this.#wanted = headerBytes + length;
        break;
      }
      handle({
        op: data[at + 4] as number,
        flags: data[at + 5] as number,
        node: data.readUInt32LE(at + 8),
        call: data.readUInt32LE(at + 12),
        payload: data.subarray(at + headerBytes, end),
      });
      at = end;
    }
    if (at === data.length) return;
    this.#held = [data.subarray(at)];
    this.#heldBytes = data.length - at;
  }
}
