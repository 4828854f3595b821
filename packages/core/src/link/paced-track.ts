/** Sends the frames of a live track in real time. */
import type { Clock } from "../clock.ts";
import { Flags, type Frame } from "../frame/frame.ts";

/**
 * How far media may be ahead of real time before the sender is asked to wait. What is here is still heard after `hold`: with a frame of 20 ms
 * more that is 80 ms.
 */
const aheadUs = 60_000;

/** How a track is paced. */
export interface PacedTrackOptions {
  /** How long before its time a frame leaves: what a receiver without a jitter buffer needs. Default 0. */
  readonly leadMs?: number;
  /** How many times faster than real time frames leave. Default 1. */
  readonly speed?: number;
}

/** One track: what comes in real time leaves at once, what was made ahead waits for its time. */
export class PacedTrack {
  readonly #clock: Clock;
  readonly #send: (frame: Frame, position: number, earlyUs: number) => void;
  readonly #leadUs: number;
  readonly #speed: number;
  #frames: Frame[] = [];
  #waitingUs = 0;
  /** When the next frame may leave. */
  #dueUs = 0;
  #position = 0;
  #cancel: (() => void) | undefined;
  #whenRoom: (() => void)[] = [];

  /** @param send gets each frame with its reference, its position on the track, and how long before its time it leaves, in µs */
  constructor(
    clock: Clock,
    send: (frame: Frame, position: number, earlyUs: number) => void,
    { leadMs = 0, speed = 1 }: PacedTrackOptions = {},
  ) {
    this.#clock = clock;
    this.#send = send;
    this.#leadUs = leadMs * 1000;
    this.#speed = speed;
  }

  get bufferedMs(): number {
    return this.#waitingUs / 1000;
  }

  /** Takes over the reference. A promise while more than 60 ms wait. */
  push(frame: Frame): void | Promise<void> {
    this.#frames.push(frame);
    this.#waitingUs += frame.duration;
    this.#sendDue();
    if (this.#waitingUs <= aheadUs) return undefined;
    return new Promise((resolve) => this.#whenRoom.push(resolve));
  }

  /** Lets go what waits of older answers. The position of the next frame. */
  interrupt(turn: number): number {
    const isStale = (frame: Frame): boolean => (frame.flags & Flags.answer) !== 0 && frame.turn < turn;
    for (const frame of this.#frames.filter(isStale)) frame.release();
    this.#keep(this.#frames.filter((frame) => !isStale(frame)));
    return this.#position;
  }

  close(): void {
    this.#cancel?.();
    for (const frame of this.#frames) frame.release();
    this.#keep([]);
  }

  #keep(frames: Frame[]): void {
    this.#frames = frames;
    this.#waitingUs = frames.reduce((sum, { duration }) => sum + duration, 0);
    this.#wakeSender();
  }

  #sendDue(): void {
    const nowUs = this.#clock.nowUs();
    for (let frame = this.#frames[0]; frame !== undefined && this.#dueUs <= nowUs + this.#leadUs; frame = this.#frames[0]) {
      this.#frames.shift();
      this.#waitingUs -= frame.duration;
      const dueUs = Math.max(this.#dueUs, nowUs - frame.duration);
      this.#dueUs = dueUs + frame.duration / this.#speed;
      this.#send(frame, this.#position++, Math.max(dueUs - nowUs, 0));
    }
    this.#wakeSender();
    if (this.#frames.length > 0) this.#cancel ??= this.#clock.setTimer((this.#dueUs - this.#leadUs - nowUs) / 1000, () => this.#timeIsUp());
  }

  #timeIsUp(): void {
    this.#cancel = undefined;
    this.#sendDue();
  }

  #wakeSender(): void {
    if (this.#waitingUs <= aheadUs) for (const resolve of this.#whenRoom.splice(0)) resolve();
  }
}
