import type { LinkStats } from "@remotemedia/core";
import type { WebRtcClient } from "@remotemedia/transport-webrtc";
import type { Outcome } from "./live-call.ts";
import { printLine } from "./terminal.ts";

/** What was measured, as `--json` gives it. Times in ms, shares from 0 to 1. */
export type CallReport = ReturnType<typeof reportOf>;

/** Puts together what was measured at both ends. */
export function reportOf({ connectMs, link, recoveries, serverStats }: WebRtcClient, outcome: Outcome) {
  return {
    session: link.id,
    connect_ms: rounded(connectMs),
    delay_ms: outcome.delayMs === undefined ? null : rounded(outcome.delayMs),
    sent_ms: rounded(outcome.sentMs),
    heard_ms: rounded(outcome.heardMs),
    recorded_ms: rounded(outcome.recordedMs),
    received: measuresOf(outcome.stats),
    received_by_server: serverStats === undefined ? null : measuresOf(serverStats),
    ...recoveries,
  };
}

function measuresOf(stats: LinkStats) {
  const { packetsReceived, packetsLost } = stats;
  return {
    packets: packetsReceived,
    packets_lost: packetsLost,
    loss: rounded(packetsLost / Math.max(1, packetsReceived + packetsLost), 1e4),
    jitter_ms: rounded(stats.jitterMs),
    jitter_buffer_ms: rounded(stats.jitterBufferMs),
    jitter_buffer_target_ms: rounded(stats.jitterBufferTargetMs),
    concealed_ms: rounded(stats.concealedMs),
    round_trip_ms: stats.roundTripMs === undefined ? null : rounded(stats.roundTripMs),
  };
}

const rounded = (value: number, steps = 10): number => Math.round(value * steps) / steps;

/** The same for people. */
export function tellPeople(report: CallReport): void {
  const { connect_ms, delay_ms, sent_ms, heard_ms, recorded_ms, received, received_by_server, restarts, replacements } = report;
  printLine(`connected in  ${connect_ms} ms`);
  if (delay_ms !== null) printLine(`delay         ${delay_ms} ms (by chirp)`);
  printLine(`sent          ${seconds(sent_ms)}`);
  printLine(`received      ${heard_ms === 0 ? "no audio" : `${seconds(heard_ms)}: ${inWords(received)}`}`);
  if (received_by_server !== null) printLine(`the server    ${inWords(received_by_server)}`);
  if (recorded_ms > 0) printLine(`recorded      ${seconds(recorded_ms)}`);
  if (restarts + replacements > 0) printLine(`lost          ICE restarted ${restarts} times, connection replaced ${replacements} times`);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const inWords = ({ loss, jitter_ms, jitter_buffer_ms, concealed_ms }: CallReport["received"]): string =>
  `loss ${(loss * 100).toFixed(1)} %, jitter ${jitter_ms} ms, jitter buffer ${jitter_buffer_ms} ms, concealed ${concealed_ms} ms`;
