/** Front door of the jitter buffer. Pure: it is told the time, and has no timers. */
import { clearPpm, DriftCorrection } from "./drift-correction.ts";
import { DriftEstimator } from "./drift-estimator.ts";
import { type JitterCounters, type JitterStats, newCounters } from "./jitter-stats.ts";
import { type AudioPacket, PacketIntake, usPerSample } from "./packet-intake.ts";
import { PacketQueue, type QueuedPacket } from "./packet-queue.ts";
import { RecentWaits } from "./recent-waits.ts";
import { SoundShaper } from "./sound-shaper.ts";

export type { JitterStats } from "./jitter-stats.ts";
export type { AudioPacket } from "./packet-intake.ts";

/** What the buffer needs of a decoder. Whoever gives it closes it. */
export interface PacketDecoder {
  /** One packet's samples at 48 kHz, a plane per channel, lent until the next call. Throws on what is no packet. */
  decode(payload: Uint8Array): readonly Float32Array[];
  /** What goes on from the packet before, 20 ms or less, in place of one that is lost; lent as well. */
  conceal(): readonly Float32Array[];
}

/** How a {@link JitterBuffer} is made. */
export interface JitterBufferOptions {
  readonly decoder: PacketDecoder;
  readonly numberOfChannels: 1 | 2;
  /** Largest delay aimed at; 200 ms. */
  readonly maxDelayMs?: number;
}

/** Sound that left the buffer. Its planes are lent until the next call. */
export interface PlayoutFrame {
  /** `numberOfFrames` samples each. */
  readonly planes: readonly Float32Array[];
  /** 20 ms as a rule (10 where packets hold no more); somewhat more or less while the delay changes and where clock drift is corrected. */
  readonly numberOfFrames: number;
  /** Media time by a count of samples. Without holes, but for `discontinuity`. */
  readonly timestampUs: number;
  /** RTP timestamp of the first sample. */
  readonly rtpTimestamp: number;
  /** Made up in place of what did not come in time. */
  readonly concealed: boolean;
  /** Does not follow on the frame before: the stream had stopped, began anew, or was cut. */
  readonly discontinuity: boolean;
}

const frameLength = 960;
/** Least delay, kept on a clean link. */
const minUs = 20_000;
// Shorter pieces are given with the one before; shorter packets are none.
const shortestPiece = 120;
/** Without packets for so long the sender has stopped. */
const idleAfterUs = 2_000_000;
// Whoever pulls that late was asleep: what lies between is left out and not caught up with.
const asleepUs = 500_000;
/** After so long made-up sound fades to nothing: 100 ms. */
const fadedAfter = 4800;
// Who pulls or gives packets that late was held up, and packets may lie unread: they get a turn to be read before they are made up.
const heldUs = 5_000;
const turnUs = 2_000;
// Opus: nothing but the header, so the sender is silent and will send little (DTX).
const dtxBytes = 2;
const lossMemory = 128;
// Less than 1 ms is not worth a frame.
const leastWait = 48;

/**
 * Adaptive jitter buffer: orders packets, gives their sound at an even pace after a delay that just covers the jitter (20 to 200 ms), makes
 * up what is missing, changes the delay by time-scaling, and corrects the sender's clock drift. The ideas are those of NetEq in WebRTC;
 * other than there, frames are cut as the packets are, so that none waits for the next one to be filled up.
 *
 * @example
 * const buffer = new JitterBuffer({ decoder, numberOfChannels: 1 });
 * buffer.push(packet, clock.nowUs());
 * while (buffer.dueUs !== undefined && buffer.dueUs <= clock.nowUs()) play(buffer.pull(clock.nowUs()));
 */
export class JitterBuffer {
  readonly #decoder: PacketDecoder;
  readonly #maxUs: number;
  readonly #queue = new PacketQueue();
  readonly #waits = new RecentWaits();
  readonly #drift = new DriftEstimator();
  readonly #correction = new DriftCorrection();
  readonly #shaper: SoundShaper;
  readonly #counters: JitterCounters = newCounters();
  readonly #intake = new PacketIntake(this.#counters);
  readonly #delays = this.#intake.delays;
  readonly #numberOfChannels: number;

  #cutTimestamp = Number.NEGATIVE_INFINITY;
  // Due time of the next frame.
  #clockUs = Number.NaN;
  #isIdle = true;
  // Since when the one who pulls has been late, and until when unread packets are waited for.
  #lateSinceUs: number | undefined;
  #turnUntilUs = Number.NEGATIVE_INFINITY;
  #nextSequence = Number.NEGATIVE_INFINITY;
  #position = 0;
  #decoded: readonly Float32Array[] = [];
  #decodedLength = 0;
  #offset = 0;
  #packetLength = frameLength;
  #filled = 0;
  #given = 0;
  #delayUs = 0;
  // No packet is expected now: silence of the sender, or a cut.
  #isQuiet = true;
  // No packet of this stream has come.
  #isFresh = true;
  // A packet since the last one played was no packet.
  #hasFailed = false;
  #isDiscontinuous = false;

