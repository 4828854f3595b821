/** Message frames on their way: kept until the other end has them, because a connection may be lost in between. */
import { errors } from "../errors.ts";
import { Flags, type Frame } from "../frame/frame.ts";
import { sizeOf } from "../run/frame-queue.ts";

interface Entry {
  readonly frame: Frame;
  readonly bytes: number;
}

/** Frames numbered from 1 in the order in which they were first sent. Those not yet sent have no number, so that stale ones can go. */
export class Outbox {
  readonly #most: number;
  #sent: Entry[] = [];
  #waiting: Entry[] = [];
  /** Sequence of the last frame sent. */
  #last = 0;
  #resent = 0;
  #bytes = 0;
  #whenRoom: (() => void)[] = [];

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes a frame. A promise while there is too much already.
   *
   * @throws `overflow` at four times the bound.
   */
  put(frame: Frame): void | Promise<void> {
    if (this.#bytes >= 4 * this.#most)
      throw errors.overflow({
        message: `${this.#bytes} bytes of messages wait for the other end of the link`,
        expected: `at most ${this.#most}`,
        fix: "Await what send returns.",
      });
    const entry = { frame: frame.detached(), bytes: sizeOf(frame) };
    this.#waiting.push(entry);
    this.#bytes += entry.bytes;
    if (this.#bytes <= this.#most) return undefined;
    return new Promise((resolve) => this.#whenRoom.push(resolve));
  }

  /** The next frame to send, first those that must be sent again. */
  next(): { readonly sequence: number; readonly frame: Frame } | undefined {
    const again = this.#sent[this.#resent];
    if (again !== undefined) return { sequence: this.#last - this.#sent.length + ++this.#resent, frame: again.frame };
    const entry = this.#waiting.shift();
    if (entry === undefined) return undefined;
    this.#sent.push(entry);
    this.#resent = this.#sent.length;
    return { sequence: ++this.#last, frame: entry.frame };
  }

  /** The frame that `next` gave last could not be sent at all: its number is free again. */
  discardLast(): void {
    this.#bytes -= this.#sent.pop()?.bytes ?? 0;
    this.#resent = this.#sent.length;
    this.#last--;
    this.#settle();
  }

  /** The other end has everything up to `sequence`. */
  acknowledge(sequence: number): void {
    const first = this.#last - this.#sent.length + 1;
    const gone = Math.min(Math.max(sequence - first + 1, 0), this.#sent.length);
    for (const { bytes } of this.#sent.splice(0, gone)) this.#bytes -= bytes;
    this.#resent = Math.max(this.#resent - gone, 0);
    this.#settle();
  }

  /** A new connection: what was sent and not acknowledged goes out again. */
  rewind(): void {
    this.#resent = 0;
  }

  /** Lets go what answers an older turn and was not yet sent. */
  dropStale(turn: number): void {
    this.#waiting = this.#waiting.filter(({ frame, bytes }) => {
      const isStale = (frame.flags & Flags.answer) !== 0 && frame.turn < turn;
      if (isStale) this.#bytes -= bytes;
      return !isStale;
    });
    this.#settle();
  }

  /** Forgets everything: nobody will read it. */
  clear(): void {
    this.#sent = [];
    this.#waiting = [];
    this.#resent = 0;
    this.#bytes = 0;
    this.#settle();
  }

  #settle(): void {
    if (this.#bytes > this.#most / 2) return;
    for (const resolve of this.#whenRoom.splice(0)) resolve();
  }
}
