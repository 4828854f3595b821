/** RTP time of an outgoing Opus track beside this machine's time. */

/** RTP time of Opus counts 48 kHz, whatever was encoded (RFC 7587 section 4.1). */
const rtpRate = 48_000;
/** One packet, 20 ms, in RTP time. */
const packetTicks = 960;
/** One packet in µs. */
export const packetUs = 20_000;

/** Where the next packet lies: its RTP timestamp, and when it is due by our clock. */
export class RtpClock {
  /** RTP timestamp of the next packet, 32 bits. */
  timestamp: number;
  /** When the next packet is due, µs; undefined before the first. */
  dueUs: number | undefined;
  /** Whether time has jumped since the last packet: the next one begins a talkspurt (RFC 3551 section 4.1). */
  hasJumped = true;

  constructor(timestamp: number) {
    this.timestamp = timestamp >>> 0;
  }

  /** There is something to be sent: time begins. */
  start(nowUs: number): void {
    this.dueUs ??= nowUs;
  }

  /** How far now is behind the due time, µs; negative when the packet would be early, 0 before the first. */
  lagUs(nowUs: number): number {
    return this.dueUs === undefined ? 0 : nowUs - this.dueUs;
  }

  /** Moves ahead without a packet, never back. */
  skip(durationUs: number): void {
    if (this.dueUs === undefined || durationUs <= 0) return;
    this.dueUs += durationUs;
    this.timestamp = (this.timestamp + Math.round((durationUs * rtpRate) / 1e6)) >>> 0;
    this.hasJumped = true;
  }

  /** One packet has left, or was swallowed by silence. */
  step(nowUs: number): void {
    this.dueUs = (this.dueUs ?? nowUs) + packetUs;
    this.timestamp = (this.timestamp + packetTicks) >>> 0;
    this.hasJumped = false;
  }
}
