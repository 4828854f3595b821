/** The composition root: a pipeline behind HTTP, WebSocket and WebRTC. */
import { parseManifest } from "@remotemedia/core";
import { WebRtcConnection } from "@remotemedia/transport-webrtc";
import { LiveSession } from "./live-session.ts";
import type { RunningServer, ServerOptions } from "./options.ts";
import { Server } from "./server.ts";
import { wireManifest } from "./wire-manifest.ts";

/**
 * Serves a pipeline: every peer connection gets a session of its own. Close the server, or let it drain.
 *
 * @throws `manifest-invalid` and its kin with all faults; `usage` when others could reach it and there are no tokens; `io-failed` when the
 * port is taken.
 * @example
 * const server = await serve({ manifest: "resample sample_rate=16000 ! vad ! level", host: nodejsHost });
 * console.log(server.url);
 * process.once("SIGTERM", () => void server.drain());
 */
export async function serve(options: ServerOptions): Promise<RunningServer> {
  const { manifest: source, host, log = host.log } = options;
  const manifest = wireManifest(parseManifest(source).manifest, host);
  return Server.listen(options, {
    accept: (offer, how) => WebRtcConnection.accept(offer, how),
    open: (link) =>
      LiveSession.open({
        ...{ manifest, host: { ...host, log }, link },
        onError: ({ error: { code, node }, count }) => {
          // What nodes still wanted to send when the client had gone is nobody's fault. No message: it may quote what a user said.
          if (link.state !== "closed") log.warn("a node failed", { session: link.id, code, node, count });
        },
      }),
  });
}
