/**
 * Knows whether a session can still go on. Counted is what will end by itself: promises of nodes, timers of retries, turns given to the event
 * loop. Waiting for room is not counted: only a consumer can end it.
 */
import { errors } from "../errors.ts";
import type { Engine } from "./engine.ts";
import type { NodeRunner } from "./node-runner.ts";
import { Outlet } from "./outlet.ts";

// A call that waits for room inside its own async function looks like one that works. If nothing at all has moved for so long, it is stuck.
const graceMs = 1_000;

const isStuckInside = ({ pending, isBlocked }: NodeRunner): boolean => pending?.isActive === true && !pending.waitsForRoom && isBlocked;

/** What goes on in one session. */
export class Activity {
  readonly #engine: Engine;
  readonly #whenDone: () => void;
  #running = 0;
  #remaining = 0;
  #isChecking = false;

  /** @param whenDone called when every node and every outlet has ended */
  constructor(engine: Engine, whenDone: () => void) {
    this.#engine = engine;
    this.#whenDone = whenDone;
  }

  /** So many nodes and outlets have yet to end. */
  expect(count: number): void {
    this.#remaining += count;
  }

  ended(): void {
    if (--this.#remaining === 0) this.#whenDone();
  }

  /** Something has begun that will end by itself. */
  began(): void {
    this.#running++;
  }

  settled(): void {
    if (--this.#running === 0) this.checkSoon();
  }

  /** Looks, when the event loop has had its turn, whether a batch can go on. */
  checkSoon(): void {
    if (this.#engine.mode !== "batch" || this.#isOver || this.#isChecking) return;
    this.#isChecking = true;
    void this.#engine.slice.yield().then(() => {
      this.#isChecking = false;
      if (this.#running === 0) this.#failIfStuck();
      else if (this.#onlyBlockedCallsRun()) this.#lookAgain(this.#moved());
    });
  }

  get #isOver(): boolean {
    return this.#remaining === 0 || this.#engine.isStopping || this.#engine.failure !== undefined;
  }

  #onlyBlockedCallsRun(): boolean {
    return !this.#isOver && this.#running === this.#engine.runners.filter(isStuckInside).length;
  }

  #lookAgain(before: number): void {
    this.#isChecking = true;
    this.#engine.clock.setTimer(graceMs, () => {
      this.#isChecking = false;
      if (this.#moved() !== before) this.checkSoon();
      else if (this.#onlyBlockedCallsRun()) this.#failIfStuck();
    });
  }

  /** Changes whenever a frame is taken or given. */
  #moved(): number {
    return this.#engine.edges.reduce((sum, edge) => sum + 2 * edge.frames - edge.queue.length, 0);
  }

  #failIfStuck(): void {
    if (this.#isOver) return;
    const waiting = this.#engine.edges.filter((edge) => edge.queue.length > 0);
    // Readers outside take their time.
    if (waiting.some((edge) => edge.consumer instanceof Outlet)) return;
    const names = waiting.map((edge) => `${edge.name} (${edge.queue.length} wait)`).join(", ");
    this.#engine.fail(errors.deadlock({ message: `no node can go on; frames wait on ${names || "no edge"}` }));
  }
}
