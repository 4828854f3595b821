/** A carrier over a WebSocket that does not speak `remotemedia.v1`: json frames are messages, and audio is paced here. */
import {
  type AudioFrame,
  type AudioInit,
  audioFrame,
  type Carrier,
  type CarrierEvents,
  type Clock,
  type Cuts,
  errorFrom,
  errors,
  Flags,
  type Frame,
  jsonFrame,
  type Kernels,
  type LinkMessage,
  type LinkStats,
  type Log,
  noStats,
  PacedTrack,
} from "@remotemedia/core";
import type { WebSocket } from "ws";
import { RateLimit } from "../quotas.ts";
import { MonoConverter } from "./mono-converter.ts";
import { cutOffWhenSilent } from "./socket-ping.ts";
import type { Said, SaidAudio, SocketWire } from "./socket-wire.ts";

/** What a socket's carrier is made with. */
export interface SocketCarrierOptions {
  readonly wire: SocketWire;
  readonly kernels: Kernels;
  readonly clock: Clock;
  readonly log: Log;
}

const arrivingRate = 48_000;
const pieceUs = 20_000;
/** Players of such clients have no jitter buffer: so much is sent before its time. Once sent it cannot be taken back. */
const leadMs = 60;
/** Clients send at once what they recorded before they were connected; this fast it is worked off. */
const intakeSpeed = 4;
/** What may wait for a client that does not read. */
const mostWaitingBytes = 1024 * 1024;
/** Messages that are no audio; a large one counts as many. */
const messagesPer10s = 500;
const bytesOfOne = 4_096;
const mostComplaints = 20;

