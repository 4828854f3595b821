/** Where frames leave a session: outputs and taps. Users get detached copies unless they ask to borrow. */
import { errors } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Consumer, Edge } from "./edge.ts";
import type { Engine } from "./engine.ts";
import { sizeOf } from "./frame-queue.ts";

/** How an output is read. */
export interface ReadOptions {
  /** Frames are lent until the next one is asked for, instead of copied. Default false. */
  readonly borrow?: boolean;
}

const mostCollectedBytes = 1024 ** 3;

/** A reader outside the graph. Until somebody reads or collects, frames are let go. */
export class Outlet implements Consumer {
  readonly id: string;
  readonly #engine: Engine;
  /** Where its frames come from. */
  readonly edges: Edge[] = [];
  #mode: "ignored" | "collected" | "read" = "ignored";
  readonly #readers: ((result: IteratorResult<Frame>) => void)[] = [];
  #borrows = false;
  #lent: Frame | undefined;
  #backlog: Frame[] | undefined;
  #isDone = false;
  #collectedBytes = 0;
  readonly collected: Frame[] = [];

  readonly #whenLeft: ((outlet: Outlet) => void) | undefined;

  /** @param whenLeft told when its reader goes away */
  constructor(engine: Engine, id: string, whenLeft?: (outlet: Outlet) => void) {
    this.#engine = engine;
    this.id = id;
    this.#whenLeft = whenLeft;
  }

  /** Keeps every frame in `collected`, at most 1 GiB. */
  collect(): void {
    this.#mode = "collected";
  }

  get isFree(): boolean {
    return this.#mode !== "read" || this.#readers.length > 0 || this.#backlog !== undefined;
  }

  accept(frame: Frame): void {
    if (this.#mode === "collected") this.#keep(frame, this.collected);
    else if (this.#readers.length > 0) this.#give(frame);
    else if (this.#mode === "read" && this.#backlog !== undefined) this.#keep(frame, this.#backlog);
    else frame.release();
  }

  wake(): void {
    while (this.isFree) {
      const frame = this.#take();
      if (frame === undefined) break;
      this.accept(frame);
    }
    this.#finishWhenDone();
  }

  /** The next frame that waits and is still worth it. */
  #take(): Frame | undefined {
    for (let edge = this.#nextEdge(); edge !== undefined; edge = this.#nextEdge()) {
      const frame = edge.dequeue();
      if (frame !== undefined) return frame;
    }
    return undefined;
  }

  #finishWhenDone(): void {
    if (this.edges.every((edge) => edge.isEnded && edge.queue.length === 0)) this.#finish();
  }

  #nextEdge(): Edge | undefined {
    let next: Edge | undefined;
    for (const edge of this.edges) {
      const head = edge.queue.at(0);
      if (head === undefined || this.#engine.holdsBack(head)) continue;
      if (next === undefined || edge.queue.headArrival < next.queue.headArrival) next = edge;
    }
    return next;
  }

  adapt(): undefined {
    return undefined;
  }

  /** The frames from now on. One reader at a time. */
  read({ borrow = false }: ReadOptions = {}): AsyncIterableIterator<Frame> {
    if (this.#mode === "read")
      throw errors.usage({ message: `"${this.id}" is being read already`, fix: "Go on with that reader, close it first, or use a tap." });
    this.#mode = "read";
    this.#borrows = borrow;
    const iterator: AsyncIterableIterator<Frame> = {
      [Symbol.asyncIterator]: () => iterator,
      next: () => this.#next(),
      return: () => {
        this.#returnLent();
        this.#mode = "ignored";
        this.wake();
        this.#whenLeft?.(this);
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    return iterator;
  }

  /** The session is closing: what is finished is kept for a reader who comes for it later, so that nobody waits for him. */
  drain(): void {
    this.#backlog ??= [];
    this.wake();
  }

  /** The session is closed: a reader that waits is told. */
  close(): void {
    this.#finish();
  }

  #next(): Promise<IteratorResult<Frame>> {
    this.#returnLent();
    const kept = this.#backlog?.shift();
    if (kept !== undefined) return Promise.resolve({ done: false, value: kept });
    const frame = this.#take();
    if (frame !== undefined) return Promise.resolve(this.#result(frame));
    return new Promise((resolve) => {
      this.#readers.push(resolve);
      this.#finishWhenDone();
      if (this.#isDone) this.#finish();
    });
  }

  #give(frame: Frame): void {
    const reader = this.#readers.shift() as (result: IteratorResult<Frame>) => void;
    reader(this.#result(frame));
  }

  #result(frame: Frame): IteratorResult<Frame> {
    if (this.#borrows) this.#lent = frame;
    return { done: false, value: this.#borrows ? frame : detach(frame) };
  }

  #keep(frame: Frame, list: Frame[]): void {
    this.#collectedBytes += sizeOf(frame);
    if (this.#collectedBytes <= mostCollectedBytes) list.push(detach(frame));
    else {
      frame.release();
      this.#engine.fail(
        errors.limitExceeded({
          node: this.id,
          message: "more than 1 GiB was collected",
          fix: "Read the frames one by one with pipeline.stream(), or write them to a file.",
        }),
      );
    }
  }

  #returnLent(): void {
    this.#lent?.release();
    this.#lent = undefined;
  }

  #finish(): void {
    const isFirst = !this.#isDone;
    this.#isDone = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
    if (isFirst) this.#engine.activity.ended();
  }
}

function detach(frame: Frame): Frame {
  const copy = frame.detached();
  frame.release();
  return copy;
}
