/** How much clients may take: places at a time, and how often within a window of time. */
import { type Clock, errors, type RemoteMediaError } from "@remotemedia/core";
import { networkOf } from "./address-policy.ts";

/** A bounded number of places, for all together and for each network. */
export class Places {
  readonly #what: string;
  readonly #total: number;
  readonly #perAddress: number;
  readonly #byNetwork = new Map<string, number>();
  #taken = 0;

  /** @param what of which there are places, for the error: `sessions` */
  constructor(what: string, total: number, perAddress: number) {
    this.#what = what;
    this.#total = total;
    this.#perAddress = perAddress;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Why there is no place for this address, if there is none. */
  refusalOf(address: string): RemoteMediaError | undefined {
    if (this.#taken >= this.#total)
      return errors.limitExceeded({ message: `the server has ${this.#total} ${this.#what} and takes no more`, fix: "Try again later." });
    const network = networkOf(address);
    if (network === undefined || (this.#byNetwork.get(network) ?? 0) < this.#perAddress) return undefined;
    return errors.limitExceeded({ message: `there are ${this.#perAddress} ${this.#what} of this address already`, fix: "Close one." });
  }

  /** Takes a place; gives the function that gives it back. */
  take(address: string): () => void {
    const network = networkOf(address) ?? "";
    this.#change(network, 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#change(network, -1);
      isTaken = false;
    };
  }

  #change(network: string, by: 1 | -1): void {
    const count = (this.#byNetwork.get(network) ?? 0) + by;
    this.#taken += by;
    if (count === 0) this.#byNetwork.delete(network);
    else this.#byNetwork.set(network, count);
  }
}

/** So much within a window of time, of everything that has the same name. */
export class RateLimit {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #sinceUs = 0;

  constructor(most: number, windowMs: number, clock: Clock) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Counts what happens now; false if it is too much. */
  allows(cost = 1, name = ""): boolean {
    const nowUs = this.#clock.nowUs();
    if (nowUs - this.#sinceUs >= this.#windowMs * 1000) {
      this.#sinceUs = nowUs;
      this.#counts.clear();
    }
    const count = (this.#counts.get(name) ?? 0) + cost;
    this.#counts.set(name, count);
    return count <= this.#most;
  }
}
