/** What Pipecat's clients ask over HTTP: `/api/offer` of the small WebRTC transport, and `/start` and `/connect`, which tell them where to turn. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorFrom, type JsonValue } from "@remotemedia/core";
import { addressPolicy, networkOf, plainAddress } from "../address-policy.ts";
import type { CallerContext } from "../caller.ts";
import { type Fields, fieldsOf, parseJson } from "../foreign/json.ts";
import { OfferCaller } from "./offer-caller.ts";

/** An answer: its HTTP status, and what it says. */
type Answer = readonly [status: number, body: JsonValue];

const offerPath = /^(?:\/sessions\/[\w-]+)?\/api\/offer$/;
const bodyOverheadBytes = 64 * 1024;

/** The endpoints of one server, and the calls that came through them. */
export class RtviEndpoints {
  readonly #context: CallerContext;
  readonly #allowPrivate: boolean;
  readonly #calls = new Map<string, OfferCaller>();

  /** @param allowPrivate whether everybody may name candidates in private networks */
  constructor(context: CallerContext, allowPrivate: boolean) {
    this.#context = context;
    this.#allowPrivate = allowPrivate;
  }

  /** What may be done at a path; nothing if it is none of these. */
  methodsOf(path: string): readonly string[] {
    if (offerPath.test(path)) return ["POST", "PATCH"];
    return path === "/start" || path === "/connect" ? ["POST"] : [];
  }

  /** Answers a request to such a path. Who asks has been looked at. */
  async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const [status, body] = await this.#answer(request, path).catch((thrown: unknown): Answer => {
      const { code, message } = errorFrom(thrown, "transport-failed");
      const status = code === "limit-exceeded" ? 429 : code === "cancelled" ? 503 : 400;
      return [status, { error: message, detail: message, code }];
    });
    const text = `${JSON.stringify(body)}\n`;
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text), "Cache-Control": "no-store" };
    response.writeHead(status, headers).end(text);
  }

  async #answer(request: IncomingMessage, path: string): Promise<Answer> {
    const body = await this.#bodyOf(request);
    if (body === undefined) return [413, wrong("the body is too large")];
    if (path === "/connect" || body["transport"] === "websocket") return [200, socketOf(request)];
    if (path === "/start") return [200, { sessionId: "new", iceConfig: { iceServers: this.#iceServers } }];
    return request.method === "PATCH" ? this.#candidates(body) : this.#offer(request, body);
  }

  async #offer(request: IncomingMessage, { sdp, type, pc_id }: Fields): Promise<Answer> {
    const { sessions, offers, callers } = this.#context;
    if (typeof sdp !== "string" || type !== "offer") return [400, wrong("an offer has sdp, and the type offer")];
    const address = plainAddress(request.socket.remoteAddress ?? "");
    const network = networkOf(address);
    if (network !== undefined && !offers.allows(1, network)) return [429, wrong("too many offers of this address within 10 s")];
    const known = typeof pc_id === "string" ? this.#calls.get(pc_id) : undefined;
    const refusal = known === undefined ? sessions.refusalOf(address) : undefined;
    if (refusal !== undefined) throw refusal;
    // Its own: a connection that never comes about holds a place until it is given up.
    if (known === undefined && callers.size >= 2 * this.#context.limits.sessions + 16) return [429, wrong("too many connections")];
    const call = known ?? new OfferCaller(this.#context, address, this.#policyFor(request, address));
    const answer = await call.answer(sdp);
    this.#calls.set(call.id, call);
    void call.closed.then(() => this.#calls.delete(call.id));
    return [200, { sdp: answer, type: "answer", pc_id: call.id }];
  }

  #candidates({ pc_id, candidates }: Fields): Answer {
    const call = typeof pc_id === "string" ? this.#calls.get(pc_id) : undefined;
    if (call === undefined) return [404, wrong("there is no such connection")];
    for (const candidate of Array.isArray(candidates) ? (candidates as readonly JsonValue[]) : []) call.addCandidate(candidate);
    return [200, { status: "success" }];
  }

  #policyFor({ headers }: IncomingMessage, address: string): (address: string) => boolean {
    // Behind a proxy the client may be anywhere.
    const isDirect = headers["x-forwarded-for"] === undefined && headers.forwarded === undefined;
    return addressPolicy(isDirect ? address : undefined, this.#allowPrivate);
  }

  get #iceServers(): JsonValue {
    return this.#context.iceServers.map((server) => ({ ...server }));
  }

  async #bodyOf(request: IncomingMessage): Promise<Fields | undefined> {
    const most = this.#context.limits.sdpBytes + bodyOverheadBytes;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
      if (bytes > most) return undefined;
      chunks.push(chunk as Buffer);
    }
    return fieldsOf(parseJson(Buffer.concat(chunks).toString() || "{}"));
  }
}

/** A page cannot give a header to a WebSocket: its token goes into the address. */
function socketOf({ headers, socket }: IncomingMessage): JsonValue {
  const isSecure = "encrypted" in socket || headers["x-forwarded-proto"] === "https";
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  return { ws_url: `${isSecure ? "wss" : "ws"}://${headers.host}/rtvi`, ...(token !== undefined && { token }) };
}

/** Clients look for the reason under one name or the other. */
const wrong = (message: string): JsonValue => ({ error: message, detail: message, code: "usage" });
