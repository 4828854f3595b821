/** A bounded number of places, for all together and for each address. */
import { errors, type RemoteMediaError } from "@remotemedia/core";
import { isLoopback } from "./address-policy.ts";

/** Places that clients take. */
export class Places {
  readonly #what: string;
  readonly #total: number;
  readonly #perAddress: number;
  readonly #byAddress = new Map<string, number>();
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
    if ((this.#byAddress.get(address) ?? 0) < this.#perAddress || isLoopback(address)) return undefined;
    return errors.limitExceeded({ message: `there are ${this.#perAddress} ${this.#what} of this address already`, fix: "Close one." });
  }

  /** Takes a place; gives the function that gives it back. */
  take(address: string): () => void {
    this.#change(address, 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#change(address, -1);
      isTaken = false;
    };
  }

  #change(address: string, by: 1 | -1): void {
    const count = (this.#byAddress.get(address) ?? 0) + by;
    this.#taken += by;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
  }
}
