/** A sender, a network and a jitter buffer in virtual time. */
import {
  type AudioPacket,
  JitterBuffer,
  type JitterBufferOptions,
  type PacketDecoder,
  type PlayoutFrame,
} from "../../src/jitter/jitter-buffer.ts";

/** Random numbers from a seed ("mulberry32"). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Arrival {
  readonly arrivalUs: number;
  readonly packet: AudioPacket;
}

export interface SenderOptions {
  readonly seconds: number;
  readonly packetSamples?: number;
  readonly firstSequence?: number;
  readonly firstTimestamp?: number;
  /** Positive: the sender's clock runs fast. */
  readonly driftPpm?: number;
  readonly startUs?: number;
  /** Delay on the way in µs, `undefined` for a loss. */
  readonly network?: (packet: number, sentUs: number) => number | undefined;
}

/** The packets of a sender in the order of their arrival. The payload holds the number of the first sample and how many there are. */
export function send(options: SenderOptions): Arrival[] {
  const {
    seconds,
    packetSamples = 960,
    firstSequence = 1,
    firstTimestamp = 0,
    driftPpm = 0,
    startUs = 0,
    network = () => 30_000,
  } = options;
  const arrivals: Arrival[] = [];
  for (let k = 0; k * packetSamples < seconds * 48_000; k++) {
    const sentUs = startUs + (k * packetSamples) / (0.048 * (1 + driftPpm * 1e-6));
    const delay = network(k, sentUs);
    if (delay === undefined) continue;
    const payload = new Uint8Array(new Float64Array([k * packetSamples, packetSamples]).buffer);
    const sequenceNumber = (firstSequence + k) & 0xffff;
    const timestamp = (firstTimestamp + k * packetSamples) >>> 0;
    arrivals.push({ arrivalUs: sentUs + delay, packet: { sequenceNumber, timestamp, payload } });
  }
  return arrivals.sort((a, b) => a.arrivalUs - b.arrivalUs);
}

/**
 * Reads samples from `signal`, repeated, where the payload says; a 1-byte packet is 20 ms of silence; anything else is refused. It conceals as
 * well as can be: it knows what was lost.
 */
export function signalDecoder(signal: Float32Array, numberOfChannels = 1): PacketDecoder & { decoded: number } {
  const buffers = new Map<number, Float32Array[]>();
  let next = -1;
  const read = (from: number, length: number) => {
    let planes = buffers.get(length);
    if (planes === undefined) buffers.set(length, (planes = Array.from({ length: numberOfChannels }, () => new Float32Array(length))));
    for (const plane of planes) for (let i = 0; i < length; i++) plane[i] = from < 0 ? 0 : (signal[(from + i) % signal.length] as number);
    next = from < 0 ? -1 : from + length;
    return planes;
  };
  return {
    decoded: 0,
    decode(payload) {
      const [from, length] = payload.length === 1 ? [-1, 960] : (new Float64Array(payload.slice().buffer) as unknown as [number, number]);
      if (!(length > 0 && length <= 5760)) throw new Error("corrupted stream");
      this.decoded++;
      return read(from, length);
    },
    conceal: () => read(next, 960),
  };
}

export interface PlayedFrame {
  readonly atUs: number;
  readonly samples: Float32Array;
  readonly timestampUs: number;
  readonly rtpTimestamp: number;
  readonly concealed: boolean;
  readonly discontinuity: boolean;
  readonly delayMs: number;
  readonly targetMs: number;
}

export interface CallOptions extends Partial<JitterBufferOptions> {
  readonly signal?: Float32Array;
  /** How late the pull comes, µs. */
  readonly lateness?: (dueUs: number) => number;
  /** Runs on so long after the last packet. */
  readonly tailMs?: number;
  /** Takes note of each so many frames: long calls have many. */
  readonly noteEvery?: number;
  readonly before?: (buffer: JitterBuffer, nowUs: number) => void;
}

/** Gives the packets to a buffer and pulls when it says so. */
export function receive(arrivals: readonly Arrival[], options: CallOptions = {}): { frames: PlayedFrame[]; buffer: JitterBuffer } {
  const { signal = tone(), lateness = () => 0, tailMs = 0, noteEvery = 1, before, ...rest } = options;
  const buffer = new JitterBuffer({ decoder: signalDecoder(signal, rest.numberOfChannels), numberOfChannels: 1, ...rest });
  const frames: PlayedFrame[] = [];
  const endUs = (arrivals.at(-1)?.arrivalUs ?? 0) + tailMs * 1000;
  let next = 0;
  let pulled = 0;
  let pullUs = Number.POSITIVE_INFINITY;
  for (;;) {
    const arrivalUs = arrivals[next]?.arrivalUs ?? Number.POSITIVE_INFINITY;
    const nowUs = Math.min(arrivalUs, pullUs);
    if (nowUs > endUs) break;
    before?.(buffer, nowUs);
    if (arrivalUs <= pullUs) buffer.push((arrivals[next++] as Arrival).packet, arrivalUs);
    else {
      const frame = buffer.pull(nowUs);
      if (frame !== undefined && ++pulled % noteEvery === 0) frames.push(note(frame, buffer, nowUs));
    }
    pullUs = buffer.dueUs === undefined ? Number.POSITIVE_INFINITY : Math.max(nowUs, buffer.dueUs + lateness(buffer.dueUs));
  }
  return { frames, buffer };
}

function note({ planes, numberOfFrames, ...frame }: PlayoutFrame, buffer: JitterBuffer, atUs: number): PlayedFrame {
  const plane = planes[0] as Float32Array;
  if (plane.length !== numberOfFrames) throw new Error("A plane has another length than it says");
  const { delayMs, targetMs } = buffer.stats();
  return { ...frame, atUs, samples: plane.slice(), delayMs, targetMs };
}

/** A second of a soft 220 Hz tone with overtones. */
export function tone(): Float32Array {
  const at = (i: number, hz: number) => Math.sin((2 * Math.PI * hz * i) / 48_000);
  return Float32Array.from({ length: 48_000 }, (_, i) => 0.2 * at(i, 220) + 0.1 * at(i, 440) + 0.05 * at(i, 1100));
}

/** All samples in one. */
export function join(frames: readonly PlayedFrame[]): Float32Array {
  const whole = new Float32Array(frames.reduce((sum, frame) => sum + frame.samples.length, 0));
  let at = 0;
  for (const { samples } of frames) {
    whole.set(samples, at);
    at += samples.length;
  }
  return whole;
}

/** The value below which a share of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}
