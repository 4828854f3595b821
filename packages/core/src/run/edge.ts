/**
 * An edge: hands frames over by a plain call while its consumer is free, and keeps them in a bounded queue while it is not. What is stale
 * is dropped here, formats are checked here, and here the policies of full queues live.
 */
import { errorFrom, errors } from "../errors.ts";
import { Flags, type Frame } from "../frame/frame.ts";
import { formatOf, hasFormat, type MediaFormat } from "../frame/media.ts";
import type { GraphEdge } from "../graph/graph.ts";
import type { ConverterChain } from "./converter-chain.ts";
import type { Engine } from "./engine.ts";
import { FrameQueue } from "./frame-queue.ts";
import type { Turns } from "./turns.ts";

/** What an edge leads to: a node, or a reader outside the session. */
export interface Consumer {
  readonly id: string;
  /** Whether `accept` may be called now. */
  readonly isFree: boolean;
  /** Takes over the caller's reference. Never throws. */
  accept(frame: Frame, edge: Edge): void;
  /** Something waits in the queue, or the edge has ended. */
  wake(): void;
  /** The format of frames on this edge is known, or has changed. Gives the converters that it needs. */
  adapt(edge: Edge, format: MediaFormat): ConverterChain | undefined;
}

/** Why frames were dropped. */
export interface Drops {
  /** Answers whose turn is over. */
  stale: number;
  /** The queue was full. */
  full: number;
  /** Older than `max_age_ms`. */
  aged: number;
}

/** What happens when a queue is full. */
export type QueuePolicy = "block" | "drop-oldest" | "drop-newest" | "latest";

/** The bounds of an edge. */
export interface EdgeOptions {
  readonly size: number;
  readonly bytes: number;
  /** `live`: drop-oldest, and the latest alone of pictures. `tap`: drop-oldest of everything, messages too. */
  readonly policy: QueuePolicy | "live" | "tap";
  readonly maxAgeMs: number;
  readonly keepStale: boolean;
  /** Whether its frames wait for those of other edges, to be put in order: where edges of a batch meet. */
  readonly merges: boolean;
}

/** A producer that ignores back-pressure is stopped at this multiple of the queue's size. */
const overflowFactor = 4;

/** So many nodes are run in one call stack; beyond, frames queue, and the stack ends. */
export const deepest = 100;

const isDroppable = ({ kind }: Frame): boolean => kind !== "text" && kind !== "json" && kind !== "event";

/** One connection of a running session. */
export class Edge {
  readonly name: string;
  readonly producerId: string;
  readonly port: string;
  readonly consumer: Consumer;
  readonly queue = new FrameQueue();
  readonly drops: Drops = { stale: 0, full: 0, aged: 0 };
  readonly options: EdgeOptions;
  /** Frames that were given to it. */
  frames = 0;
  peakDepth = 0;
  /** No more frames will come; what is queued still has to be taken. */
  isEnded = false;
  /** What comes in, before converters. */
  format: MediaFormat | undefined;
  /** Asks the producer's side for a key frame after a drop. */
  requestKeyframe: () => unknown = () => undefined;
  readonly #engine: Engine;
  readonly #turns: Turns;
  #converters: ConverterChain | undefined;
  #awaitsKeyframe = false;
  #hasAskedForKeyframe = false;
  /** The end of a segment was dropped with its frame, and nothing waits that could carry it. */
  #owesEnd = false;
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(engine: Engine, { from, to }: Pick<GraphEdge, "from" | "to">, consumer: Consumer, options: EdgeOptions) {
    this.#engine = engine;
    this.#turns = engine.turns;
    this.name = `${from.node}.${from.port} → ${to.node}.${to.port}`;
    this.producerId = from.node;
    this.port = to.port;
    this.consumer = consumer;
    this.options = options;
  }

  get converters(): ConverterChain | undefined {
    return this.#converters;
  }

  /** Negotiates before the first frame. */
  plan(format: MediaFormat): void {
    this.#converters = this.consumer.adapt(this, format);
    this.format = format;
  }

