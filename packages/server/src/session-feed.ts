import { type Clock, linkProtocol } from "@remotemedia/core";
import type { PipelineShape } from "./pipeline-shape.ts";
import type { Served } from "./sessions.ts";
import type { SignalingSocket } from "./signaling-socket.ts";

/** Tells a client that asked for it what its session is, what becomes of its turns, and again and again how it does. Gives the function that ends it. */
export function feedSession(
  { link, session }: Served,
  pipeline: PipelineShape,
  intervalMs: number,
  socket: SignalingSocket,
  clock: Clock,
): () => void {
  socket.send({ type: "session", session: link.id, protocol: link.isForeign ? "" : linkProtocol });
  socket.send({ type: "pipeline", ...pipeline });
  const stopListening = session.onTurn((change) => {
    const trace = session.turns().find(({ turn }) => turn === change.turn);
    if (trace !== undefined) socket.send({ type: "turn", change, trace });
  });
  const tell = (): void => {
    cancel = clock.setTimer(intervalMs, tell);
    // Figures of a moment ago are of no use to who is behind.
    if (!socket.isBehind) socket.send({ type: "metrics", metrics: session.metrics(), link: link.stats() });
  };
  let cancel = clock.setTimer(intervalMs, tell);
  return () => {
    cancel();
    stopListening();
  };
}
