const ALWAYS_TIMED = 16;
const TIMED_MASK = 15;

/**
 * The metrics that our executor keeps per node, for peers that keep none: a count on every frame, times on the first 16 calls and then on one
 * of 16. Every peer counts with this, inside its node, so that hop costs are compared with the same work done.
 */
export function createCounter() {
  return {
    frames: 0,
    timed: 0,
    totalMs: 0,
    isTimed() {
      const count = this.frames++;
      return count < ALWAYS_TIMED || (count & TIMED_MASK) === 0;
    },
    add(startedMs) {
      this.timed++;
      this.totalMs += performance.now() - startedMs;
    },
  };
}

/** A node that does nothing but count: what a hop costs when the work costs nothing. */
export function countingNode() {
  const counter = createCounter();
  return (frame) => {
    if (!counter.isTimed()) return frame;
    const startedMs = performance.now();
    counter.add(startedMs);
    return frame;
  };
}

/** The same for a node that answers with a promise. */
export function countingAsyncNode() {
  const counter = createCounter();
  return async (frame) => {
    if (!counter.isTimed()) return frame;
    const startedMs = performance.now();
    counter.add(startedMs);
    return frame;
  };
}

/** One frame like ours in its fields; every peer passes the same object on, as ours passes a borrowed frame on. */
export function makeFrame() {
  return { kind: "json", value: 1, timestamp: 0, duration: 0, sequence: 0, turn: 1, stream: 0, flags: 0, metadata: {} };
}
