/** A peer connection of werift, set up as we use it. */
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import {
  MediaStream,
  type RTCDtlsTransport,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpTransceiver,
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

/**
 * @internal Gathers candidates while the rest goes on. werift's `setLocalDescription` waits for all of them before it connects, STUN and TURN
 * servers that do not answer included; told to gather before, it does not wait.
 */
export function gather(peer: RTCPeerConnection, options: WebRtcOptions): Promise<void> {
  const ice = transportOf(peer).iceTransport;
  // Without a STUN server werift asks Google's.
  if (!options.iceServers?.some(({ urls }) => urls.startsWith("stun"))) delete ice.connection.stunServer;
  return ice.gather().catch((error: unknown) => options.log.warn("candidates could not be gathered", { error: String(error) }));
}

/** @internal the role in DTLS; werift as a client waits 100 ms before it says hello, so it is the server where the peer leaves the choice */
export function chooseRole(peer: RTCPeerConnection, plan: SdpPlan): void {
  const transport = transportOf(peer);
  if (transport.role === "auto") transport.role = /^a=setup:passive/m.test(plan.text) ? "client" : "server";
}