  constructor({ decoder, numberOfChannels, maxDelayMs = 200 }: JitterBufferOptions) {
    this.#decoder = decoder;
    this.#maxUs = maxDelayMs * 1000;
    this.#numberOfChannels = numberOfChannels;
    this.#shaper = new SoundShaper(numberOfChannels);
  }

  /** When to call {@link pull} next; `undefined` while nothing is expected: ask again after the next packet. */
  get dueUs(): number | undefined {
    return this.#isIdle ? undefined : Math.max(this.#clockUs, this.#turnUntilUs);
  }

  /** Takes a packet in, whatever it is; `arrivalUs` and `nowUs` are of one clock that never goes back. */
  push(packet: AudioPacket, arrivalUs: number): void {
    const dueUs = this.dueUs ?? arrivalUs;
    const sinceUs = this.#lateSinceUs ?? (arrivalUs - dueUs > heldUs ? dueUs : arrivalUs);
    const accepted = this.#intake.accept(packet, arrivalUs, sinceUs);
    if (accepted === "restart") return this.#startAnew(packet, arrivalUs);
    if (accepted === undefined) return;
    if (this.#drift.observe(arrivalUs, accepted.transitUs)) this.#correction.update(this.#drift, this.#delayUs - this.#targetUs);
    this.#enqueue(accepted, arrivalUs);
  }

  /** The next sound, or `undefined` before {@link dueUs} and when nothing is to be played. */
  pull(nowUs: number): PlayoutFrame | undefined {
    const lateUs = nowUs - (this.dueUs ?? Number.POSITIVE_INFINITY);
    if (lateUs < 0) return undefined;
    this.#lateSinceUs = lateUs > heldUs ? (this.#lateSinceUs ?? nowUs - lateUs) : undefined;
    if (nowUs - this.#clockUs > asleepUs) {
      if (this.#looksFirst(nowUs)) return undefined;
      this.#skipTime(nowUs);
    }
    if (this.#offset < this.#decodedLength) return this.#play();
    const wait = this.#advance();
    if (wait === 0) return this.#play();
    if (!this.#isQuiet && this.#looksFirst(nowUs)) return undefined;
    this.#isIdle = this.#queue.size === 0 && nowUs - this.#intake.lastArrivalUs > idleAfterUs;
    return this.#isIdle ? undefined : this.#fill(Math.min(wait, frameLength));
  }

  /** A turn was cut: lets go what lies before, whether it waits or is still to come. */
  drop(beforeRtpTimestamp: number): void {
    if (!this.#intake.isStarted) return;
    const cut = this.#intake.unwrapTimestamp(beforeRtpTimestamp);
    this.#cutTimestamp = cut;
    for (let head = this.#queue.first(); head !== undefined && head.timestamp < cut; head = this.#queue.first()) {
      this.#queue.shift();
      this.#counters.dropped++;
    }
    if (this.#position >= cut) return;
    this.#breakOff();
    this.#offset = Math.min(this.#decodedLength, this.#offset + cut - this.#position);
    this.#position = cut;
    this.#isQuiet = true;
  }

  /** Another stream begins (a new SSRC): the next packet is its first. The pace goes on. */
  restart(): void {
    this.#counters.restarts++;
    this.#intake.restart();
    this.#queue.clear();
    this.#drift.restart();
    this.#correction.reset();
    this.#cutTimestamp = Number.NEGATIVE_INFINITY;
    this.#nextSequence = Number.NEGATIVE_INFINITY;
    this.#breakOff();
    this.#offset = this.#decodedLength;
    this.#isFresh = true;
  }

  /** What it has seen and done. */
  stats(): JitterStats {
    return {
      ...this.#counters,
      delayMs: this.#delayUs / 1000,
      targetMs: this.#targetUs / 1000,
      held: this.#queue.size,
      jitterMs: this.#delays.jitterUs / 1000,
      driftPpm: this.#correction.isOn ? this.#correction.driftPpm : this.#drift.errorPpm < clearPpm ? this.#drift.ppm : 0,
    };
  }

  get #targetUs(): number {
    return Math.max(minUs, Math.min(this.#maxUs, this.#delays.spreadUs));
  }

  // -- packets come --

  #startAnew(packet: AudioPacket, arrivalUs: number): void {
    const first = this.#intake.suspect;
    this.restart();
    if (first !== undefined) this.push(first.packet, first.arrivalUs);
    this.push(packet, arrivalUs);
  }

  #enqueue(packet: QueuedPacket, nowUs: number): void {
    if (this.#isFresh) this.#begin(packet);
    if (packet.timestamp < this.#cutTimestamp) return void this.#counters.dropped++;
    if (packet.sequence < this.#nextSequence) return void this.#counters.late++;
    while (!this.#queue.fits(packet.sequence)) this.#dropFirst();
    this.#queue.add(packet);
    const lateUs = this.#isIdle ? 0 : Math.max(0, Math.min(nowUs - this.#clockUs, asleepUs));
    const most = ((this.#maxUs + lateUs) / usPerSample + 5 * frameLength) / this.#packetLength;
    while (this.#queue.size > Math.max(2, Math.min(most, 200))) this.#dropFirst();
    if (this.#isIdle) this.#start(packet);
  }

  /** The first packet of a stream: it is played by its own time, and what there was of another fades. */
  #begin(packet: QueuedPacket): void {
    this.#isFresh = false;
    this.#position = packet.timestamp;
    this.#isQuiet = true;
  }

  /** The first packet, or the first after a time of nothing. */
  #start(packet: QueuedPacket): void {
    const dueUs = this.#playTimeUs(packet);
    if (Number.isNaN(this.#clockUs)) this.#clockUs = dueUs;
    else this.#skipTime(Math.max(dueUs, this.#clockUs));
    this.#isIdle = false;
  }

  /** Too much waits: lets the oldest go, and plays on with the one after it. */
  #dropFirst(): void {
    this.#queue.shift();
    this.#counters.dropped++;
    const head = this.#queue.first();
    if (head === undefined) return;
    this.#nextSequence = head.sequence;
    this.#position = head.timestamp;
    this.#breakOff();
    this.#offset = this.#decodedLength;
  }

  /** What comes next does not follow on what was. */
  #breakOff(): void {
    this.#fadeRest();
    this.#isDiscontinuous = true;
  }

  /** What was played fades, as it would have gone on. */
  #fadeRest(): void {
    if (this.#shaper.isBroken) return;
    const isWithin = this.#offset < this.#decodedLength;
    const rest = isWithin ? this.#decoded : this.#soundOf();
    if (rest !== undefined) this.#shaper.breakOff(rest, isWithin ? this.#offset : 0);
  }

  /** Whether the one who pulls was held up and shall first, once, read what came meanwhile. */
  #looksFirst(nowUs: number): boolean {
    if (this.#lateSinceUs === undefined || this.#turnUntilUs >= this.#lateSinceUs) return false;
    this.#turnUntilUs = nowUs + turnUs;
    return true;
  }

  // -- sound goes --

  /** When a packet is to be played if it waits as long as the buffer aims at. */
  #playTimeUs(packet: QueuedPacket): number {
    return this.#delays.baseUs + packet.timestamp * usPerSample + this.#targetUs;
  }

  #skipTime(toUs: number): void {
    this.#given += Math.round((toUs - this.#clockUs) / usPerSample);
    this.#clockUs = toUs;
    this.#isDiscontinuous = true;
  }

  /** Decodes the next packet if its time has come: gives 0, or how many samples have to be filled in before it. */
  #advance(): number {
    for (let head = this.#queue.first(); head !== undefined; head = this.#queue.first()) {
      if (this.#isTooOld(head)) {
        this.#dropFirst();
        continue;
      }
      const wait = this.#waitFor(head);
      if (wait >= leastWait) return wait;
      this.#queue.shift();
      if (this.#decode(head)) return 0;
    }
    return frameLength;
  }

  /** Whether the delay is beyond its limit though newer packets wait. */
  #isTooOld(head: QueuedPacket): boolean {
    const delayUs = this.#clockUs - this.#delays.baseUs - head.timestamp * usPerSample;
    const heldUs = ((this.#queue.newest ?? head).timestamp - head.timestamp) * usPerSample;
    return delayUs > this.#maxUs + frameLength * usPerSample && heldUs >= this.#targetUs;
  }

  /** Samples until a packet is to be played: after losses as much as was lost, after silence by its own time. */
  #waitFor(head: QueuedPacket): number {
    const gap = head.timestamp - this.#position;
    // Time passed at the sender and no packet is missing: it was silent (DTX).
    if (gap > 0 && head.sequence === this.#nextSequence && !this.#hasFailed) this.#isQuiet = true;
    const isFree = this.#isQuiet || this.#filled >= fadedAfter;
    return isFree ? Math.round((this.#playTimeUs(head) - this.#clockUs) / usPerSample) : gap - this.#filled;
  }

  /** False for what is no packet: then its time is filled in, as if it were lost. */
  #decode(packet: QueuedPacket): boolean {
    if (this.#filled === 0 && packet.timestamp !== this.#position) this.#fadeRest();
    const planes = this.#soundOf(packet);
    if (planes === undefined) this.#counters.undecodable++;
    this.#countLoss(this.#missingBefore(packet), planes !== undefined);
    this.#nextSequence = packet.sequence + 1;
    this.#hasFailed = planes === undefined;
    if (planes === undefined) return false;
    this.#waits.add(this.#clockUs - packet.arrivalUs);
    this.#decoded = planes;
    this.#decodedLength = this.#packetLength = planes[0]?.length as number;
    this.#offset = 0;
    this.#position = packet.timestamp;
    this.#filled = 0;
    this.#isQuiet = packet.payload.length <= dtxBytes;
    return true;
  }

  /** How many packets never came; what was let go at a cut did. */
  #missingBefore({ sequence }: QueuedPacket): number {
    if (this.#nextSequence === Number.NEGATIVE_INFINITY) return 0;
    let missing = 0;
    for (let number = this.#nextSequence; number < sequence; number++) if (!this.#intake.hasSeen(number)) missing++;
    return missing;
  }

  #countLoss(missing: number, isPlayed: boolean): void {
    const counters = this.#counters;
    counters.lost += missing + (isPlayed ? 0 : 1);
    for (let i = Math.min(missing, lossMemory) + (isPlayed ? 0 : 1); i > 0; i--)
      counters.lossRatio += (1 - counters.lossRatio) / lossMemory;
    if (isPlayed) counters.lossRatio -= counters.lossRatio / lossMemory;
  }

  /** Gives the next piece of what is decoded. */
  #play(): PlayoutFrame {
    const rest = this.#decodedLength - this.#offset;
    const frames = rest < frameLength + shortestPiece ? rest : frameLength;
    const position = this.#position;
    this.#shaper.take(this.#decoded, this.#offset, frames, this.#speedPpm);
    this.#offset += frames;
    this.#position += frames;
    this.#delayUs = this.#clockUs - this.#delays.baseUs - position * usPerSample;
    this.#adapt();
    return this.#give(position, false);
  }

  get #speedPpm(): number | undefined {
    return this.#correction.isOn ? this.#correction.ppm : undefined;
  }

  /** Brings the delay towards its target, but never below what the last half second needed. */
  #adapt(): void {
    const change = this.#shaper.adapt((this.#delayUs - this.#targetUs) / usPerSample, this.#waits.shortestUs / usPerSample);
    if (change === 0) return;
    this.#waits.lengthen(change * usPerSample);
    const changeMs = change * (usPerSample / 1000);
    if (change > 0) this.#counters.stretchedMs += changeMs;
    else this.#counters.acceleratedMs -= changeMs;
  }

  /** Gives sound in place of what is not there. */
  #fill(wanted: number): PlayoutFrame {
    const position = this.#position + this.#filled;
    const isLoss = !this.#isQuiet;
    const planes = isLoss && this.#filled < fadedAfter ? this.#soundOf() : undefined;
    const frames = planes?.[0]?.length ?? wanted;
    if (isLoss) this.#counters.concealedMs += frames * (usPerSample / 1000);
    if (isLoss && this.#filled === 0) this.#counters.concealmentEvents++;
    this.#filled += frames;
    if (planes !== undefined) this.#shaper.take(planes, 0, frames, this.#speedPpm);
    else {
      this.#fadeRest();
      this.#shaper.takeSilence(frames, this.#speedPpm);
    }
    return this.#give(position, isLoss);
  }

  /** What the decoder makes of a packet or, knowing the sound, in place of one. A packet can be anything, and its sender is told nothing. */
  #soundOf(packet?: QueuedPacket): readonly Float32Array[] | undefined {
    try {
      const planes = packet === undefined ? this.#decoder.conceal() : this.#decoder.decode(packet.payload);
      const frames = planes[0]?.length ?? 0;
      return planes.length === this.#numberOfChannels && frames >= shortestPiece ? planes : undefined;
    } catch {
      return undefined;
    }
  }

  #give(position: number, concealed: boolean): PlayoutFrame {
    const numberOfFrames = this.#shaper.frames;
    const timestampUs = Math.round(this.#given * usPerSample);
    const discontinuity = this.#isDiscontinuous;
    this.#isDiscontinuous = false;
    this.#given += numberOfFrames;
    this.#clockUs += numberOfFrames * usPerSample;
    return { planes: this.#shaper.give(), numberOfFrames, timestampUs, rtpTimestamp: position >>> 0, concealed, discontinuity };
  }
}
