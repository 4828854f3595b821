/** One output port of a running node: numbers what leaves it and gives it to everything connected. */
import type { Frame, MediaStream } from "../frame/frame.ts";

/** What an output leads to. */
export interface Target {
  /** Takes over the caller's reference. A promise means: wait before giving more. */
  deliver(frame: Frame): void | Promise<void>;
  /** A promise for room while it must be waited for. */
  room(): Promise<void> | undefined;
  /** No more will come. */
  end(): void;
}

/** An output port. */
export class OutputSlot {
  readonly port: string;
  /** A list of its own for each change: one may come while a frame is on its way to all. */
  targets: readonly Target[] = [];
  /** Names of events that raise the turn. */
  readonly interruptOn = new Set<string>();
  /** Frames that left here. */
  frames = 0;
  readonly #isLive: boolean;
  #only: Target | undefined;
  #sequence = 0;
  #stream: MediaStream | undefined;
  // A port carries one stream nearly always; only others need a table.
  #others: Map<number, number> | undefined;

  constructor(port: string, isLive: boolean) {
    this.port = port;
    this.#isLive = isLive;
  }

  add(target: Target): void {
    this.#setTargets([...this.targets, target]);
  }

  remove(target: Target): void {
    this.#setTargets(this.targets.filter((other) => other !== target));
  }

  #setTargets(targets: readonly Target[]): void {
    this.targets = targets;
    this.#only = targets.length === 1 ? targets[0] : undefined;
  }

  /** The number that a frame of this stream gets, u32. */
  nextSequence(stream: MediaStream): number {
    if (this.#stream !== stream && this.#stream?.id !== stream.id) this.#switchTo(stream);
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) >>> 0;
    return sequence;
  }

  #switchTo(stream: MediaStream): void {
    if (this.#stream !== undefined) (this.#others ??= new Map()).set(this.#stream.id, this.#sequence);
    this.#sequence = this.#others?.get(stream.id) ?? 0;
    this.#stream = stream;
  }

  /** To all targets, which share the frame. */
  deliver(frame: Frame): void | Promise<void> {
    this.frames++;
    return this.#only === undefined ? this.#deliverToAll(frame) : this.#only.deliver(frame);
  }

  // An overflow of one branch must not keep the frame from the others, so it is thrown when all have it.
  #deliverToAll(frame: Frame): void | Promise<void> {
    const { targets } = this;
    if (targets.length === 0) return frame.release();
    frame.holders += targets.length - 1;
    let waits: Promise<void>[] | undefined;
    let overflow: { readonly error: unknown } | undefined;
    for (const target of targets) {
      try {
        const wait = target.deliver(frame);
        if (wait !== undefined) (waits ??= []).push(wait);
      } catch (error) {
        overflow ??= { error };
      }
    }
    if (overflow !== undefined) throw overflow.error;
    // Live, a branch that has stopped must not starve the others; its queue says what is lost.
    if (waits === undefined || (this.#isLive && waits.length < targets.length)) return;
    return this.#isLive ? Promise.race(waits) : Promise.all(waits).then(() => undefined);
  }

  end(): void {
    for (const target of this.targets) target.end();
  }
}
