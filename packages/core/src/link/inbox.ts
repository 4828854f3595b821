/** Message frames that arrived and whose reader is busy. */
import type { Frame } from "../frame/frame.ts";
import { sizeOf } from "../run/frame-queue.ts";

/** Gives frames to a reader one after another, and tells when the sender should pause. */
export class Inbox {
  readonly #read: (frame: Frame) => void | Promise<void>;
  readonly #flow: (flow: "pause" | "resume") => void;
  readonly #most: number;
  #frames: Frame[] = [];
  #bytes = 0;
  #isBusy = false;
  #isPaused = false;
  #isStopped = false;

  /**
   * @param mostBytes what waits at most: a quarter of it makes the sender pause, since more is on its way by then
   * @param flow told when the sender should pause or go on
   */
  constructor(mostBytes: number, read: (frame: Frame) => void | Promise<void>, flow: (flow: "pause" | "resume") => void) {
    this.#most = mostBytes;
    this.#read = read;
    this.#flow = flow;
  }

  /** Whether a frame has room; if not it was released. */
  put(frame: Frame): boolean {
    if (this.#bytes + sizeOf(frame) > this.#most && this.#frames.length > 0) {
      frame.release();
      return false;
    }
    this.#frames.push(frame);
    this.#bytes += sizeOf(frame);
    this.#deliver();
    if (!this.#isPaused && this.#bytes > this.#most / 4) this.#tell("pause");
    return true;
  }

  /** The connection was replaced: the new one knows nothing of a pause. */
  reopen(): void {
    if (this.#isPaused) this.#flow("pause");
  }

  stop(): void {
    this.#isStopped = true;
    for (const frame of this.#frames.splice(0)) frame.release();
  }

  #deliver(): void {
    while (!this.#isBusy && !this.#isStopped) {
      const frame = this.#frames.shift();
      if (frame === undefined) break;
      this.#bytes -= sizeOf(frame);
      const wait = this.#read(frame);
      if (wait !== undefined) this.#waitFor(wait);
    }
    if (this.#isPaused && this.#bytes <= this.#most / 8) this.#tell("resume");
  }

  #waitFor(wait: Promise<void>): void {
    this.#isBusy = true;
    // What a reader throws is its own affair: it has told its session.
    const goOn = (): void => {
      this.#isBusy = false;
      this.#deliver();
    };
    void wait.then(goOn, goOn);
  }

  #tell(flow: "pause" | "resume"): void {
    this.#isPaused = flow === "pause";
    this.#flow(flow);
  }
}
