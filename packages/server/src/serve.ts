/** The composition root: a pipeline behind HTTP, WebSocket and WebRTC. */
import { type Clock, Link, memoryCarriers, parseManifest } from "@remotemedia/core";
import { WebRtcConnection, warmUp } from "@remotemedia/transport-webrtc";
import { Gate } from "./gate.ts";
import { LiveSession } from "./live-session.ts";
import type { RunningServer, ServerOptions } from "./options.ts";
import { shapeOf } from "./pipeline-shape.ts";
import { Server } from "./server.ts";
import { wireManifest } from "./wire-manifest.ts";

/**
 * Serves a pipeline: every peer connection gets a session of its own. One session is opened and closed before the server listens, so that
 * a pipeline that cannot start is told now, and no visitor waits for what is loaded once. Close the server, or let it drain.
 *
 * @throws `manifest-invalid` and its kin with all faults; what keeps a session from starting; `usage` when others could reach it and there
 * are no tokens; `io-failed` when the port is taken.
 * @example
 * const server = await serve({ manifest: "resample sample_rate=16000 ! vad ! level", host: nodejsHost });
 * console.log(server.url);
 * process.once("SIGTERM", () => void server.drain());
 */
export async function serve(options: ServerOptions): Promise<RunningServer> {
  const gate = new Gate(options);
  const host = { ...options.host, log: options.log ?? options.host.log };
  const manifest = wireManifest(parseManifest(options.manifest).manifest, host);
  const open = (link: Link): Promise<LiveSession> => LiveSession.open({ manifest, host, link });
  await Promise.all([warmUp(), rehearse(open, host.clock)]);
  return Server.listen(options, {
    gate,
    open,
    pipeline: shapeOf(manifest, host),
    accept: (offer, how) => WebRtcConnection.accept(offer, how),
  });
}

async function rehearse(open: (link: Link) => Promise<LiveSession>, clock: Clock): Promise<void> {
  await using link = new Link({ role: "owner", clock });
  link.attach(memoryCarriers({ clock, isForeign: true }).a);
  await (await open(link)).close();
}
