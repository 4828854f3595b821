/** A peer connection of werift, set up as we use it. What werift does otherwise than we need is dealt with here, with the reason. */
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { errors, type Log, type RemoteMediaError } from "@remotemedia/core";
import {
  MediaStream,
  type RTCDtlsTransport,
  type RTCIceTransport,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpTransceiver,
  type RTCSctpTransport,
  useH264,
  useNACK,
  useOPUS,
  usePLI,
  useREMB,
  useTransportWideCC,
  useTWCC,
  useVP8,
} from "werift";
import { mostForeignBytes } from "./foreign-wire.ts";
import type { SdpPlan } from "./sdp-policy.ts";
import type { OpusOptions, WebRtcOptions } from "./webrtc-options.ts";

/** What this end wants to hear: the format parameters of Opus (RFC 7587, section 6.1). */
export const opusFormat = ({ fec = true, dtx = true }: OpusOptions = {}): string =>
  `minptime=10;useinbandfec=${fec ? 1 : 0};usedtx=${dtx ? 1 : 0}`;

const feedback = (): { rtcpFeedback: ReturnType<typeof useNACK>[] } => ({ rtcpFeedback: [useNACK(), usePLI(), useREMB(), useTWCC()] });
const repair = (): RTCRtpCodecParameters => new RTCRtpCodecParameters({ mimeType: "video/rtx", clockRate: 90_000 });

/** @internal makes a peer connection without tracks */
export function makePeer({ iceServers = [], opus, isForeign }: WebRtcOptions, isCaller: boolean): RTCPeerConnection {
  const answered = [useVP8(feedback()), repair(), useH264(feedback())];
  return new RTCPeerConnection({
    iceServers: iceServers.map((server) => ({ ...server })),
    bundlePolicy: "max-bundle",
    codecs: { audio: [useOPUS({ parameters: opusFormat(opus) })], video: isCaller ? answered.slice(0, 2) : answered },
    headerExtensions: { audio: [], video: [useTransportWideCC()] },
    maxMessageSize: isForeign ? mostForeignBytes : 64 * 1024,
    ...(hasNetwork() ? {} : { iceAdditionalHostAddresses: ["127.0.0.1"] }),
  });
}

// werift leaves the loopback interface out; on a machine that has nothing else it would have no address at all.
const hasNetwork = (): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ internal, scopeid }) => !internal && !scopeid));

/** @internal a sending and receiving line */
export function addMedia(peer: RTCPeerConnection, kind: "audio" | "video"): RTCRtpTransceiver {
  const stream = peer.getTransceivers()[0]?.sender.streamIds[0] ?? randomBytes(8).toString("hex");
  const transceiver = peer.addTransceiver(kind, { direction: "sendrecv", streams: [new MediaStream({ id: stream, tracks: [] })] });
  // werift's estimate of what can be sent keeps 65,536 packets in mind, and is not used.
  transceiver.sender.senderBWE.rtpPacketSent = () => undefined;
  return transceiver;
}

/** @internal the one DTLS transport of the bundle */
export function transportOf(peer: RTCPeerConnection): RTCDtlsTransport {
  return peer.dtlsTransports[0]!;
}

interface Relay {
  readonly localCandidate?: unknown;
}

/**
 * @internal Gathers candidates while the rest goes on. werift's `setLocalDescription` waits for all of them before it connects, STUN and TURN
 * servers that do not answer included; told to gather before, it does not wait.
 */
export function gather(peer: RTCPeerConnection, options: WebRtcOptions): void {
  const ice = transportOf(peer).iceTransport;
  // Without a STUN server werift asks Google's.
  if (!options.iceServers?.some(({ urls }) => urls.startsWith("stun"))) delete ice.connection.stunServer;
  // A relay that is ready when checks have begun is not paired by werift.
  const agent = ice.connection as unknown as { readonly protocols: readonly Relay[]; pairLocalProtocol(relay: Relay): void };
  ice.connection.onIceCandidate.subscribe((candidate) => {
    const relay = candidate.type === "relay" ? agent.protocols.find(({ localCandidate }) => localCandidate === candidate) : undefined;
    if (relay !== undefined) agent.pairLocalProtocol(relay);
  });
  ice.gather().catch((error: unknown) => options.log.warn("candidates could not be gathered", { error: String(error) }));
}

/**
 * @internal Checks connectivity after an ICE restart. werift's own `connect` returns at once when DTLS is up, so that it starts no checks of its
 * own: it answers those that come, and if they come before a candidate does (a page that hides its addresses behind mDNS names sends none
 * that can be used) it drops them, has no pair, and sends nothing more. This is the stall of one restart in three.
 */
export function restartChecks(ice: RTCIceTransport): Promise<void> {
  return ice.state === "connected" ? Promise.resolve() : ice.start();
}

/** @internal the role in DTLS; werift as a client waits 100 ms before it says hello, so it is the server where the peer leaves the choice */
export function chooseRole(peer: RTCPeerConnection, plan: SdpPlan): void {
  const transport = transportOf(peer);
  if (transport.role === "auto") transport.role = /^a=setup:passive/m.test(plan.text) ? "client" : "server";
}

const mostEarly = 8;
const isHandshake = (packet: Buffer): boolean => (packet[0] ?? 0) > 19 && (packet[0] ?? 0) < 64;

/**
 * @internal Keeps what the peer says in DTLS before werift listens, and says it again then. A browser greets as soon as its own checks have
 * succeeded; werift listens when it has noticed that its checks have, up to 20 ms later. The browser's greeting would be lost, and come again
 * after 50 ms at best.
 */
export function keepEarlyHandshake(transport: RTCDtlsTransport): void {
  const { onData } = transport.iceTransport.connection;
  const early: Buffer[] = [];
  const { unSubscribe } = onData.subscribe((packet) => {
    if (isHandshake(packet) && early.length < mostEarly) early.push(packet);
  });
  transport.onStateChange.once(() => {
    unSubscribe();
    // werift makes its DTLS end in the same call, after it has told the state.
    queueMicrotask(() => early.forEach((packet) => void onData.execute(packet)));
  });
}

const mostOverdrawn = 256 * 1024;
const guarded = new WeakSet<RTCSctpTransport>();

/**
 * @internal Catches what werift throws into nowhere: a peer that sends malformed SCTP or data-channel messages would else end the process
 * with an unhandled rejection.
 */
export function guard(peer: RTCPeerConnection, log: Log, onBroken: (error: RemoteMediaError) => void): void {
  const transport = peer.sctpTransport;
  if (transport === undefined || guarded.has(transport)) return;
  guarded.add(transport);
  const caught = (error: unknown): void => log.debug("malformed SCTP was dropped", { error: String(error) });
  const association = transport.sctp as unknown as { handleData(data: Buffer): Promise<void>; readonly advertisedRwnd: number };
  const handleData = association.handleData.bind(association);
  association.handleData = (data) => {
    // What werift holds of messages that are not whole has no other bound than the peer's good will.
    if (association.advertisedRwnd < -mostOverdrawn)
      onBroken(errors.limitExceeded({ message: "the peer sends more than the window of SCTP allows" }));
    return handleData(data).catch(caught);
  };
  const { datachannelReceive } = transport as unknown as { datachannelReceive(...message: unknown[]): Promise<void> };
  transport.sctp.onReceive.allUnsubscribe();
  transport.sctp.onReceive.subscribe((...message) => void datachannelReceive(...message).catch(caught));
}
