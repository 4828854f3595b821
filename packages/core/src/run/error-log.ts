/** Errors as values: at most one per node, code and second, with a count; what nobody reads is logged. */
import type { RemoteMediaError } from "../errors.ts";
import type { Log } from "../node/node.ts";

/** An error of a running session. */
export interface SessionError {
  readonly error: RemoteMediaError;
  /** How many of its kind this stands for: those of the same node and code since the one before. */
  readonly count: number;
}

const quietUs = 1_000_000;
const longestQueue = 256;
// Ids come from the manifest and codes are few, but nothing is unbounded.
const mostKinds = 10_000;

/** The errors of one session, as an async iterable that ends with it. */
export class ErrorLog implements AsyncIterable<SessionError> {
  readonly #nowUs: () => number;
  readonly #log: Log;
  readonly #last = new Map<string, { timeUs: number; suppressed: number; error: RemoteMediaError }>();
  readonly #unread: SessionError[] = [];
  readonly #readers: ((result: IteratorResult<SessionError>) => void)[] = [];
  #isRead = false;
  #isClosed = false;

  constructor(nowUs: () => number, log: Log) {
    this.#nowUs = nowUs;
    this.#log = log;
  }

  add(error: RemoteMediaError, node: string): void {
    const key = `${node} ${error.code}`;
    const last = this.#last.get(key);
    const nowUs = this.#nowUs();
    if (last !== undefined && nowUs - last.timeUs < quietUs) {
      last.suppressed++;
      last.error = error;
      return;
    }
    if (this.#last.size >= mostKinds) this.#last.clear();
    this.#last.set(key, { timeUs: nowUs, suppressed: 0, error });
    this.#give({ error, count: 1 + (last?.suppressed ?? 0) });
  }

  /** The session is over: readers end, and errors that nobody read are logged once, but for the one that is thrown to the caller. */
  close(thrown?: RemoteMediaError): void {
    if (this.#isClosed) return;
    for (const { error, suppressed } of this.#last.values())
      if (suppressed > 0 && error !== thrown) this.#give({ error, count: suppressed });
    this.#isClosed = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
    if (this.#isRead) return;
    for (const { error, count } of this.#unread.splice(0)) if (error !== thrown) this.#log.error(error.toString(), { count });
  }

  [Symbol.asyncIterator](): AsyncIterator<SessionError> {
    this.#isRead = true;
    return {
      next: () => {
        const value = this.#unread.shift();
        if (value !== undefined) return Promise.resolve({ done: false, value });
        if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => {
          this.#readers.push(resolve);
        });
      },
      return: () => {
        this.#isRead = false;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #give(value: SessionError): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader({ done: false, value });
    if (this.#unread.length === longestQueue) this.#unread.shift();
    this.#unread.push(value);
  }
}
