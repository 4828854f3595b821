/** Watches whether a peer still lives. */
import { type Clock, errorFrom, errors, type RemoteMediaError } from "@remotemedia/core";
import type { RTCDtlsTransport } from "werift";
import { type Ticked, tickerOf } from "./ticker.ts";

/** @internal what a watch is told to do */
export interface LifeWatchOptions {
  readonly clock: Clock;
  readonly transport: RTCDtlsTransport;
  readonly connectTimeoutMs: number;
  readonly silenceMs: number;
  /** Nothing came within a second of a restart. */
  onStalled(): void;
  /** It was stalled, and something flows after all. */
  onResumed(): void;
  onDead(error: RemoteMediaError): void;
}

const everyUs = 250_000;
const stallUs = 1_000_000;
const flowing = 10;

/**
 * @internal Counts what is heard of a peer: datagrams of any kind, and connectivity checks. werift itself notices only after 30 s
 * without consent that a peer is gone, and never that a handshake does not go on.
 */
export class LifeWatch implements Ticked {
  readonly #options: LifeWatchOptions;
  readonly #leave: () => void;
  #datagrams = 0;
  #lastHeard = 0;
  #lastHeardUs: number;
  // Datagrams at each look of the last second.
  readonly #looks: number[] = [];
  #restart: { readonly atUs: number; readonly wasFlowing: boolean; readonly datagrams: number } | undefined;
  #isStalled = false;
  #isConnected = false;
  dueUs: number;

  constructor(options: LifeWatchOptions) {
    this.#options = options;
    this.#lastHeardUs = options.clock.nowUs();
    this.dueUs = this.#lastHeardUs + everyUs;
    const { unSubscribe } = options.transport.iceTransport.connection.onData.subscribe(() => this.#datagrams++);
    const forget = tickerOf(options.clock).add(this);
    this.#leave = () => {
      unSubscribe();
      forget();
    };
  }

  /** The handshake is over. */
  connected(): void {
    this.#isConnected = true;
    this.#lastHeardUs = this.#options.clock.nowUs();
  }

  /** ICE was restarted: what flowed must flow again within a second. */
  restarted(): void {
    const datagrams = this.#datagrams;
    // Reports alone come less often.
    const wasFlowing = datagrams - (this.#looks[0] ?? datagrams) >= flowing;
    this.#restart = { atUs: this.#options.clock.nowUs(), wasFlowing, datagrams };
  }

  tick(nowUs: number): void {
    // While this process stood still, nobody could be heard.
    this.#lastHeardUs += nowUs - this.dueUs;
    this.dueUs = nowUs + everyUs;
    this.#look(nowUs);
    const { connectTimeoutMs, silenceMs, onDead } = this.#options;
    const limitMs = this.#isConnected ? silenceMs : connectTimeoutMs;
    if (nowUs - this.#lastHeardUs > limitMs * 1000) onDead(this.#isConnected ? silent(limitMs) : neverConnected(limitMs));
    this.#checkRestart(nowUs);
  }

  failed(thrown: unknown): void {
    this.#options.onDead(errorFrom(thrown, "internal"));
  }

  close(): void {
    this.#leave();
  }

  #look(nowUs: number): void {
    const { transport } = this.#options;
    const { candidatePairs, nominated } = transport.iceTransport.connection;
    const pairs = nominated === undefined || candidatePairs.includes(nominated) ? candidatePairs : [...candidatePairs, nominated];
    const checks = pairs.reduce((sum, { requestsReceived, responsesReceived }) => sum + requestsReceived + responsesReceived, 0);
    const heard = this.#datagrams + checks;
    if (heard !== this.#lastHeard && this.#isConnected) this.#lastHeardUs = nowUs;
    this.#looks.push(this.#datagrams);
    if (this.#looks.length > 4) this.#looks.shift();
    this.#lastHeard = heard;
  }

  #checkRestart(nowUs: number): void {
    const restart = this.#restart;
    if (this.#isStalled && this.#datagrams - this.#looks[0]! >= flowing) {
      this.#isStalled = false;
      this.#options.onResumed();
    }
    if (restart === undefined || nowUs - restart.atUs < stallUs) return;
    this.#restart = undefined;
    const isConnected = this.#options.transport.iceTransport.connection.nominated !== undefined;
    this.#isStalled = !isConnected || (restart.wasFlowing && this.#datagrams === restart.datagrams);
    if (this.#isStalled) this.#options.onStalled();
  }
}

const silent = (ms: number): RemoteMediaError => errors.transportFailed({ message: `nothing was heard of the peer for ${ms / 1000} s` });

const neverConnected = (ms: number): RemoteMediaError =>
  errors.transportFailed({
    message: `no connection came about within ${ms / 1000} s`,
    fix: "Check that UDP passes between the two, or give a TURN server (REMOTEMEDIA_TURN_URL).",
  });
