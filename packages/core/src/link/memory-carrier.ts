/** The transport that needs no network: two carriers in one process. It defines what the others must do. */
import { type Clock, systemClock } from "../clock.ts";
import { errors, type RemoteMediaError } from "../errors.ts";
import { Flags, type Frame, type JsonValue } from "../frame/frame.ts";
import type { UpstreamRequest } from "../node/node.ts";
import { sizeOf } from "../run/frame-queue.ts";
import type { Carrier, CarrierEvents } from "./carrier.ts";
import { type LinkStats, noStats } from "./link-stats.ts";
import type { Cuts, LinkMessage } from "./message.ts";
import { PacedTrack } from "./paced-track.ts";

/** How two ends are joined. */
export interface MemoryCarrierOptions {
  readonly clock?: Clock;
  /** How long everything takes to arrive. Default 0: at the end of the current call stack. */
  readonly delayMs?: number;
  /** Whether `b` is an end without our code. */
  readonly isForeign?: boolean;
  /** Messages on their way at most. Default 256 KiB. */
  readonly queueBytes?: number;
}

/** The two ends of a connection, and a way to break it. */
export interface CarrierPair {
  readonly a: Carrier;
  readonly b: Carrier;
  /** Breaks the connection: both ends are told, what is under way is lost. */
  cut(): void;
}

/**
 * Two joined ends.
 *
 * @example const { a, b } = memoryCarriers(); owner.attach(a); peer.attach(b);
 */
export function memoryCarriers(options: MemoryCarrierOptions = {}): CarrierPair {
  const a = new MemoryCarrier(options);
  const b = new MemoryCarrier(options);
  a.join(b);
  b.join(a);
  const lost = errors.transportFailed({ message: "the connection was cut" });
  return { a, b, cut: () => [a, b].forEach((end) => void end.ended(lost)) };
}

class MemoryCarrier implements Carrier {
  readonly transport = "memory";
  readonly isForeign: boolean;
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #most: number;
  #peer!: MemoryCarrier;
  #events: CarrierEvents | undefined;
  #isClosed = false;
  #isReading = false;
  #inbound: LinkMessage[] = [];
  #queuedBytes = 0;
  #whenRoom: (() => void)[] = [];
  readonly #tracks = new Map<string, PacedTrack>();
  readonly #cuts = new Map<string, number>();
  #counts = { packetsSent: 0, packetsReceived: 0, bytesSent: 0, bytesReceived: 0 };

  constructor({ clock = systemClock, delayMs = 0, isForeign = false, queueBytes = 256 * 1024 }: MemoryCarrierOptions) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.isForeign = isForeign;
    this.#most = queueBytes;
  }

  join(peer: MemoryCarrier): void {
    this.#peer = peer;
  }

  receive(events: CarrierEvents): void {
    this.#events = events;
    this.#isReading = false;
    this.#deliver();
  }

  send(message: LinkMessage): void | Promise<void> {
    this.#requireLife();
    if (bytesOf(message) > mostMessageBytes) throw tooLarge(bytesOf(message));
    this.#queuedBytes += bytesOf(message);
    if (message.type === "frame") message.frame.retain();
    this.#later(() => this.#peer.#arrived(message));
    if (this.#queuedBytes <= this.#most) return undefined;
    return new Promise((resolve) => this.#whenRoom.push(resolve));
  }

  sendMedia(frame: Frame, track: string): void | Promise<void> {
    this.#requireLife();
    let paced = this.#tracks.get(track);
    if (paced === undefined) {
      paced = new PacedTrack(this.#clock, (sent, position) => this.#sendNow(sent, track, position));
      this.#tracks.set(track, paced);
    }
    return paced.push(frame);
  }

  interrupt(turn: number): Cuts {
    return Object.fromEntries([...this.#tracks].map(([name, track]) => [name, track.interrupt(turn)]));
  }

  drop(cuts: Cuts): void {
    for (const [track, position] of Object.entries(cuts)) this.#cuts.set(track, position);
  }

  request(_name: UpstreamRequest, _value: JsonValue, _track: string): boolean {
    return false;
  }

  stats(): LinkStats {
    const bufferedMs = Math.max(0, ...[...this.#tracks.values()].map((track) => track.bufferedMs));
    return { ...noStats, ...this.#counts, bufferedMs, queuedBytes: this.#queuedBytes };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.ended();
    this.#later(() => this.#peer.ended());
  }

  /** @internal */
  ended(error?: RemoteMediaError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const track of this.#tracks.values()) track.close();
    for (const resolve of this.#whenRoom.splice(0)) resolve();
    this.#events?.closed(error);
  }

  #sendNow(frame: Frame, track: string, position: number): void {
    this.#counts.packetsSent++;
    this.#counts.bytesSent += sizeOf(frame);
    // A wire would copy: the other end must not see our pool's samples.
    const copy = frame.detached();
    if ((frame.flags & Flags.answer) !== 0) this.#events?.played(frame.turn, { durationUs: frame.duration });
    frame.release();
    this.#later(() => this.#peer.#mediaArrived(copy, track, position));
  }

  #mediaArrived(frame: Frame, track: string, position: number): void {
    if (this.#isClosed || position < (this.#cuts.get(track) ?? 0)) return frame.release();
    this.#counts.packetsReceived++;
    this.#counts.bytesReceived += sizeOf(frame);
    if (this.#events === undefined) frame.release();
    else this.#events.media(frame, track);
  }

  #arrived(message: LinkMessage): void {
    if (this.#isClosed) return;
    this.#inbound.push(message);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#events !== undefined && !this.#isReading && !this.#isClosed) {
      const message = this.#inbound.shift();
      if (message === undefined) return;
      this.#peer.#gotRoom(bytesOf(message));
      const events = this.#events;
      const wait = events.message(message.type === "frame" ? { ...message, frame: message.frame.detached() } : message);
      if (message.type === "frame") message.frame.release();
      if (wait !== undefined) this.#waitFor(wait, events);
    }
  }

  #waitFor(wait: Promise<void>, events: CarrierEvents): void {
    this.#isReading = true;
    const goOn = (): void => {
      if (events !== this.#events) return;
      this.#isReading = false;
      this.#deliver();
    };
    void wait.then(goOn, goOn);
  }

  #gotRoom(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#queuedBytes <= this.#most / 2) for (const resolve of this.#whenRoom.splice(0)) resolve();
  }

  #later(arrive: () => void): void {
    if (this.#delayMs > 0) this.#clock.setTimer(this.#delayMs, arrive);
    else queueMicrotask(arrive);
  }

  #requireLife(): void {
    if (this.#isClosed) throw errors.transportFailed({ message: "the connection is closed" });
  }
}

/** What one message may hold, on every transport. */
const mostMessageBytes = 16 * 1024 ** 2;

const tooLarge = (bytes: number): RemoteMediaError =>
  errors.limitExceeded({ message: `a message of ${bytes} bytes is too large`, expected: "at most 16 MiB", fix: "Send it in parts." });

const bytesOf = (message: LinkMessage): number => (message.type === "frame" ? sizeOf(message.frame) : 32);
