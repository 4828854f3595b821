/** Gives up calls that have been silent for too long: one timer for all of them, so that a call that waits costs none of its own. */
import type { Clock } from "../clock.ts";
import type { NodeRunner } from "./node-runner.ts";

/** Looks after the calls of one session that wait. */
export class CallWatch {
  readonly #clock: Clock;
  readonly #nowUs: () => number;
  readonly #watched = new Set<NodeRunner>();
  #cancel: (() => void) | undefined;
  #nextUs = 0;

  constructor(clock: Clock, nowUs: () => number) {
    this.#clock = clock;
    this.#nowUs = nowUs;
  }

  /** A call of this node waits. */
  add(runner: NodeRunner): void {
    if (runner.policy.timeoutMs === Number.POSITIVE_INFINITY) return;
    this.#watched.add(runner);
    this.#lookIn(runner.policy.timeoutMs);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#watched.clear();
  }

  /** Sets the timer, unless it fires earlier anyway. */
  #lookIn(ms: number): void {
    const atUs = this.#nowUs() + ms * 1000;
    if (this.#cancel !== undefined && this.#nextUs <= atUs) return;
    this.#cancel?.();
    this.#nextUs = atUs;
    this.#cancel = this.#clock.setTimer(ms, () => this.#look());
  }

  #look(): void {
    this.#cancel = undefined;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const runner of this.#watched) {
      if (runner.pending === undefined) {
        this.#watched.delete(runner);
        continue;
      }
      // Whoever waits for room is not the one who hangs.
      if (runner.isBlocked) runner.pending.progressUs = this.#nowUs();
      const leftMs = runner.policy.timeoutMs - (this.#nowUs() - runner.pending.progressUs) / 1000;
      if (leftMs <= 0) runner.timedOut();
      else nextMs = Math.min(nextMs, leftMs);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.#lookIn(Math.max(nextMs, 1));
  }
}
