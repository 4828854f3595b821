/** What waits to go out over a data channel. */
import { errors } from "@remotemedia/core";
import type { RTCDataChannel } from "werift";

// werift's throughput collapses when its own queue grows deep (7.4 MB/s at 64 KiB of 1,200-byte messages, next to nothing at 4 MiB).
const lentBytes = 64 * 1024;
const chunkBytes = 1200;

interface Waiting {
  readonly part: Buffer | string;
  readonly bytes: number;
  /** Does not go out while the receiver has no room. */
  readonly canPause: boolean;
}

/**
 * A bounded queue before a data channel. werift is given only as much as keeps the network busy; the rest waits here, in order.
 */
export class OutgoingMessages {
  readonly #capBytes: number;
  #channel: RTCDataChannel | undefined;
  #waiting: Waiting[] = [];
  #heldBytes = 0;
  #isPaused = false;
  #isClosed = false;
  #whenRoom: (() => void)[] = [];
  #stop: (() => void) | undefined;

  constructor(capBytes = 256 * 1024) {
    this.#capBytes = capBytes;
  }

  get queuedBytes(): number {
    return this.#heldBytes + (this.#channel === undefined ? 0 : lentTo(this.#channel));
  }

  /** The channel is open. */
  attach(channel: RTCDataChannel): void {
    this.#stop?.();
    this.#channel = channel;
    const { unSubscribe } = channel.sctp.sctp.flush.subscribe(() => queueMicrotask(() => this.#feed()));
    this.#stop = unSubscribe;
    this.#feed();
  }

  /**
   * Queues one message's parts. A promise means that there is more than the cap: await it.
   *
   * @throws `overflow` at four times the cap, `transport-failed` after `close`.
   */
  send(parts: readonly (Buffer | string)[], canPause: boolean): void | Promise<void> {
    if (this.#isClosed) throw errors.transportFailed({ message: "the connection is closed" });
    if (this.#heldBytes > 4 * this.#capBytes) {
      throw errors.overflow({
        message: `${this.#heldBytes} bytes of messages wait for the data channel already`,
        fix: "Await what send returns.",
      });
    }
    for (const part of parts) {
      const bytes = Buffer.byteLength(part);
      this.#heldBytes += bytes;
      this.#waiting.push({ part, bytes, canPause });
    }
    this.#feed();
    if (this.#heldBytes > this.#capBytes) return new Promise((resolve) => this.#whenRoom.push(resolve));
  }

  /** The receiver has no room, or has some again. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!isPaused) this.#feed();
  }

  /** Whether everything has left and was acknowledged. */
  get isDrained(): boolean {
    return this.#waiting.length === 0 && (this.#channel === undefined || unacknowledged(this.#channel) === 0);
  }

  /** Lets go what waits; whoever waits is woken. */
  close(): void {
    this.#isClosed = true;
    this.#stop?.();
    this.#waiting = [];
    this.#heldBytes = 0;
    for (const resolve of this.#whenRoom.splice(0)) resolve();
  }

  #feed(): void {
    const channel = this.#channel;
    let lent = channel === undefined ? 0 : lentTo(channel);
    while (channel?.readyState === "open" && lent < lentBytes) {
      const next = this.#waiting[0];
      if (next === undefined || (this.#isPaused && next.canPause && !this.#letControlPass())) break;
      const { part, bytes } = this.#waiting.shift()!;
      this.#heldBytes -= bytes;
      lent += bytes;
      channel.send(part);
    }
    if (this.#heldBytes <= this.#capBytes / 2) for (const resolve of this.#whenRoom.splice(0)) resolve();
  }

  /** While frames are held back, what steers the link goes before them. True if there was such. */
  #letControlPass(): boolean {
    const index = this.#waiting.findIndex(({ canPause }) => !canPause);
    if (index < 0) return false;
    this.#waiting.unshift(...this.#waiting.splice(index, 1));
    return true;
  }
}

const lentTo = (channel: RTCDataChannel): number => channel.sctp.sctp.outboundQueue.length * chunkBytes;

/** werift tells nobody what was acknowledged; its list of what was not is internal. */
function unacknowledged(channel: RTCDataChannel): number {
  const { outboundQueue, sentQueue } = channel.sctp.sctp as unknown as Record<
    "outboundQueue" | "sentQueue",
    readonly unknown[] | undefined
  >;
  return (outboundQueue?.length ?? 0) + (sentQueue?.length ?? 0);
}