/** Whoever made it closes it. */
export class SocketCarrier implements Carrier {
  readonly transport = "websocket";
  readonly isForeign = true;
  readonly #socket: WebSocket;
  readonly #options: SocketCarrierOptions;
  readonly #rate: RateLimit;
  readonly #intake: PacedTrack;
  readonly #arriving: MonoConverter;
  readonly #outgoing: PacedTrack;
  readonly #leaving: MonoConverter;
  #events: CarrierEvents | undefined;
  #counts = { packetsSent: 0, packetsReceived: 0, bytesSent: 0, bytesReceived: 0 };
  #sequence = 0;
  #refused = 0;
  #waiting = 0;
  #isOver = false;
  #last: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, options: SocketCarrierOptions) {
    const { clock, kernels, wire, log } = options;
    this.#socket = socket;
    this.#options = options;
    this.#rate = new RateLimit(messagesPer10s, 10_000, clock);
    this.#intake = new PacedTrack(clock, (frame) => this.#deliver(frame), { speed: intakeSpeed });
    this.#arriving = new MonoConverter(kernels, arrivingRate);
    this.#outgoing = new PacedTrack(clock, (frame, _, earlyUs) => this.#sendNow(frame as AudioFrame, earlyUs), { leadMs });
    this.#leaving = new MonoConverter(kernels, wire.sampleRate);
    socket.on("message", (data, isBinary) => this.#take(data as Buffer, isBinary));
    socket.on("error", (error) => log.info("a client broke the WebSocket protocol", { error: (error as NodeJS.ErrnoException).code }));
    socket.once("close", () => this.#ended());
    cutOffWhenSilent(socket, clock);
  }

  receive(events: CarrierEvents): void {
    this.#events = events;
    if (this.#isOver) events.closed();
  }

  send(message: LinkMessage): void {
    if (message.type === "frame" && message.frame.kind === "json") this.#write(this.#options.wire.encode(message.frame.value));
  }

  sendMedia(frame: Frame, track: string): void | Promise<void> {
    const { kind } = frame;
    if (frame.kind === "audio" && !this.#isOver) return this.#sendAudio(frame);
    frame.release();
    if (this.#isOver) return undefined;
    throw errors.portUnknown({ message: `the connection has no track ${track}`, expected: "audio", received: kind });
  }

  interrupt(turn: number): Cuts {
    this.#leaving.reset();
    this.#outgoing.interrupt(turn);
    return {};
  }

  drop(): void {}

  request(): boolean {
    return false;
  }

  stats(): LinkStats {
    return { ...noStats, ...this.#counts, bufferedMs: this.#outgoing.bufferedMs, queuedBytes: this.#socket.bufferedAmount };
  }

  async close(): Promise<void> {
    this.#socket.resume();
    this.#socket.close(1000);
  }

  #sendAudio(frame: AudioFrame): void | Promise<void> {
    const { data, numberOfChannels, sampleRate, turn, flags } = frame;
    const { wire } = this.#options;
    const isEnd = (flags & Flags.end) !== 0;
    const rest = this.#leaving.convert(data as Float32Array, numberOfChannels, sampleRate);
    const all = isEnd ? concat(rest, this.#leaving.flush()) : rest;
    frame.release();
    return pushPieces(this.#outgoing, all, { sampleRate: wire.sampleRate, turn, flags });
  }

  #sendNow(frame: AudioFrame, earlyUs: number): void {
    const { wire, clock, kernels } = this.#options;
    const { data, numberOfFrames, turn, duration: durationUs, flags } = frame;
    const samples = new Int16Array(numberOfFrames);
    kernels.convert(data, "f32-planar", samples, "s16", 1, numberOfFrames);
    const encoded = wire.encodeAudio(samples);
    if (encoded !== undefined) this.#write(encoded);
    frame.release();
    if ((flags & Flags.answer) !== 0) clock.setTimer((earlyUs + durationUs) / 1000, () => this.#events?.played(turn, { durationUs }));
  }

  #write(data: string | Uint8Array): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > mostWaitingBytes) {
      this.#options.log.warn("a client does not read what it is sent");
      return socket.terminate();
    }
    this.#counts.packetsSent++;
    this.#counts.bytesSent += Buffer.byteLength(data);
    socket.send(data);
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#counts.packetsReceived++;
    this.#counts.bytesReceived += data.length;
    const said = this.#decode(data, isBinary);
    const isAudio = said !== undefined && "audio" in said;
    if (!isAudio && !this.#rate.allows(1 + Math.floor(data.length / bytesOfOne))) return this.#socket.close(1008, "too many messages");
    if (said === undefined) return;
    // What has arrived already still comes; TCP holds the rest.
    if (++this.#waiting === 1) this.#socket.pause();
    this.#last = this.#last
      .then(() => (this.#isOver ? undefined : isAudio ? this.#hear(said.audio) : this.#read(said)))
      .catch((error: unknown) => this.#refuse(error))
      .finally(() => {
        if (--this.#waiting === 0) this.#socket.resume();
      });
  }

  #decode(data: Buffer, isBinary: boolean): Said | undefined {
    try {
      return this.#options.wire.decode(data, isBinary);
    } catch (thrown) {
      this.#refuse(thrown);
      return undefined;
    }
  }

  #read(said: Exclude<Said, { readonly audio: SaidAudio }>): void | Promise<void> {
    return this.#events?.message({ type: "frame", sequence: ++this.#sequence, frame: jsonFrame(said.value) });
  }

  #hear({ samples, sampleRate, numberOfChannels }: SaidAudio): void | Promise<void> {
    const frames = samples.length / numberOfChannels;
    const isSound = Number.isInteger(frames) && sampleRate >= 8_000 && sampleRate <= 192_000 && numberOfChannels <= 8;
    if (!isSound)
      throw errors.mediaInvalid({
        message: "the audio does not fit together",
        expected: "16-bit samples of 8,000 to 192,000 Hz, 1 to 8 channels",
        received: `${samples.length} samples, ${sampleRate} Hz, ${numberOfChannels} channels`,
      });
    const planar = new Float32Array(samples.length);
    this.#options.kernels.convert(samples, "s16", planar, "f32-planar", numberOfChannels, frames);
    const all = this.#arriving.convert(planar, numberOfChannels, sampleRate);
    return pushPieces(this.#intake, all, { sampleRate: arrivingRate });
  }

  #deliver(frame: Frame): void {
    if (this.#events === undefined) frame.release();
    else this.#events.media(frame, "audio");
  }

  #refuse(thrown: unknown): void {
    const { code, message } = errorFrom(thrown, "media-invalid");
    this.#options.log.warn("a message was refused", { code, refused: ++this.#refused });
    if (this.#refused > mostComplaints) return this.#socket.close(1008, "too many bad messages");
    this.#write(this.#options.wire.encode(this.#options.wire.refusal(message)));
  }

  #ended(): void {
    this.#isOver = true;
    this.#outgoing.close();
    this.#intake.close();
    this.#arriving.close();
    this.#leaving.close();
    this.#events?.closed();
    this.#events = undefined;
  }
}

/** Short pieces, so that little of an answer that becomes stale has left. */
function pushPieces(track: PacedTrack, samples: Float32Array, init: Omit<AudioInit, "data">): void | Promise<void> {
  const size = (init.sampleRate * pieceUs) / 1e6;
  const pieces = Array.from({ length: Math.ceil(samples.length / size) }, (_, i) => samples.slice(i * size, (i + 1) * size));
  return pieces.map((data) => track.push(audioFrame({ ...init, data }))).at(-1);
}

function concat(a: Float32Array, b: Float32Array): Float32Array {
  const all = new Float32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
