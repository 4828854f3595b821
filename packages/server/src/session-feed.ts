import { type Clock, linkProtocol } from "@remotemedia/core";
import type { Served } from "./sessions.ts";
import type { ServerMessage } from "./signaling-message.ts";

/** Where the figures go. */
export interface FeedTarget {
  send(message: ServerMessage): void;
  /** Whether what was sent before still waits. */
  readonly isBehind: boolean;
}

/** Tells a client that asked for it what its session is, and again and again how it does. Gives the function that ends it. */
export function feedSession({ link, opened }: Served, intervalMs: number, target: FeedTarget, clock: Clock): () => void {
  target.send({ type: "session", session: link.id, protocol: link.isForeign ? "" : linkProtocol });
  target.send({ type: "pipeline", ...opened.describe() });
  const tell = (): void => {
    cancel = clock.setTimer(intervalMs, tell);
    // Figures of a moment ago are of no use to who is behind.
    if (!target.isBehind) target.send({ type: "metrics", metrics: opened.session.metrics(), link: link.stats() });
  };
  let cancel = clock.setTimer(intervalMs, tell);
  return () => cancel();
}
