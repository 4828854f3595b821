/** One WebSocket of `/ws`: messages in order, one after the other, and never more in memory than there may be. */
import type { Clock, Log } from "@remotemedia/core";
import type { WebSocket } from "ws";
import { cutOffWhenSilent } from "./foreign/socket-ping.ts";
import { RateLimit } from "./quotas.ts";
import { type ClientMessage, parseClientMessage, type ServerMessage } from "./signaling-message.ts";

/** Who is told. */
export interface SignalingEvents {
  /** The next message waits for it. */
  message(message: ClientMessage): void | Promise<void>;
  /** Something came that is no message. */
  invalid(): void;
  /** It is closed, by whomever; told once. */
  closed(): void;
}

/** What may wait for a client that does not read. */
const mostWaitingBytes = 1024 * 1024;
/** Signaling takes a few dozen messages. Reading them takes time from all others, so a large one counts as many. */
const messagesPer10s = 500;
const bytesOfOne = 4_096;

/** A socket with the messages of signaling. */
export class SignalingSocket {
  readonly #socket: WebSocket;
  readonly #events: SignalingEvents;
  readonly #log: Log;
  readonly #rate: RateLimit;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, events: SignalingEvents, clock: Clock, log: Log) {
    this.#socket = socket;
    this.#events = events;
    this.#log = log;
    this.#rate = new RateLimit(messagesPer10s, 10_000, clock);
    socket.on("message", (data, isBinary) => this.#take(data as Buffer, isBinary));
    // Too large, not UTF-8, no WebSocket frame: the socket is closed after this with the fitting code.
    socket.on("error", (error) => log.info("a client broke the WebSocket protocol", { error: (error as NodeJS.ErrnoException).code }));
    socket.once("close", () => events.closed());
    cutOffWhenSilent(socket, clock);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Whether what was sent waits for the client. */
  get isBehind(): boolean {
    return this.#socket.bufferedAmount > mostWaitingBytes / 16;
  }

  /** Sends, if somebody is there; whoever lets too much wait is cut off. */
  send(message: ServerMessage): void {
    if (!this.isOpen) return;
    if (this.#socket.bufferedAmount > mostWaitingBytes) {
      this.#log.warn("a client does not read what it is sent");
      return this.#socket.terminate();
    }
    this.#socket.send(JSON.stringify(message));
  }

  /** Closes with a code of RFC 6455; a client that does not close its side is soon cut off. */
  close(code: number, reason: string): void {
    this.#socket.resume();
    this.#socket.close(code, reason);
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (!this.isOpen) return;
    if (!this.#rate.allows(1 + Math.floor(data.length / bytesOfOne))) return this.close(1008, "too many messages");
    const message = isBinary ? undefined : parseClientMessage(String(data));
    if (message === undefined) return this.#events.invalid();
    // What has arrived already still comes; TCP holds the rest.
    if (++this.#waiting === 1) this.#socket.pause();
    this.#last = this.#last
      .then(() => (this.isOpen ? this.#events.message(message) : undefined))
      .catch((error: unknown) => this.#log.error("a signaling message failed", { error: String(error) }))
      .finally(() => {
        if (--this.#waiting === 0) this.#socket.resume();
      });
  }
}