  /** Takes over the caller's reference. A promise means: wait before giving more. */
  deliver(frame: Frame): void | Promise<void> {
    this.frames++;
    if (!this.options.keepStale && this.#turns.isStale(frame)) return this.#drop(frame, "stale");
    if ((this.format === undefined || !hasFormat(frame, this.format)) && !this.#follow(frame)) return;
    if (this.#converters === undefined) return this.admit(frame);
    this.#converters.convert(frame);
    return this.room();
  }

  /** Past the converters: to the consumer, or into the queue. */
  admit(frame: Frame): void | Promise<void> {
    return this.#awaitsKeyframe || this.#owesEnd ? this.#admitAfterLoss(frame) : this.#admit(frame);
  }

  #admit(frame: Frame): void | Promise<void> {
    const engine = this.#engine;
    if (this.queue.length > 0 || !this.consumer.isFree || this.options.merges || this.#turns.holdsBack(frame) || engine.depth >= deepest) {
      return this.#enqueue(frame);
    }
    engine.depth++;
    this.consumer.accept(frame, this);
    engine.depth--;
  }

  /** The next frame that is still worth it; stale and aged ones are dropped on the way. */
  dequeue(): Frame | undefined {
    while (this.queue.length > 0) {
      const timeUs = this.queue.headTimeUs;
      const frame = this.queue.remove(0);
      this.#freeRoom();
      if (this.#turns.isStale(frame) && !this.options.keepStale) this.#drop(frame, "stale");
      else if (this.#isTooOld(frame, timeUs)) this.#loseAtHead(frame);
      else return frame;
    }
    return undefined;
  }

  /** Drops what has become stale. */
  purgeStale(): void {
    if (this.options.keepStale) return;
    for (let i = this.queue.length - 1; i >= 0; i--) {
      if (this.#turns.isStale(this.queue.at(i) as Frame)) this.#drop(this.queue.remove(i), "stale");
    }
    this.#freeRoom();
  }

  /** The producer has ended. */
  end(): void {
    if (this.isEnded) return;
    this.#converters?.flush();
    this.isEnded = true;
    this.#engine.depth++;
    this.consumer.wake();
    this.#engine.depth--;
  }

  /** Lets go of everything; nobody will read it. */
  close(): void {
    while (this.queue.length > 0) this.queue.remove(0).release();
    this.#converters?.close();
    this.isEnded = true;
    this.#room?.resolve();
    this.#room = undefined;
  }

  get isFull(): boolean {
    return this.queue.length >= this.options.size || this.queue.bytes >= this.options.bytes;
  }

  /** A promise for room while there is none. */
  room(): Promise<void> | undefined {
    if (this.options.policy !== "block" || !this.isFull || this.#engine.isStopping) return undefined;
    if (this.#room === undefined) {
      this.#room = deferred();
      this.#engine.activity.checkSoon();
    }
    return this.#room.promise;
  }

  /** What comes after a drop: no picture that cannot be decoded, and the end that a dropped frame carried. */
  #admitAfterLoss(frame: Frame): void | Promise<void> {
    if (this.#dependsOnLost(frame)) return this.#loseNewest(frame);
    if (frame.kind === "encoded-video") this.#awaitsKeyframe = false;
    return this.#admit(this.#owesEnd ? this.#withEnd(frame) : frame);
  }

  #dependsOnLost(frame: Frame): boolean {
    return this.#awaitsKeyframe && frame.kind === "encoded-video" && frame.type === "delta";
  }

  #withEnd(frame: Frame): Frame {
    this.#owesEnd = false;
    const marked = frame.share();
    marked.flags |= Flags.end;
    frame.release();
    return marked;
  }

  #enqueue(frame: Frame): Promise<void> | undefined {
    if (this.#policyFor(frame) === "latest") this.#dropOldest(this.queue.length);
    if (this.isFull && !this.#makeRoom(frame)) return this.#loseNewest(frame);
    if (this.#dependsOnLost(frame)) return this.#loseNewest(frame);
    if (frame.kind === "encoded-video") this.#awaitsKeyframe = false;
    this.queue.push(this.#owesEnd ? this.#withEnd(frame) : frame, this.#engine.nowUs(), this.#engine.nextArrival());
    if (this.queue.length > this.peakDepth) this.peakDepth = this.queue.length;
    this.#askForKeyframe();
    this.consumer.wake();
    return this.room();
  }

  /** Whether the frame may be put in; older ones may have been dropped for it. */
  #makeRoom(frame: Frame): boolean {
    const { size, bytes } = this.options;
    const policy = this.#policyFor(frame);
    const isOverflowing = (): boolean => this.queue.length >= size * overflowFactor || this.queue.bytes >= bytes * overflowFactor;
    if (policy === "drop-newest" && isDroppable(frame)) return false;
    if (policy === "drop-oldest" || (isOverflowing() && this.#engine.mode === "live")) this.#dropOldest(1);
    if (!isOverflowing()) return true;
    frame.release();
    if (this.options.merges) throw this.#heldTooMuch();
    throw errors.overflow({
      node: this.producerId,
      message: `${this.name} holds ${this.queue.length} frames, ${overflowFactor} times its size`,
      expected: "a producer that awaits what emit or push returns",
      fix: "Write `return out.emit(...)` or `await session.push(...)`, or enlarge the queue of this edge.",
    });
  }

  #policyFor(frame: Frame): QueuePolicy {
    const { policy } = this.options;
    if (policy !== "live") return policy === "tap" ? "drop-oldest" : policy;
    return frame.kind === "video" ? "latest" : "drop-oldest";
  }

  #heldTooMuch() {
    return errors.limitExceeded({
      node: this.producerId,
      message: `${this.name} holds ${this.queue.bytes >> 20} MiB that cannot be put in order yet`,
      fix: "Merge branches that run at the same pace, or set queue.bytes of this edge.",
    });
  }

  #dropOldest(count: number): void {
    const dropsAll = this.options.policy === "tap";
    for (let i = 0, left = count; i < this.queue.length && left > 0; ) {
      if (dropsAll || isDroppable(this.queue.at(i) as Frame)) {
        left--;
        this.#lose(this.queue.remove(i), i, "full");
      } else i++;
    }
  }

  /** A frame that was taken out at a place is dropped, and with an encoded picture those behind it that need it. */
  #lose(frame: Frame, at: number, reason: keyof Drops): void {
    let hasEnd = (frame.flags & Flags.end) !== 0;
    this.#drop(frame, reason);
    if (frame.kind === "encoded-video") {
      this.#awaitsKeyframe = true;
      this.#hasAskedForKeyframe = false;
      for (let i = at; i < this.queue.length && this.#awaitsKeyframe; ) {
        const next = this.queue.at(i) as Frame;
        if (next.kind !== "encoded-video") i++;
        else if (next.type === "key") this.#awaitsKeyframe = false;
        else {
          hasEnd ||= (next.flags & Flags.end) !== 0;
          this.#drop(this.queue.remove(i), reason);
        }
      }
    }
    if (hasEnd) this.#passEndTo(at);
  }

  #loseAtHead(frame: Frame): void {
    this.#lose(frame, 0, "aged");
    this.#askForKeyframe();
  }

  #loseNewest(frame: Frame): undefined {
    const hasEnd = (frame.flags & Flags.end) !== 0;
    if (frame.kind === "encoded-video" && !this.#awaitsKeyframe) {
      this.#awaitsKeyframe = true;
      this.#hasAskedForKeyframe = false;
    }
    this.#drop(frame, "full");
    if (hasEnd) this.#passEndTo(this.queue.length - 1);
    this.#askForKeyframe();
  }

  /** Last of all, when the queue is in order again: whoever is asked may answer at once. */
  #askForKeyframe(): void {
    if (!this.#awaitsKeyframe || this.#hasAskedForKeyframe) return;
    this.#hasAskedForKeyframe = true;
    this.requestKeyframe();
  }

  /** The end of a segment must be seen even if the frame that carried it is not. */
  #passEndTo(index: number): void {
    const neighbor = this.queue.at(index);
    this.#owesEnd = true;
    if (neighbor !== undefined) this.queue.replace(index, this.#withEnd(neighbor));
  }

  #isTooOld(frame: Frame, queuedUs: number): boolean {
    const { maxAgeMs } = this.options;
    return maxAgeMs !== Number.POSITIVE_INFINITY && isDroppable(frame) && this.#engine.nowUs() - queuedUs > maxAgeMs * 1000;
  }

  #drop(frame: Frame, reason: keyof Drops): undefined {
    this.drops[reason]++;
    frame.release();
  }

  #freeRoom(): void {
    if (this.#room === undefined || this.isFull) return;
    // Waking the producer for every single place costs more than the frame: wait until half of them are free.
    if (this.queue.length > this.options.size >> 1) return;
    const { resolve } = this.#room;
    this.#room = undefined;
    resolve();
  }

  /** A frame unlike the agreed format: new converters from here on. False when there are none and the frame is gone. */
  #follow(frame: Frame): boolean {
    const old = this.#converters;
    old?.flush();
    old?.close();
    this.#converters = undefined;
    this.format = undefined;
    try {
      this.plan(formatOf(frame));
      return true;
    } catch (thrown) {
      this.#engine.refused(errorFrom(thrown, "media-incompatible", { node: this.consumer.id, port: this.port }), this.consumer);
      frame.release();
      return false;
    }
  }
}

const deferred = () => {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};
