/** What has been read so far, and whether the end was reached. */
export interface Collected<T> extends Array<T> {
  /** Resolves at the end, rejects with what the iterator threw. */
  readonly ended: Promise<void>;
}

/**
 * Reads all along into an array that grows.
 *
 * @example
 * const heard = collect(session.output("player"));
 * session.push(frame);
 * await clock.advance(0);
 * expect(heard).toHaveLength(1);
 */
export function collect<T>(iterable: AsyncIterable<T>): Collected<T> {
  const items: T[] = [];
  const read = async (): Promise<void> => {
    for await (const item of iterable) items.push(item);
  };
  const ended = read();
  ended.catch(() => undefined);
  return Object.assign(items, { ended });
}
