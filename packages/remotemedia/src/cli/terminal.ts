import { once } from "node:events";

let isClosed = false;
const closed = new AbortController();

/** Aborts when nobody reads standard output any more. */
export const standardOutputClosed: AbortSignal = closed.signal;

/** Whether the reader of standard output has gone. */
export const standardOutputIsClosed = (): boolean => isClosed;

/** Takes note when the reader of standard output goes (`| head`): that must not look like a crash. */
export function watchStandardOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    isClosed = true;
    closed.abort(error);
  });
}

/** Writes to standard output; a promise while its reader is slower. */
export function print(data: string | Uint8Array): void | Promise<void> {
  if (isClosed || process.stdout.write(data)) return;
  return once(process.stdout, "drain", { signal: standardOutputClosed }).then(
    () => undefined,
    () => undefined,
  );
}

/** Writes a line to standard output that nothing waits for. */
export function printLine(line: string): void {
  void print(`${line}\n`);
}

/** Writes a line for people to standard error. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Waits until all of standard output is written. */
export const flushed = (): Promise<void> => new Promise((resolve) => (isClosed ? resolve() : process.stdout.write("", () => resolve())));
