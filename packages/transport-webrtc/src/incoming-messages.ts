/** What has come over a data channel and waits for its reader. */
import type { LinkMessage } from "@remotemedia/core";

/** What an inbox asks of its surroundings. */
export interface IncomingOptions {
  /** More than this waits: the sender is asked to pause. */
  readonly highBytes: number;
  /** More than this is not kept. */
  readonly capBytes: number;
  /** The sender shall pause, or go on. */
  flow(flow: "pause" | "resume"): void;
  /** A message found no room. */
  overflow(): void;
}

type Reader = (message: LinkMessage) => void | Promise<void>;

/** Gives messages to their reader one after another; while its promise is pending they wait here, within a bound. */
export class IncomingMessages {
  readonly #options: IncomingOptions;
  #reader: Reader | undefined;
  #waiting: { readonly message: LinkMessage; readonly bytes: number }[] = [];
  #bytes = 0;
  #isReading = false;
  #isHeld = false;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** Who reads from now on, in place of who did before. */
  read(reader: Reader): void {
    this.#reader = reader;
    this.#isReading = false;
    this.#deliver();
  }

  push(message: LinkMessage, bytes: number): void {
    if (this.#bytes + bytes > this.#options.capBytes && this.#waiting.length > 0) return this.#options.overflow();
    this.#bytes += bytes;
    this.#waiting.push({ message, bytes });
    this.#deliver();
    if (!this.#isHeld && this.#bytes > this.#options.highBytes) this.#hold(true);
  }

  close(): void {
    this.#waiting = [];
    this.#bytes = 0;
    this.#reader = undefined;
  }

  #deliver(): void {
    while (this.#reader !== undefined && !this.#isReading) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#bytes -= next.bytes;
      const wait = this.#reader(next.message);
      if (wait !== undefined) this.#waitFor(wait, this.#reader);
    }
    if (this.#isHeld && this.#bytes <= this.#options.highBytes / 2) this.#hold(false);
  }

  #waitFor(wait: Promise<void>, reader: Reader): void {
    this.#isReading = true;
    const goOn = (): void => {
      if (reader !== this.#reader) return;
      this.#isReading = false;
      this.#deliver();
    };
    void wait.then(goOn, goOn);
  }

  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#options.flow(isHeld ? "pause" : "resume");
  }
}
