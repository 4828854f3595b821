/** Statistics of a connection, from its parts. */
import { type LinkStats, noStats } from "@remotemedia/core";
import type { RTCPeerConnection } from "werift";
import type { AudioTrack } from "./audio-track.ts";

/** @internal what the parts of a connection have counted */
export function linkStats(peer: RTCPeerConnection, audio: AudioTrack | undefined, queuedBytes: number): LinkStats {
  const [transport] = peer.dtlsTransports;
  if (transport === undefined) return { ...noStats, queuedBytes };
  const { packetsReceived, packetsSent, bytesReceived, bytesSent } = transport;
  const rtt = transport.iceTransport.connection.nominated?.rtt;
  return {
    ...noStats,
    ...(rtt !== undefined && { roundTripMs: rtt * 1000 }),
    ...(audio && audioStats(audio)),
    packetsReceived,
    packetsSent,
    bytesReceived,
    bytesSent,
    queuedBytes,
  };
}

function audioStats({ receiver, sender, remote }: AudioTrack): Partial<LinkStats> {
  const { lost, lossRatio, jitterMs, delayMs, targetMs, concealedMs, concealmentEvents, driftPpm } = receiver.stats();
  return {
    ...(remote && { remoteLossRatio: remote.lossRatio, remoteJitterMs: remote.jitterMs }),
    packetsLost: lost,
    lossRatio,
    jitterMs,
    jitterBufferMs: delayMs,
    jitterBufferTargetMs: targetMs,
    concealedMs,
    concealmentEvents,
    driftPpm,
    bufferedMs: sender.bufferedMs,
  };
}
