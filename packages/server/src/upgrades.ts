/** From an HTTP upgrade to a caller, or to a refusal that says why. */
import { type IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { addressPolicy, plainAddress } from "./address-policy.ts";
import { Caller, type CallerContext } from "./caller.ts";
import type { Refusal } from "./gate.ts";
import { pathOf, refuse, socketPaths } from "./http-endpoints.ts";
import { Places, RateLimit } from "./quotas.ts";
import { acceptRealtime, realtimeToken } from "./realtime/accept-realtime.ts";
import { acceptRtvi } from "./rtvi/accept-rtvi.ts";

/** Protocols of others, by path: audio goes over these sockets too, so messages may be longer. */
const foreign = { "/rtvi": acceptRtvi, "/v1/realtime": acceptRealtime } as const;
const foreignMessageBytes = 1024 * 1024;

/** Takes WebSockets on `/ws`, `/rtvi` and `/v1/realtime`. */
export class Upgrades {
  readonly #context: CallerContext;
  readonly #allowPrivate: boolean;
  readonly #answer: RequestListener;
  readonly #sockets: WebSocketServer;
  readonly #foreignSockets: WebSocketServer;
  readonly #places: Places;
  readonly #logged: RateLimit;

  /**
   * @param allowPrivate whether everybody may name candidates in private networks
   * @param answer what is no WebSocket, or not on these paths
   */
  constructor(context: CallerContext, allowPrivate: boolean, answer: RequestListener) {
    const { messageBytes, sessions, sessionsPerAddress } = context.limits;
    this.#context = context;
    this.#allowPrivate = allowPrivate;
    this.#answer = answer;
    this.#logged = new RateLimit(20, 60_000, context.clock);
    // No compression: it costs memory for each socket, and messages are small. No subprotocol: the earlier page names none.
    const how = { noServer: true, clientTracking: false, perMessageDeflate: false, closeTimeout: 2_000 };
    this.#sockets = new WebSocketServer({ ...how, maxPayload: messageBytes, handleProtocols: () => false });
    // A page that names a subprotocol wants one.
    const handleProtocols = (names: Set<string>): string | false => names.has("realtime") && "realtime";
    this.#foreignSockets = new WebSocketServer({ ...how, maxPayload: foreignMessageBytes, handleProtocols });
    // Sessions are counted when they begin. This many sockets leave room for those that only come back for theirs.
    this.#places = new Places("sockets", 2 * sessions + 16, 2 * sessionsPerAddress);
  }

  /** For the `upgrade` event of a server. */
  take(request: IncomingMessage, head: Buffer): void {
    const address = plainAddress(request.socket.remoteAddress ?? "");
    // Until it is a WebSocket nobody else listens, and an error without a listener ends the process.
    request.socket.on("error", () => request.socket.destroy());
    // Some clients ask for HTTP/2 with every request. Whoever does not know a protocol goes on without it (RFC 9110 section 7.8).
    const path = pathOf(request);
    if (request.headers.upgrade?.toLowerCase() !== "websocket" || !socketPaths.includes(path))
      return this.#answer(request, responseTo(request));
    const refusal = this.#refusal(request, address);
    if (refusal === undefined) return this.#accept(request, head, address);
    refuse(responseTo(request), refusal);
    // A page is not told why, so its owner must find it here; who asks without end must not fill the disk.
    const { status, message } = refusal;
    if (this.#logged.allows()) this.#context.log.warn("refused a client", { status, message, origin: request.headers.origin });
  }

  #refusal(request: IncomingMessage, address: string): Refusal | undefined {
    const { gate, sessions } = this.#context;
    const refusal = gate.refuse(request) ?? gate.refuseStranger(request, queryToken(request) ?? realtimeToken(request));
    if (refusal !== undefined) return refusal;
    if (sessions.isDraining)
      return { status: 503, code: "cancelled", message: "the server is shutting down", headers: { "Retry-After": "5" } };
    const full = this.#places.refusalOf(address);
    return full && { status: 429, code: full.code, message: full.message, headers: { "Retry-After": "10" } };
  }

  #accept(request: IncomingMessage, head: Buffer, address: string): void {
    request.socket.once("close", this.#places.take(address));
    const acceptForeign = foreign[pathOf(request) as keyof typeof foreign] as typeof acceptRtvi | undefined;
    if (acceptForeign !== undefined) {
      const taken = (socket: WebSocket): void => acceptForeign(socket, request, this.#context, address);
      return this.#foreignSockets.handleUpgrade(request, request.socket, head, taken);
    }
    const { "x-forwarded-for": forwardedFor, forwarded } = request.headers;
    // Behind a proxy the client may be anywhere.
    const client = forwardedFor === undefined && forwarded === undefined ? address : undefined;
    const allowCandidate = addressPolicy(client, this.#allowPrivate);
    this.#sockets.handleUpgrade(request, request.socket, head, (socket: WebSocket) => {
      this.#context.callers.add(new Caller(socket, this.#context, address, allowCandidate));
    });
  }
}

/** A `+` is meant as it stands: many tokens are Base64. */
const queryToken = ({ url = "" }: IncomingMessage): string | undefined =>
  new URLSearchParams(url.replace(/^[^?]*/, "").replaceAll("+", "%2B")).get("token") ?? undefined;

/** An answer to who asked for another protocol: node:http has let go of the connection by then. */
function responseTo(request: IncomingMessage): ServerResponse {
  const { socket } = request;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on("drain", () => response.emit("drain")).setTimeout(30_000, () => socket.destroy());
  return response.on("finish", () => socket.end(() => socket.destroy()));
}
