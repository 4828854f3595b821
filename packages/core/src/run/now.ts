// `performance` is looked up with a getter in Node.js, each time: too dear for what is asked for every few frames.
const { performance } = globalThis;

/** Milliseconds on the clock of the machine: for measuring work, not for the time of a session. */
export const nowMs = (): number => performance.now();
