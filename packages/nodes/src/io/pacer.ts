import { type Clock, sleep } from "@remotemedia/core";

/** Waits until media time has come; the first call sets when time 0 was. Undefined when it is due already. */
export type Pacer = (mediaUs: number, signal: AbortSignal) => Promise<void> | undefined;

/** A pacer for sources that play in real time. Late frames are given at once and do not move the schedule, so that nothing drifts. */
export function createPacer(clock: Clock): Pacer {
  let zeroUs: number | undefined;
  return (mediaUs, signal) => {
    zeroUs ??= clock.nowUs() - mediaUs;
    const aheadUs = mediaUs - (clock.nowUs() - zeroUs);
    return aheadUs > 0 ? sleep(clock, aheadUs / 1000, signal) : undefined;
  };
}
