/** From an HTTP upgrade to a caller, or to a refusal that says why. */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { addressPolicy, plainAddress } from "./address-policy.ts";
import { Caller, type CallerContext } from "./caller.ts";
import type { Gate, Refusal } from "./gate.ts";
import { pathOf } from "./http-endpoints.ts";
import { Places } from "./places.ts";
import { RateLimit } from "./rate-limit.ts";

/** What upgrades are judged by. */
export interface UpgradesOptions {
  readonly gate: Gate;
  readonly context: CallerContext;
  readonly allowPrivateCandidates: boolean;
  isDraining(): boolean;
}

/** Takes WebSockets on `/ws`. */
export class Upgrades {
  readonly callers = new Set<Caller>();
  readonly #options: UpgradesOptions;
  readonly #sockets: WebSocketServer;
  readonly #places: Places;
  readonly #logged: RateLimit;

  constructor(options: UpgradesOptions) {
    const { messageBytes, sessions, sessionsPerAddress } = options.context.limits;
    this.#options = options;
    this.#logged = new RateLimit(20, 60_000, options.context.clock);
    // No compression: it costs memory for each socket, and messages are small. No subprotocol: the earlier page names none.
    this.#sockets = new WebSocketServer({
      ...{ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: messageBytes, closeTimeout: 2_000 },
      handleProtocols: () => false,
    });
    // Sessions are counted when they begin. This many sockets leave room for those that only come back for theirs.
    this.#places = new Places("sockets", 2 * sessions + 16, 2 * sessionsPerAddress);
  }

  /** For the `upgrade` event of a server. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until it is a WebSocket nobody else listens, and an error without a listener ends the process.
    socket.on("error", () => socket.destroy());
    const address = plainAddress(request.socket.remoteAddress ?? "");
    const refusal = this.#refusal(request, address);
    if (refusal === undefined) return this.#accept(request, socket, head, address);
    refuse(socket, refusal);
    // A page is not told why, so its owner must find it here; who asks without end must not fill the disk.
    const { status, message } = refusal;
    if (this.#logged.allows()) this.#options.context.log.warn("refused a client", { status, message, origin: request.headers.origin });
  }

  #refusal(request: IncomingMessage, address: string): Refusal | undefined {
    const { gate, isDraining } = this.#options;
    const refusal = gate.refuse(request);
    if (refusal !== undefined) return refusal;
    if (pathOf(request) !== "/ws") return { status: 404, code: "usage", message: "WebSockets are taken on /ws" };
    const query = new URLSearchParams(request.url?.split("?")[1]);
    const stranger = gate.refuseStranger(request, query.get("token"));
    if (stranger !== undefined) return stranger;
    if (isDraining()) return { status: 503, code: "cancelled", message: "the server is shutting down", headers: { "Retry-After": "5" } };
    const full = this.#places.refusalOf(address);
    return full && { status: 429, code: full.code, message: full.message, headers: { "Retry-After": "10" } };
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void {
    const { context, allowPrivateCandidates } = this.#options;
    const { "x-forwarded-for": forwardedFor, forwarded } = request.headers;
    // Behind a proxy the client may be anywhere.
    const client = forwardedFor === undefined && forwarded === undefined ? address : undefined;
    socket.once("close", this.#places.take(address));
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const onGone = (caller: Caller): void => void this.callers.delete(caller);
      this.callers.add(new Caller(webSocket, context, { address, allowCandidate: addressPolicy(client, allowPrivateCandidates), onGone }));
    });
  }
}

function refuse(socket: Duplex, { status, code, message, headers = {} }: Refusal): void {
  const body = `${JSON.stringify({ error: message, code })}\n`;
  const all = { Connection: "close", "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`, () => socket.destroy());
}
