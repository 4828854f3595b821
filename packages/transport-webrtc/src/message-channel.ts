/** The messages of one connection. */
import { errorFrom, errors, type LinkMessage, type Log, type RemoteMediaError } from "@remotemedia/core";
import type { RTCDataChannel } from "werift";
import { IncomingMessages } from "./incoming-messages.ts";
import type { MessageWire } from "./message-wire.ts";
import { OutgoingMessages } from "./outgoing-messages.ts";

/** What a channel needs and tells. */
export interface MessageChannelOptions {
  readonly wire: MessageWire;
  readonly isForeign: boolean;
  readonly log: Log;
  /** The peer does what no peer of ours does: the connection must end. */
  onBroken(error: RemoteMediaError): void;
  /** The channel was closed by the peer. */
  onClosed(): void;
}

const queueBytes = 256 * 1024;
const largestBytes = 16 * 1024 ** 2;
// So often a page is told in each connection that something was refused; then only the count goes on.
const mostComplaints = 20;

/** The reliable, ordered flow of a connection. It exists before its data channel is open: what is sent until then waits. */
export class MessageChannel {
  readonly #options: MessageChannelOptions;
  readonly #outgoing = new OutgoingMessages(queueBytes);
  readonly #incoming: IncomingMessages;
  #channel: RTCDataChannel | undefined;
  /** Messages that were too large, not understood, or found no room. */
  #refused = 0;

  constructor(options: MessageChannelOptions) {
    this.#options = options;
    this.#incoming = new IncomingMessages({
      highBytes: queueBytes,
      capBytes: options.isForeign ? 4 * queueBytes : largestBytes + 8 * queueBytes,
      flow: (type) => options.isForeign || this.#quietly(() => this.send({ type })),
      overflow: () => this.#refuse(errors.overflow({ message: "messages come faster than they are read" })),
    });
  }

  get label(): string {
    return this.#options.wire.label;
  }

  get queuedBytes(): number {
    return this.#outgoing.queuedBytes;
  }

  /** Whether everything has left and was acknowledged. */
  get isDrained(): boolean {
    return this.#outgoing.isDrained;
  }

  /** Lives on this data channel, open or about to be. False if there is one already. */
  attach(channel: RTCDataChannel): boolean {
    if (this.#channel !== undefined) return false;
    this.#channel = channel;
    channel.onMessage.subscribe((data) => this.#take(data));
    channel.stateChanged.subscribe((state) => {
      if (state === "open") this.#outgoing.attach(channel);
      if (state === "closed") this.#options.onClosed();
    });
    if (channel.readyState === "open") this.#outgoing.attach(channel);
    return true;
  }

  /** Who reads from now on. */
  read(reader: (message: LinkMessage) => void | Promise<void>): void {
    this.#incoming.read(reader);
  }

  /** See `Carrier.send`. */
  send(message: LinkMessage): void | Promise<void> {
    const parts = this.#options.wire.encode(message);
    return parts.length === 0 ? undefined : this.#outgoing.send(parts, message.type === "frame");
  }

  close(): void {
    this.#outgoing.close();
    this.#incoming.close();
  }

  #take(data: Buffer | string): void {
    try {
      const decoded = this.#options.wire.decode(data);
      if (decoded === undefined) return;
      const { message, bytes } = decoded;
      if (message.type === "pause" || message.type === "resume") this.#outgoing.pause(message.type === "pause");
      this.#incoming.push(message, bytes);
    } catch (thrown) {
      this.#refuse(errorFrom(thrown, "media-invalid"));
    }
  }

  /** A page is told what was wrong with its message; an end of ours that errs is broken. */
  #refuse(error: RemoteMediaError): void {
    this.#refused++;
    this.#options.log.warn("a message was refused", { code: error.code, refused: this.#refused });
    if (!this.#options.isForeign) return this.#options.onBroken(error);
    if (this.#refused > mostComplaints) return;
    this.#quietly(() => this.#outgoing.send([JSON.stringify({ type: "error", code: error.code, message: error.message })], false));
  }

  /** A connection that is gone tells so by other means, and a page that does not read is not to be told so. */
  #quietly(send: () => unknown): void {
    try {
      send();
    } catch {}
  }
}
