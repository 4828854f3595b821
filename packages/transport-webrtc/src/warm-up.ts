import { quietLog } from "@remotemedia/core";
import { WebRtcConnection } from "./webrtc-connection.ts";

let warming: Promise<void> | undefined;

/**
 * Makes this process's certificate, loads Opus, and connects to itself once: the first peer would else wait half a second longer than the
 * others. Costs about 0.3 s of CPU, and is done once however often it is called. Never fails: without it things are slower, that is all.
 */
export function warmUp(): Promise<void> {
  warming ??= connectToSelf().catch(() => undefined);
  return warming;
}

async function connectToSelf(): Promise<void> {
  const how = { isForeign: false, log: quietLog(() => undefined), connectTimeoutMs: 2_000 };
  let host: WebRtcConnection | undefined;
  const caller = await WebRtcConnection.dial({ ...how, onCandidate: (candidate) => host?.addCandidate(candidate) });
  try {
    host = await WebRtcConnection.accept(caller.description, { ...how, onCandidate: (candidate) => caller.addCandidate(candidate) });
    await caller.answered(host.description);
    await Promise.all([caller.connected, host.connected]);
  } finally {
    await Promise.all([caller.close(0), host?.close(0)]);
  }
}
