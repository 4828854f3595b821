import { type Clock, errors, type Link } from "@remotemedia/core";

/** Closes a link from which nothing came for too long. A lost one has its own window. */
export class IdleWatch {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #idleMs: number;
  #seen = 0;
  #sinceUs: number;
  #cancel: () => void = () => undefined;

  constructor(link: Link, clock: Clock, idleMs: number) {
    this.#link = link;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#sinceUs = clock.nowUs();
    this.#look();
  }

  /** The client did something that statistics do not count. */
  touch(): void {
    this.#sinceUs = this.#clock.nowUs();
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const { packetsReceived, bytesReceived } = this.#link.stats();
    if (packetsReceived + bytesReceived !== this.#seen || this.#link.state === "lost") this.touch();
    this.#seen = packetsReceived + bytesReceived;
    const silentMs = (this.#clock.nowUs() - this.#sinceUs) / 1000;
    if (silentMs < this.#idleMs) this.#cancel = this.#clock.setTimer(this.#idleMs / 4, () => this.#look());
    else void this.#link.close({ error: silent(this.#idleMs) });
  }
}

const silent = (idleMs: number) =>
  errors.timeout({ message: `nothing came from the client for ${idleMs / 1000} s`, fix: "Connect again when there is something to send." });
