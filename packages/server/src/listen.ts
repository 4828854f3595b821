import { once } from "node:events";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { errors } from "@remotemedia/core";
import type { ServerOptions } from "./options.ts";

// What a client may take to ask; a WebSocket has its own time-outs.
const timeouts = { headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 5_000 };

/**
 * Makes the HTTP server and listens.
 *
 * @throws `io-failed` when the port is taken or the name is not of this machine, `usage` when certificate or key cannot be read.
 */
export async function listen(
  answer: RequestListener,
  { port = 8080, hostname = "127.0.0.1", tls }: ServerOptions,
): Promise<{ readonly http: Server; readonly port: number }> {
  const http = tls === undefined ? createPlainServer(timeouts, answer) : withTls(answer, tls);
  try {
    await once(http.listen(port, hostname), "listening");
  } catch (thrown) {
    throw notListening(thrown as NodeJS.ErrnoException, port, hostname);
  }
  return { http, port: (http.address() as AddressInfo).port };
}

function withTls(answer: RequestListener, { cert, key }: NonNullable<ServerOptions["tls"]>): Server {
  const text = (pem: string | Uint8Array) => (typeof pem === "string" ? pem : Buffer.from(pem));
  try {
    return createTlsServer({ ...timeouts, cert: text(cert), key: text(key) }, answer);
  } catch (cause) {
    throw errors.usage({
      message: "certificate or key cannot be read",
      fix: "Give both in PEM, and the key that fits the certificate.",
      cause,
    });
  }
}

function notListening(cause: NodeJS.ErrnoException, port: number, hostname: string) {
  const where = { message: `cannot listen on ${hostname}, port ${port}: ${cause.code ?? cause.message}`, cause };
  if (cause.code === "EADDRINUSE")
    return errors.ioFailed({
      message: `port ${port} of ${hostname} is in use`,
      fix: `Stop what listens there, or choose another port: ${port + 1}, or 0 for any that is free.`,
      cause,
    });
  if (cause.code === "EACCES")
    return errors.ioFailed({ ...where, fix: "Ports below 1024 are for the administrator: choose a higher one." });
  return errors.ioFailed({ ...where, fix: "Choose a name or address of this machine, such as 127.0.0.1 or 0.0.0.0." });
}
