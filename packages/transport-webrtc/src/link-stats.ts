/** Statistics of a connection, from its parts. */
import { type LinkStats, noStats } from "@remotemedia/core";
import type { RTCPeerConnection } from "werift";
import type { AudioTrack } from "./audio-track.ts";

/** @internal what the parts of a connection have counted */
export function linkStats(peer: RTCPeerConnection, audio: AudioTrack | undefined, queuedBytes: number): LinkStats {
  const [transport] = peer.dtlsTransports;
  if (transport === undefined) return { ...noStats, queuedBytes };
  const { packetsReceived, packetsSent, bytesReceived, bytesSent } = transport;
  const pair = transport.iceTransport.connection.nominated;
  const counted = { ...noStats, packetsReceived, packetsSent, bytesReceived, bytesSent, queuedBytes };
  const roundTrip = pair?.rtt === undefined ? {} : { roundTripMs: pair.rtt * 1000 };
  if (audio === undefined) return { ...counted, ...roundTrip };
  const { lost, lossRatio, jitterMs, delayMs, targetMs, concealedMs, concealmentEvents, driftPpm } = audio.receiver.stats();
  const { remote } = audio;
  return {
    ...counted,
    ...roundTrip,
    ...(remote && { remoteLossRatio: remote.lossRatio, remoteJitterMs: remote.jitterMs }),
    packetsLost: lost,
    lossRatio,
    jitterMs,
    jitterBufferMs: delayMs,
    jitterBufferTargetMs: targetMs,
    concealedMs,
    concealmentEvents,
    driftPpm,
    bufferedMs: audio.sender.bufferedMs,
  };
}
