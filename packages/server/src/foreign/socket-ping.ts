import type { Clock } from "@remotemedia/core";
import type { WebSocket } from "ws";

/** A client that does not answer a ping until the next one is gone. */
const pingMs = 20_000;

/** Cuts a socket off whose client is gone without a word. Ends with the socket. */
export function cutOffWhenSilent(socket: WebSocket, clock: Clock): void {
  let isAnswering = true;
  const ping = (): void => {
    if (!isAnswering) return socket.terminate();
    isAnswering = false;
    if (socket.readyState === socket.OPEN) socket.ping();
    cancel = clock.setTimer(pingMs, ping);
  };
  let cancel = clock.setTimer(pingMs, ping);
  socket.on("pong", () => {
    isAnswering = true;
  });
  socket.once("close", () => cancel());
}
