/** The short way of audio between SRTP and its track. */
import type { RTCDtlsTransport, RTCRtpTransceiver, RtpPacket } from "werift";
import type { AudioPacket as SentPacket } from "../audio-sender.ts";
import type { AudioPacket } from "../jitter/packet-intake.ts";
import { quickenCipher } from "./aead.ts";
import { type ReceivedHeader, readRtpHeader, SentHeader } from "./rtp-header.ts";

/** @internal what an audio path joins */
export interface AudioPathOptions {
  readonly transport: RTCDtlsTransport;
  readonly transceiver: RTCRtpTransceiver;
  readonly payloadType: number;
  /** A packet has come; its payload belongs to the listener. */
  hear(packet: AudioPacket): void;
}

/** What is used of werift's receiver and sender beyond their types. */
interface Receiver {
  readonly stopped: boolean;
  readonly remoteStreams: Readonly<Record<number, { add(packet: { header: object; payload: Uint8Array }): void } | undefined>>;
}
interface Sender {
  readonly ssrc: number;
  readonly codec: { readonly payloadType: number } | undefined;
  readonly rtpCache: unknown[];
  readonly rtcpRunning: boolean;
  runRtcp(): Promise<void>;
  rtpTimestamp: number;
  octetCount: number;
  headerBytesSent: number;
  packetCount: number;
}

const repeatable = 128;
// From 1900 (RFC 3550, section 4) to 1970, s.
const ntpEpoch = 2_208_988_800;

const paths = new WeakMap<RTCDtlsTransport, AudioPath>();

/**
 * @internal Lets audio go its short way on a transport that is not connected yet. werift reads each packet's header twice, copies it once for tracks that nobody listens to,
 * and routes it by extensions that audio does not have.
 */
export function shortenAudio(transport: RTCDtlsTransport): void {
  const startSrtp = transport.startSrtp.bind(transport);
  transport.startSrtp = () => {
    startSrtp();
    quickenCipher(transport);
    const { event } = transport.iceTransport.connection.onData as unknown as {
      readonly event: { readonly stack: { execute(data: Buffer): void }[] };
    };
    const listener = event.stack.at(-1)!;
    const { execute } = listener;
    listener.execute = (data) => paths.get(transport)?.take(data) || execute(data);
  };
}

/**
 * @internal Receives and sends the RTP of one audio line. What werift reports to the peer, repeats for it and counts it does as before: the numbers and packets
 * that it does this from are kept here.
 */
export class AudioPath {
  readonly #options: AudioPathOptions;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  readonly #leave: () => void;
  #sentMs = 0;

  constructor(options: AudioPathOptions) {
    const { transport, transceiver, payloadType, hear } = options;
    this.#options = options;
    this.#receiver = transceiver.receiver as unknown as Receiver;
    this.#sender = transceiver.sender as unknown as Sender;
    // The time of the last packet; werift would make it for each.
    Object.defineProperty(this.#sender, "ntpTimestamp", { configurable: true, get: () => ntpTime(this.#sentMs) });
    const { unSubscribe } = transport.onRtp.subscribe(({ header, payload }: RtpPacket) => {
      if (header.payloadType === payloadType) hear({ sequenceNumber: header.sequenceNumber, timestamp: header.timestamp, payload });
    });
    paths.set(transport, this);
    this.#leave = () => {
      unSubscribe();
      paths.delete(transport);
    };
  }

  /**
   * Takes a datagram if it is a packet of this line, of a stream that goes on. The first packet of each goes werift's way, which begins statistics and
   * reports; so do those of streams that no description has named.
   */
  take(datagram: Buffer): boolean {
    const { transport, payloadType, hear } = this.#options;
    // RFC 5761, section 4: RTCP would be a marker with types from 64 to 95.
    if ((datagram[1]! & 0x7f) !== payloadType || (payloadType >= 64 && payloadType < 96)) return false;
    const header = readRtpHeader(datagram);
    const stream = header && this.#receiver.remoteStreams[header.ssrc];
    if (stream === undefined || this.#receiver.stopped) return false;
    const payload = decrypt(transport, datagram, header!);
    transport.bytesReceived += datagram.length;
    transport.packetsReceived++;
    if (payload === undefined) return true;
    stream.add({ header: header!, payload });
    hear({ sequenceNumber: header!.sequenceNumber, timestamp: header!.timestamp, payload });
    return true;
  }

  /** Sends a packet; what cannot be sent is lost, as packets are. */
  send({ payload, timestamp, marker }: SentPacket, sequenceNumber: number): void {
    const { transport } = this.#options;
    const sender = this.#sender;
    if (transport.state !== "connected" || sender.codec === undefined) return;
    const header = new SentHeader(sender.ssrc, sender.codec.payloadType, marker, sequenceNumber, timestamp);
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    sender.rtpCache[sequenceNumber % repeatable] = { header, payload: bytes };
    this.#sentMs = performance.timeOrigin + performance.now();
    sender.rtpTimestamp = timestamp;
    sender.octetCount += bytes.length;
    sender.headerBytesSent += header.serializeSize;
    sender.packetCount = (sender.packetCount + 1) >>> 0;
    void transport.sendRtp(bytes, header as never);
    if (!sender.rtcpRunning) void sender.runRtcp();
  }

  close(): void {
    this.#leave();
  }
}

/** The payload; undefined if the packet is not authentic. The stream's rollovers are counted as if a packet that is not had never come. */
function decrypt(transport: RTCDtlsTransport, datagram: Buffer, header: ReceivedHeader): Buffer | undefined {
  const context = transport.srtp.remoteContext;
  const state = context.getSrtpSsrcState(header.ssrc);
  const { rolloverCounter, lastSequenceNumber } = state;
  context.updateRolloverCount(header.sequenceNumber, state);
  try {
    const [packet] = context.cipher.decryptRtp(datagram, state.rolloverCounter, header as never);
    return packet.subarray(header.payloadOffset, packet.length - header.paddingSize);
  } catch {
    Object.assign(state, { rolloverCounter, lastSequenceNumber });
    return undefined;
  }
}

/** Seconds since 1900 with 32 bits of fraction. */
function ntpTime(ms: number): bigint {
  const seconds = ms / 1000;
  const whole = Math.floor(seconds);
  return (BigInt(whole + ntpEpoch) << 32n) | BigInt(Math.floor((seconds - whole) * 2 ** 32));
}
