/**
 * Sends audio frames as Opus packets of 20 ms in real time.
 *
 * Live audio leaves at once, up to 60 ms ahead of its time; a frame that begins later than that is dropped, so no delay builds up. Answers, which
 * come faster than they are heard, wait for their time. RTP time follows the samples while the source goes on, the holes that live audio has in
 * media time, and the clock after a pause of 200 ms: then the next packet carries the marker. An event loop that was held is no pause: what the
 * source could not give meanwhile comes at once, and is sent at once, up to 500 ms of it.
 *
 * A pause is sent as libopus sends one in DTX: a packet of silence, a packet of one byte that tells receivers to make comfort noise, and another
 * each 400 ms. With nothing at all a browser would count the pause as concealment, and an end that watches for packets could not tell a pause
 * from a dead connection.
 */
import type { AudioEncoder, OpusFormat } from "@remotemedia/codecs";
import { type AudioFrame, type Clock, errors, Flags, type Frame } from "@remotemedia/core";
import { packetUs, RtpClock } from "./audio-sender-clock.ts";
import { PacketCutter, type PacketOwner } from "./audio-sender-cutter.ts";

/** One RTP packet but for its sequence number. */
export interface AudioPacket {
  /** Belongs to the receiver. */
  readonly payload: Uint8Array;
  /** 48 kHz, 32 bits. */
  readonly timestamp: number;
  /** The first after silence. */
  readonly marker: boolean;
}

/** What an audio sender needs. */
export interface AudioSenderOptions {
  /** Makes an encoder of 20 ms frames; called again when the format of the frames changes. The sender closes it. */
  readonly createEncoder: (format: Required<OpusFormat>) => AudioEncoder;
  readonly clock: Pick<Clock, "nowUs">;
  /** RTP timestamp to begin with; random, says RFC 3550. */
  readonly firstTimestamp: number;
  readonly send: (packet: AudioPacket) => void;
  /** So much more of a turn's answer was sent. */
  readonly played?: (turn: number, durationUs: number) => void;
  /** How much may wait before `push` gives a promise, ms: it is still heard when an answer is put on hold. Default 60. */
  readonly aheadMs?: number;
}

const liveLeadUs = 60_000;
const pauseUs = 200_000;
// A tick that comes so late was held up, and the source as well: it gets a while to go on.
const heldUs = 50_000;
const graceUs = 20_000;
const asleepUs = 500_000;
// Less than a packet that nothing came to fill. Longer than blocks of 40 ms are apart.
const restUs = 60_000;
const comfortUs = 400_000;
const longestWaitUs = 60_000_000;
const fadeUs = 5_000;
// −50 dBFS: to leave it out is not heard.
const quietPeak = 0.003;

/** One outgoing audio track. A ticker calls `tick` at `dueUs`; there are no timers in here. */
export class AudioSender {
  readonly #options: AudioSenderOptions;
  readonly #aheadUs: number;
  readonly #clock: RtpClock;
  readonly #cutter = new PacketCutter();
  #encoder: AudioEncoder | undefined;
  #bitrate: number | undefined;
  #expectedLoss: number | undefined;
  /** Whose packet left last; what fades when it is interrupted. */
  #sent: PacketOwner | undefined;
  #isSilent = true;
  /** When the next comfort packet is due; undefined while the source goes on. */
  #comfortUs: number | undefined;
  /** No pause begins before. */
  #graceUs = 0;
  #room: Promise<void> | undefined;
  #makeRoom: (() => void) | undefined;
  #isClosed = false;
  /** Live audio that was dropped because it came too early, ms since the start. */
  droppedMs = 0;

  constructor(options: AudioSenderOptions) {
    this.#options = options;
    this.#aheadUs = (options.aheadMs ?? 60) * 1000;
    this.#clock = new RtpClock(options.firstTimestamp);
  }

  /** Media time that waits to be sent, ms. */
  get bufferedMs(): number {
    return this.#cutter.waitingUs / 1000;
  }

