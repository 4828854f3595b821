import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import type { CallerContext } from "../caller.ts";
import { ForeignCaller } from "../foreign/foreign-caller.ts";
import { SocketCarrier } from "../foreign/socket-carrier.ts";
import { TranslatedCarrier } from "../foreign/translated-carrier.ts";
import { RealtimeDialect } from "./realtime-dialect.ts";
import { realtimeWire } from "./realtime-wire.ts";

/** Takes a client of the OpenAI Realtime API. Whoever asks for the beta gets its names. */
export function acceptRealtime(socket: WebSocket, request: IncomingMessage, context: CallerContext, address: string): void {
  const { kernels, clock, log, pipeline } = context;
  const isBeta =
    /realtime=v1/.test(String(request.headers["openai-beta"] ?? "")) || protocolsOf(request).includes("openai-beta.realtime-v1");
  const model = new URLSearchParams(request.url?.replace(/^[^?]*/, "")).get("model") ?? pipeline.name;
  const wire = realtimeWire((base64) => (carrier.dialect as RealtimeDialect).delta(base64));
  const inner = new SocketCarrier(socket, { wire, kernels, clock, log });
  const carrier = new TranslatedCarrier(inner, (mouth) => new RealtimeDialect(mouth, isBeta, model), { clock, resumeWindowMs: 0 });
  void new ForeignCaller(carrier, context, address, "realtime");
}

const keyProtocol = "openai-insecure-api-key.";

/** The token of a page: its clients hand it over as a subprotocol. */
export const realtimeToken = (request: IncomingMessage): string | undefined =>
  protocolsOf(request)
    .find((name) => name.startsWith(keyProtocol))
    ?.slice(keyProtocol.length);

const protocolsOf = ({ headers }: IncomingMessage): readonly string[] =>
  (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
