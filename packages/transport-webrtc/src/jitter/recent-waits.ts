const capacity = 25;

/** How long the last half second's packets waited in the buffer: by so much it could have been shorter. */
export class RecentWaits {
  readonly #waits = new Float64Array(capacity);
  #at = 0;

  /** The shortest wait, µs; 0 before there were enough packets. */
  get shortestUs(): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < capacity; i++) shortest = Math.min(shortest, this.#waits[i] as number);
    return shortest;
  }

  /** Takes note of a packet that leaves. */
  add(waitUs: number): void {
    this.#waits[this.#at] = waitUs;
    this.#at = (this.#at + 1) % capacity;
  }

  /** The delay has become longer (negative: shorter) for all that come. */
  lengthen(us: number): void {
    for (let i = 0; i < capacity; i++) this.#waits[i] = (this.#waits[i] as number) + us;
  }
}
