/** Where the frames of one node lie on their way: a slot for each direction, in memory that its worker sees as well, or else the socket. */
import { errors, type Frame, type Output, type RemoteMediaError } from "@remotemedia/core";
import { blockOf, type FrameBlock, frameOfBlock, writeBlock, writeSound } from "./frame-block.ts";
import { createSharedMemory, type SharedMemory } from "./shared-memory.ts";
import { Bits } from "./wire.ts";

/** As the node sees it. */
export type Direction = "in" | "out";

/** What MEMORY says. */
export interface MemoryOffer {
  readonly direction: Direction;
  readonly path: string;
  readonly bytes: number;
}

/** Asks the worker to use new memory; `atOnce` runs with the answer itself, before any message behind it is looked at. */
export type OfferMemory = (offer: MemoryOffer, atOnce: () => void) => Promise<void>;

// A block of 20 ms of stereo at 48 kHz has 8 KB, one of 0.5 s of mono 96 KB.
const firstSlotBytes = 1 << 17;

/** The slots of one node in one worker. */
export class NodeMemory {
  readonly #offer: OfferMemory;
  readonly #slots = new Map<Direction, SharedMemory>();
  readonly #changing = new Set<Direction>();
  /** Without shared memory there is nothing to grow. */
  #isShared = false;
  #isClosed = false;

  constructor(offer: OfferMemory) {
    this.#offer = offer;
  }

  /** Shares the first slots; without shared memory there are none, and everything goes through the socket. */
  async open(): Promise<void> {
    await this.#share("in", firstSlotBytes);
    await this.#share("out", firstSlotBytes);
  }

  /** Gives everything back. */
  close(): void {
    this.#isClosed = true;
    for (const slot of this.#slots.values()) slot.close();
    this.#slots.clear();
  }

  /** Puts an input into its slot. Otherwise gives the block to be sent, and the next frame of that size will fit. */
  put(frame: Frame): FrameBlock | undefined {
    const slot = this.#slots.get("in");
    if (slot !== undefined && writeSound(frame, slot)) return undefined;
    const block = blockOf(frame);
    if (slot !== undefined && block.bytes <= slot.bytes.length) {
      writeBlock(block, slot.bytes);
      return undefined;
    }
    this.#grow("in", block.bytes);
    return block;
  }

  /** The output of a message, copied; and whether anybody has said when it is. */
  take(flags: number, payload: Uint8Array, out: Output): { readonly frame: Frame; readonly port: number } {
    const slot = this.#slots.get("out");
    const isInSlot = (flags & Bits.inMemory) !== 0 && slot !== undefined;
    const taken = frameOf(isInSlot ? slot.view : viewOf(payload), out);
    if (!isInSlot) this.#grow("out", payload.length);
    if ((flags & Bits.untimed) !== 0) taken.frame.isTimed = false;
    return taken;
  }

  /** The node has kept what it was given: the slot is its own now, and it gets another. */
  leave(): void {
    const slot = this.#slots.get("in");
    if (slot === undefined) return;
    this.#replace("in", undefined);
    this.#change("in", slot.bytes.length);
  }

  #grow(direction: Direction, bytes: number): void {
    if (bytes <= (this.#slots.get(direction)?.bytes.length ?? 0)) return;
    this.#change(direction, powerOfTwoAbove(bytes));
  }

  #change(direction: Direction, bytes: number): void {
    if (!this.#isShared || this.#changing.has(direction)) return;
    this.#changing.add(direction);
    this.#share(direction, bytes)
      .catch(() => undefined)
      .finally(() => this.#changing.delete(direction));
  }

  async #share(direction: Direction, bytes: number): Promise<void> {
    const memory = await createSharedMemory(bytes);
    if (memory === undefined) return;
    this.#isShared = true;
    // From this message on the worker reads its input from the new memory, and from its answer on it writes there: both sides change at the same message.
    if (direction === "in") this.#replace(direction, undefined);
    try {
      if (this.#isClosed) throw errors.cancelled({ message: "the node has stopped" });
      await this.#offer({ direction, path: memory.path, bytes }, () => this.#replace(direction, memory));
    } catch (thrown) {
      memory.close();
      throw thrown;
    } finally {
      memory.unlink();
    }
  }

  #replace(direction: Direction, memory: SharedMemory | undefined): void {
    this.#slots.get(direction)?.close();
    if (memory === undefined) this.#slots.delete(direction);
    else this.#slots.set(direction, memory);
  }
}

function powerOfTwoAbove(bytes: number): number {
  let size = firstSlotBytes;
  while (size < bytes) size *= 2;
  return size;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength);

/** Plain values make frames that fit; a `Frame` of user code may say anything. */
function frameOf(view: DataView, out: Output): ReturnType<typeof frameOfBlock> {
  try {
    return frameOfBlock(view, out);
  } catch (cause) {
    const { message, expected, received } = cause as RemoteMediaError;
    const what = message.replace(/^not a message of [^:]+: /, "");
    const fix = "Make the fields of the Frame fit its data, or give a plain value.";
    throw errors.mediaInvalid({ message: `what it gave is no frame: ${what}`, expected, received, fix, cause });
  }
}
