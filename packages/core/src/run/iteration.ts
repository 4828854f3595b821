/** Takes what iterators give: the next item when there is room, and none when nobody wants it any more. */
import { errors } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Emission, ProcessResult } from "../node/node.ts";
import type { CallOutput } from "./call-output.ts";
import type { NodeRunner } from "./node-runner.ts";

type Waiting = PromiseLike<unknown>;
type Returnable = { return?(): unknown };

/** Whether something must be waited for. */
export const isThenable = (value: unknown): value is Waiting => typeof (value as Waiting | null)?.then === "function";

/** The iterations of one node. */
export class Iteration {
  readonly #runner: NodeRunner;
  #current: Returnable | undefined;

  constructor(runner: NodeRunner) {
    this.#runner = runner;
  }

  /** What a call gave back: a promise is handed on, an iterator is run as far as it goes without waiting. */
  run(result: NonNullable<ProcessResult>, out: CallOutput): ProcessResult {
    if (isThenable(result)) return result;
    if (typeof result === "object" && result !== null) {
      if (Symbol.iterator in result) return this.#pull((result as Iterable<Emission>)[Symbol.iterator](), out);
      if (Symbol.asyncIterator in result) return this.#pullAsync((result as AsyncIterable<Emission>)[Symbol.asyncIterator](), out);
    }
    throw errors.nodeFailed({
      node: this.#runner.id,
      message: `${out.purpose} gave back ${describe(result)}`,
      expected: "nothing, a promise, or an iterator of frames",
      fix: "Emit frames with out.emit, or yield them from a generator.",
    });
  }

  /** Tells the iterator that runs that nobody will ask again. */
  return(iterator = this.#current): void {
    try {
      // Async generators queue `return` behind the step that runs; its result and its errors concern nobody.
      Promise.resolve(iterator?.return?.()).catch(() => undefined);
    } catch {
      // A sync generator that runs refuses `return`; `#pull` looks at `isAborted` after its step.
    }
  }

  /** The call is over. */
  forget(): void {
    this.#current = undefined;
  }

  #pull(iterator: Iterator<Emission>, out: CallOutput): void | Waiting {
    const { slice } = this.#runner.engine;
    this.#current = iterator;
    for (;;) {
      if (out.isAborted || out.isClosed) return void iterator.return?.();
      const { done, value } = iterator.next();
      if (done === true) return;
      this.#emitOf(iterator, value, out);
      const isLate = slice.lap();
      const wait = out.wasBlocked ? this.#runner.room() : undefined;
      out.wasBlocked = false;
      if (wait !== undefined) return this.#resume(wait, iterator, out, false);
      if (isLate) return this.#resume(slice.yield(), iterator, out, true);
    }
  }

  /** Only the consumer can end it, so it does not count as activity; the runner has counted the whole call. */
  async #waitForRoom(wait: Waiting, out: CallOutput): Promise<void> {
    const { activity } = this.#runner.engine;
    activity.settled();
    out.waitsForRoom = true;
    await wait;
    out.waitsForRoom = false;
    activity.began();
  }

  async #resume(wait: Waiting, iterator: Iterator<Emission>, out: CallOutput, isActivity: boolean): Promise<void> {
    const { engine } = this.#runner;
    this.#runner.detach(out);
    if (isActivity) await wait;
    else await this.#waitForRoom(wait, out);
    engine.slice.enter();
    try {
      await this.#pull(iterator, out);
    } finally {
      engine.slice.leave();
    }
  }

  async #pullAsync(iterator: AsyncIterator<Emission>, out: CallOutput): Promise<void> {
    const { engine } = this.#runner;
    this.#current = iterator;
    for (;;) {
      if (out.isAborted || out.isClosed) return void (await iterator.return?.());
      const { done, value } = await iterator.next();
      if (done === true) return;
      engine.slice.enter();
      this.#emitOf(iterator, value, out);
      engine.slice.leave();
      const wait = out.wasBlocked ? this.#runner.room() : undefined;
      out.wasBlocked = false;
      if (wait !== undefined) await this.#waitForRoom(wait, out);
      if (engine.slice.isOver) await engine.slice.yield();
    }
  }

  /** An iterator whose item cannot be emitted is told that nobody will ask again. */
  #emitOf(iterator: Returnable, item: Emission, out: CallOutput): void {
    try {
      if (Array.isArray(item)) void out.emit(item[0] as string, item[1] as Frame);
      else void out.emit(this.#runner.slots[0]?.port ?? "out", item as Frame);
    } catch (thrown) {
      this.return(iterator);
      throw thrown;
    }
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `${typeof value} ${String(value).slice(0, 40)}`;
}
