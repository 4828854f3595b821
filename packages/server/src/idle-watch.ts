import { type Clock, errors } from "@remotemedia/core";
import type { LiveSession } from "./live-session.ts";

/** Closes a link from which nothing came for too long; gives the function that ends the watch. A lost link has its own window. */
export function watchIdle(served: Pick<LiveSession, "link" | "heardUs">, clock: Clock, idleMs: number): () => void {
  const { link } = served;
  let lostUs = 0;
  let cancel: () => void;
  const look = (): void => {
    if (link.state === "lost") lostUs = clock.nowUs();
    const silentMs = (clock.nowUs() - Math.max(served.heardUs, lostUs)) / 1000;
    if (silentMs < idleMs) cancel = clock.setTimer(idleMs / 4, look);
    else void link.close({ error: silent(idleMs) });
  };
  cancel = clock.setTimer(idleMs / 4, look);
  return () => cancel();
}

const silent = (idleMs: number) =>
  errors.timeout({ message: `nothing came from the client for ${idleMs / 1000} s`, fix: "Connect again when there is something to send." });
