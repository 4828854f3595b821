import type { Clock, LinkStats } from "@remotemedia/core";

const everyMs = 250;
/** A sender of ours sends at least every 400 ms once it has begun, also in silence. A burst of losses of 2 s passes by itself. */
const silenceMs = 3_000;
/** From an ICE restart until what flowed flows again. */
const restartMs = 1_000;

/** What a watch looks at and does. */
export interface FlowWatchOptions {
  readonly clock: Clock;
  readonly stats: () => LinkStats;
  /** Packets came and come no more: restart ICE. Resolves when the other end has answered. */
  readonly restart: () => Promise<void>;
  /** The restart did not help: make another connection. */
  readonly replace: () => void;
}

/** Watches whether packets go on to arrive; first ICE is restarted, then the connection is replaced. Gives a function that ends it. */
export function watchFlow({ clock, stats, restart, replace }: FlowWatchOptions): () => void {
  let isEnded = false;
  let received = stats().packetsReceived;
  let flowedUs: number | undefined;
  let cancel = (): void => undefined;

  const look = (): void => {
    const { packetsReceived } = stats();
    if (packetsReceived !== received) flowedUs = clock.nowUs();
    received = packetsReceived;
    if (flowedUs !== undefined && clock.nowUs() - flowedUs > silenceMs * 1_000) void tryAgain();
    else cancel = clock.setTimer(everyMs, look);
  };

  const tryAgain = async (): Promise<void> => {
    const before = received;
    // One that cannot be restarted is replaced as well.
    await restart().catch(() => undefined);
    if (isEnded) return;
    cancel = clock.setTimer(restartMs, () => {
      if (stats().packetsReceived === before) return replace();
      flowedUs = clock.nowUs();
      look();
    });
  };

  look();
  return () => {
    isEnded = true;
    cancel();
  };
}
