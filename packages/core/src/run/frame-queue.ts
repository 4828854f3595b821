/** What waits on an edge, oldest first: a ring that grows to what was needed, and the sums that bounds are checked against. */
import { Flags, type Frame } from "../frame/frame.ts";

/** How many bytes a frame counts for; values are counted coarsely, so that a queue of them is bounded too. */
export function sizeOf(frame: Frame): number {
  if ("data" in frame) return frame.data.byteLength;
  return frame.kind === "text" ? 64 + 2 * frame.text.length : 256;
}

/** A ring of frames with the time at which each was put in, and its place in the order of arrival. */
export class FrameQueue {
  #frames: (Frame | undefined)[] = new Array(8);
  #times = new Float64Array(8);
  #arrivals = new Float64Array(8);
  #head = 0;
  length = 0;
  bytes = 0;
  /** µs of media that wait and are no answer. */
  debtUs = 0;
  /** µs of answers that wait. */
  bufferedUs = 0;

  push(frame: Frame, timeUs: number, arrival: number): void {
    if (this.length === this.#frames.length) this.#grow();
    const at = (this.#head + this.length++) & (this.#frames.length - 1);
    this.#frames[at] = frame;
    this.#times[at] = timeUs;
    this.#arrivals[at] = arrival;
    this.#count(frame, 1);
  }

  /** The frame at a place, 0 the oldest. */
  at(index: number): Frame | undefined {
    return index < this.length ? this.#frames[this.#slot(index)] : undefined;
  }

  /** Puts a restamped header in the place of one over the same samples. */
  replace(index: number, frame: Frame): void {
    this.#frames[this.#slot(index)] = frame;
  }

  /** When the oldest frame was put in. */
  get headTimeUs(): number {
    return this.#times[this.#head] as number;
  }

  /** Where the oldest frame stands in the order of arrival of the session. */
  get headArrival(): number {
    return this.#arrivals[this.#head] as number;
  }

  /** Takes a frame out of the middle. Linear, but queues are short and it happens when frames are dropped. */
  remove(index: number): Frame {
    const frame = this.#frames[this.#slot(index)] as Frame;
    for (let i = index; i > 0; i--) {
      const to = this.#slot(i);
      const from = this.#slot(i - 1);
      this.#frames[to] = this.#frames[from];
      this.#times[to] = this.#times[from] as number;
      this.#arrivals[to] = this.#arrivals[from] as number;
    }
    this.#frames[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#frames.length - 1);
    this.length--;
    this.#count(frame, -1);
    return frame;
  }

  #count(frame: Frame, sign: 1 | -1): void {
    this.bytes += sign * sizeOf(frame);
    if ((frame.flags & Flags.answer) !== 0) this.bufferedUs += sign * frame.duration;
    else this.debtUs += sign * frame.duration;
  }

  #slot(index: number): number {
    return (this.#head + index) & (this.#frames.length - 1);
  }

  #grow(): void {
    const order = Array.from({ length: this.length }, (_, i) => this.#slot(i));
    const size = this.#frames.length * 2;
    const frames = order.map((slot) => this.#frames[slot]);
    const times = Float64Array.from(order, (slot) => this.#times[slot] as number);
    const arrivals = Float64Array.from(order, (slot) => this.#arrivals[slot] as number);
    this.#frames = [...frames, ...new Array<undefined>(size - frames.length)];
    (this.#times = new Float64Array(size)).set(times);
    (this.#arrivals = new Float64Array(size)).set(arrivals);
    this.#head = 0;
  }
}
