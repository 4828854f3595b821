import { once } from "node:events";
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { errors } from "@remotemedia/core";
import type { ServerOptions } from "./options.ts";

// What a client may take to ask; a WebSocket has its own time-outs.
const timeouts = { headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 5_000 };

/**
 * Makes the HTTP server and listens.
 *
 * @throws `io-failed` when the port is taken or the name is not of this machine, `usage` when certificate or key cannot be read.
 */
export async function listen({ port = 8080, hostname = "127.0.0.1", tls }: ServerOptions): Promise<Server> {
  const http = tls === undefined ? createPlainServer(timeouts) : withTls(tls);
  // What is no HTTP at all; and whoever asks and does not read. WebSockets look after themselves.
  http.on("clientError", (_, socket) => socket.destroy()).setTimeout(30_000);
  try {
    await once(http.listen(port, hostname), "listening");
    return http;
  } catch (thrown) {
    throw notListening(thrown as NodeJS.ErrnoException, port, hostname);
  }
}

function withTls({ cert, key }: NonNullable<ServerOptions["tls"]>): Server {
  const text = (pem: string | Uint8Array) => (typeof pem === "string" ? pem : Buffer.from(pem));
  try {
    return createTlsServer({ ...timeouts, cert: text(cert), key: text(key) });
  } catch (cause) {
    const fix = "Give both in PEM, and the key that fits the certificate.";
    throw errors.usage({ message: "certificate or key cannot be read", fix, cause });
  }
}

function notListening(cause: NodeJS.ErrnoException, port: number, hostname: string) {
  const message = `cannot listen on port ${port} of ${hostname}: ${cause.code ?? cause.message}`;
  if (cause.code === "EADDRINUSE") {
    const fix = `Stop what listens there, or choose another port: ${port + 1}, or 0 for any that is free.`;
    return errors.ioFailed({ message: `port ${port} of ${hostname} is in use`, fix, cause });
  }
  const isForbidden = cause.code === "EACCES";
  const place = "Choose a name or address of this machine, such as 127.0.0.1 or 0.0.0.0.";
  return errors.ioFailed({ message, fix: isForbidden ? "Ports below 1024 are for the administrator: choose a higher one." : place, cause });
}