  /** When `tick` has something to do, µs of the clock; `Infinity` before the first frame. */
  get dueUs(): number {
    const { dueUs } = this.#clock;
    if (dueUs === undefined || this.#isClosed) return Number.POSITIVE_INFINITY;
    if (this.#cutter.fill()) return dueUs;
    const { filled, hasEnded } = this.#cutter;
    if (filled === 0 && this.#comfortUs !== undefined) return this.#comfortUs;
    return Math.max(dueUs + (filled > 0 ? restUs : hasEnded ? 0 : pauseUs), this.#graceUs);
  }

  /**
   * Takes over a frame of f32-planar audio, one or two channels at a rate of Opus, and sends what is due. Gives a promise while more than `aheadMs`
   * waits; it resolves when there is room, and when an interruption or `close` makes some.
   *
   * @throws `media-incompatible` for other frames, `overflow` when a minute waits.
   */
  push(frame: Frame): void | Promise<void> {
    if (this.#isClosed) return frame.release();
    try {
      this.#admit(frame);
    } catch (error) {
      frame.release();
      throw error;
    }
    const nowUs = this.#options.clock.nowUs();
    if (this.#isTooEarly(frame, nowUs)) return this.#drop(frame as AudioFrame);
    const isWhole = ((frame as AudioFrame).numberOfFrames * 50) % (frame as AudioFrame).sampleRate === 0;
    this.#cutter.push(frame as AudioFrame);
    this.#pump(nowUs);
    if (isWhole) this.#realign();
    if (this.#cutter.waitingUs > this.#aheadUs) return (this.#room ??= new Promise((resolve) => (this.#makeRoom = resolve)));
  }

  /** Sends what is due. */
  tick(nowUs: number): void {
    if (this.#isClosed) return;
    this.#pump(nowUs);
    const lateUs = nowUs - this.dueUs;
    if (lateUs < 0 || this.#cutter.fill()) return;
    if (lateUs > heldUs && this.#sent !== undefined) this.#graceUs = nowUs + graceUs;
    else this.#pause(nowUs);
  }

  /**
   * Lets go of what waits of answers older than `turn`. What sounds now fades within 5 ms, in one packet more.
   *
   * @returns the RTP timestamp of the cut: what lies before is stale.
   */
  interrupt(turn: number): number {
    const isStale = (owner: PacketOwner | undefined): boolean => owner?.isAnswer === true && owner.turn < turn;
    if (isStale(this.#sent)) this.#cutter.fill();
    this.#cutter.discard((frame) => (frame.flags & Flags.answer) !== 0 && frame.turn < turn);
    if (this.#cutter.filled > 0 && isStale(this.#cutter.owner)) {
      if (isStale(this.#sent)) this.#fadeOut();
      else this.#cutter.next();
    }
    this.#settle();
    return this.#clock.timestamp;
  }

  /** Bit/s, from now on. */
  setBitrate(bitrate: number): void {
    this.#bitrate = bitrate;
    this.#encoder?.setBitrate(bitrate);
  }

  /** The share of packets that the other end loses, in percent: error correction begins above 5. */
  setExpectedLoss(percent: number): void {
    this.#expectedLoss = percent;
    this.#encoder?.setExpectedLoss(percent);
  }

  /** Lets go of what waits and closes the encoder. Twice is once. */
  close(): void {
    this.#isClosed = true;
    this.#cutter.discard(() => true);
    this.#encoder?.close();
    this.#encoder = undefined;
    this.#settle();
  }

  #admit(frame: Frame): void {
    const isAudio = frame.kind === "audio" && frame.format === "f32-planar" && frame.numberOfChannels <= 2;
    if (!isAudio || 48_000 % frame.sampleRate !== 0 || frame.sampleRate < 8_000) {
      const received = frame.kind === "audio" ? `${frame.format}, ${frame.numberOfChannels} ch, ${frame.sampleRate} Hz` : frame.kind;
      throw errors.mediaIncompatible({
        message: "an audio track cannot carry such a frame",
        expected: "f32-planar, 1 or 2 channels of 8, 12, 16, 24 or 48 kHz",
        received,
      });
    }
    if (this.#cutter.waitingUs > longestWaitUs) {
      throw errors.overflow({ message: "a minute of audio waits to be sent", fix: "Await what push returns." });
    }
  }

  #pump(nowUs: number): void {
    while (this.#cutter.fill()) {
      this.#clock.skip(Math.min(this.#cutter.gapUs, this.#clock.lagUs(nowUs)));
      this.#cutter.gapUs = 0;
      if (-this.#clock.lagUs(nowUs) > (this.#cutter.owner!.isAnswer ? 0 : liveLeadUs)) break;
      this.#send(nowUs);
    }
    if (this.#cutter.filled > 0) this.#clock.start(nowUs);
    if (this.#cutter.waitingUs <= this.#aheadUs) this.#settle();
  }

  /** One packet of sound. */
  #send(nowUs: number): void {
    const { owner, filled, planes } = this.#cutter;
    for (const plane of planes) plane.fill(0, filled);
    const lagUs = this.#clock.lagUs(nowUs);
    if (lagUs > asleepUs || this.#sent === undefined) this.#clock.skip(lagUs);
    this.#comfortUs = undefined;
    this.#encode(owner!, planes, nowUs);
    this.#cutter.next();
    if (owner!.isAnswer) this.#options.played?.(owner!.turn, Math.round((filled * 1e6) / owner!.sampleRate));
  }

  /**
   * A jitter buffer that changed its delay has left a rest, and every packet since waits for the next frame to fill it. In the next quiet moment the
   * rest is left out: RTP time goes on without it, and packets leave with their frames again.
   */
  #realign(): void {
    const { owner, filled, planes, waitingUs } = this.#cutter;
    if (owner === undefined || owner.isAnswer || filled === 0) return;
    const restUs = (filled * 1e6) / owner.sampleRate;
    if (waitingUs > restUs || planes.some((plane) => plane.subarray(0, filled).some((sample) => Math.abs(sample) > quietPeak))) return;
    this.#clock.skip(restUs);
    this.#cutter.next();
  }

  /** Live audio that would only add delay: what is before it has not had its time yet. */
  #isTooEarly({ flags }: Frame, nowUs: number): boolean {
    return (flags & Flags.answer) === 0 && this.#cutter.waitingUs - Math.min(0, this.#clock.lagUs(nowUs)) > liveLeadUs;
  }

  #drop(frame: AudioFrame): void {
    this.droppedMs += (frame.numberOfFrames * 1000) / frame.sampleRate;
    frame.release();
  }

  #fadeOut(): void {
    const { owner, filled, planes } = this.#cutter;
    const length = Math.min(filled, Math.round((fadeUs * owner!.sampleRate) / 1e6));
    for (const plane of planes) {
      for (let i = 0; i < length; i++) plane[i]! *= 1 - (i + 1) / length;
      plane.fill(0, length);
    }
    this.#encode(owner!, planes, this.#options.clock.nowUs());
    this.#cutter.next();
  }

  /** The source is silent: what is left over leaves, then silence, then comfort packets. */
  #pause(nowUs: number): void {
    if (this.#cutter.filled > 0) return this.#send(nowUs);
    const isFirst = this.#comfortUs === undefined;
    this.#clock.skip(this.#clock.lagUs(nowUs));
    this.#deliver(isFirst ? this.#silence() : Uint8Array.of(emptyPacket), nowUs);
    this.#sent = undefined;
    this.#comfortUs = nowUs + (isFirst ? packetUs : comfortUs);
  }

  #silence(): Uint8Array {
    const { owner, planes } = this.#cutter;
    for (const plane of planes) plane.fill(0);
    return this.#encoderFor(owner!).encode(planes);
  }

  #encode(owner: PacketOwner, planes: readonly Float32Array[], nowUs: number): void {
    const payload = this.#encoderFor(owner).encode(planes);
    this.#sent = owner;
    const isSilent = payload.length <= 2;
    // In DTX the first empty packet tells the receiver, the others need not be sent.
    if (isSilent && this.#isSilent) this.#clock.step(nowUs);
    else this.#deliver(payload, nowUs, isSilent);
  }

  #deliver(payload: Uint8Array, nowUs: number, isSilent = true): void {
    const { timestamp, hasJumped } = this.#clock;
    const marker = !isSilent && (hasJumped || this.#isSilent);
    this.#isSilent = isSilent;
    this.#clock.step(nowUs);
    this.#options.send({ payload, timestamp, marker });
  }

  #encoderFor({ sampleRate, numberOfChannels }: PacketOwner): AudioEncoder {
    const encoder = this.#encoder;
    if (encoder?.sampleRate === sampleRate && encoder.numberOfChannels === numberOfChannels) return encoder;
    encoder?.close();
    this.#encoder = this.#options.createEncoder({ sampleRate, numberOfChannels } as Required<OpusFormat>);
    if (this.#bitrate !== undefined) this.#encoder.setBitrate(this.#bitrate);
    if (this.#expectedLoss !== undefined) this.#encoder.setExpectedLoss(this.#expectedLoss);
    return this.#encoder;
  }

  #settle(): void {
    this.#makeRoom?.();
    this.#makeRoom = this.#room = undefined;
  }
}

// Full band, one frame of 20 ms with nothing in it (RFC 6716 section 3.1): comfort noise.
const emptyPacket = 0xf8;
