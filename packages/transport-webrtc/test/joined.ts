/** Two connections in one process, joined over the sockets of this machine. */
import { Socket } from "node:dgram";
import { audioFrame, type Frame, quietLog, sleep, systemClock } from "@remotemedia/core";
import { type CandidateJson, WebRtcConnection, type WebRtcOptions } from "@remotemedia/transport-webrtc";

/** Nobody reads it. */
export const silentLog = quietLog(() => undefined);

export interface Joined {
  readonly caller: WebRtcConnection;
  readonly host: WebRtcConnection;
  /** From now on nothing that either sends arrives. */
  cut(): void;
}

const cutPorts = new Set<number>();
let lossRatio = 0;
let seed = 5;
/** From now on so many of all datagrams of this process are lost. */
export const lose = (ratio: number): void => void (lossRatio = ratio);
let isRepeating = false;
/** Whether each packet of a DTLS handshake leaves twice, as it does after an event loop has stood still. */
export const repeatHandshakes = (isSo: boolean): void => void (isRepeating = isSo);
const isLost = (): boolean => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32 < lossRatio;
};

const send = Socket.prototype.send as (...given: unknown[]) => void;
Socket.prototype.send = function (this: Socket, ...given: unknown[]): void {
  if ((lossRatio > 0 && isLost()) || (cutPorts.size > 0 && cutPorts.has(this.address().port))) {
    const done = given.at(-1) as ((...sent: unknown[]) => void) | undefined;
    return void (typeof done === "function" && setImmediate(() => done(null, 0)));
  }
  const packet = given[0] as Uint8Array;
  if (isRepeating && packet[0] === 22) send.call(this, ...given.slice(0, -1), () => undefined);
  send.apply(this, given);
} as never;

const portOf = ({ candidate }: CandidateJson): number => Number(candidate.split(" ")[5]);

/** Dials, answers, and waits until both are connected. */
export async function join(options: Partial<WebRtcOptions> = {}, hostOptions: Partial<WebRtcOptions> = {}): Promise<Joined> {
  const ports: number[] = [];
  let host: WebRtcConnection | undefined;
  const early: CandidateJson[] = [];
  const tellHost = (candidate: CandidateJson): void => {
    ports.push(portOf(candidate));
    if (host === undefined) early.push(candidate);
    else host.addCandidate(candidate);
  };
  const caller = await WebRtcConnection.dial({ isForeign: false, log: silentLog, onCandidate: tellHost, ...options });
  const tellCaller = (candidate: CandidateJson): void => {
    ports.push(portOf(candidate));
    caller.addCandidate(candidate);
  };
  host = await WebRtcConnection.accept(caller.description, {
    isForeign: options.isForeign ?? false,
    log: silentLog,
    onCandidate: tellCaller,
    ...hostOptions,
  });
  for (const candidate of early) host.addCandidate(candidate);
  await caller.answered(host.description);
  await Promise.all([caller.connected, host.connected]);
  return { caller, host, cut: () => ports.forEach((port) => void cutPorts.add(port)) };
}

/** Lets real time pass. */
export const wait = (ms: number): Promise<void> => sleep(systemClock, ms);

/** Waits until something is so. */
export async function until(isSo: () => boolean, ms = 15_000): Promise<void> {
  for (const end = Date.now() + ms; !isSo(); await wait(5)) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${isSo}`);
  }
}

/** 20 ms of a tone at 440 Hz; the `index`th. */
export function tone(index: number, init: { readonly turn?: number; readonly flags?: number } = {}): Frame {
  const data = Float32Array.from({ length: 960 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * (index * 960 + i)) / 48_000));
  return audioFrame({ sampleRate: 48_000, data, timestamp: index * 20_000, ...init });
}
