/** What the server answers over HTTP: `/health`, `/connections`, `/metrics`, `/pipeline`, the page, and what clients of RTVI ask. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallerContext } from "./caller.ts";
import type { Refusal } from "./gate.ts";
import type { RtviEndpoints } from "./rtvi/rtvi-endpoints.ts";
import { serveFile } from "./static-files.ts";

/** What the endpoints read. */
export interface Endpoints {
  readonly page: string | undefined;
  readonly context: CallerContext;
  readonly rtvi: RtviEndpoints;
  /** The text of `/metrics`. */
  metrics(): string;
}

const securityHeaders = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "microphone=(self), camera=(self)",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  Vary: "Origin",
} as const;

/** Answers one request; never throws for what was asked. */
export async function answerRequest(request: IncomingMessage, response: ServerResponse, endpoints: Endpoints): Promise<void> {
  setHeaders(response, securityHeaders);
  const { context } = endpoints;
  const refusal = context.gate.refuse(request);
  if (refusal !== undefined) return refuse(response, refusal);
  const { origin } = request.headers;
  // Tokens travel in a header, so pages of other origins never need cookies, and no credentials are allowed.
  if (origin !== undefined) response.setHeader("Access-Control-Allow-Origin", origin);
  const path = pathOf(request);
  const foreignMethods = endpoints.rtvi.methodsOf(path);
  if (request.method === "OPTIONS") return preflight(response, foreignMethods);
  if (foreignMethods.includes(request.method ?? "")) {
    const stranger = context.gate.refuseStranger(request);
    return stranger === undefined ? endpoints.rtvi.answer(request, response, path) : refuse(response, stranger);
  }
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response.setHeader("Allow", "GET, HEAD, OPTIONS"), 405, { error: "only GET and HEAD are answered" });
  // Load balancers shall look elsewhere as soon as no new sessions are taken.
  if (path === "/health") return send(response, context.sessions.isDraining ? 503 : 200, health(context));
  if (path === "/connections" || path === "/metrics" || path === "/pipeline") {
    const stranger = context.gate.refuseStranger(request);
    if (stranger !== undefined) return refuse(response, stranger);
    if (path === "/metrics") return sendText(response, 200, endpoints.metrics());
    return send(response, 200, path === "/pipeline" ? context.pipeline : connections(context));
  }
  if (socketPaths.includes(path))
    return send(response.setHeader("Upgrade", "websocket"), 426, { error: "this is the address of a WebSocket" });
  if (endpoints.page !== undefined && (await serveFile(endpoints.page, path, request, response))) return;
  if (path === "/") return sendText(response, 200, "RemoteMedia is running. Connect to /ws.\n");
  sendText(response, 404, "There is nothing here.\n");
}

/** Where WebSockets are taken. */
export const socketPaths: readonly string[] = ["/ws", "/rtvi", "/v1/realtime"];

/** The path of a request without its query, which may hold a token. */
export const pathOf = ({ url = "/" }: IncomingMessage): string => url.replace(/[?#].*$/s, "");

/** Answers that it will not be. */
export function refuse(response: ServerResponse, { status, code, message, headers = {} }: Refusal): void {
  setHeaders(response, headers);
  send(response, status, { error: message, code });
}

function preflight(response: ServerResponse, foreignMethods: readonly string[]): void {
  const methods = ["GET", "HEAD", ...foreignMethods].join(", ");
  const headers = foreignMethods.length > 0 ? "Authorization, Content-Type" : "Authorization";
  const allowed = { "Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": headers };
  response.writeHead(204, { ...allowed, "Access-Control-Max-Age": "600" }).end();
}

function health({ callers, sessions }: CallerContext) {
  const all = [...callers];
  return {
    status: sessions.isDraining ? "draining" : "healthy",
    active_connections: all.filter(({ report }) => report.is_active).length,
    websocket_connections: all.filter(({ hasSocket }) => hasSocket).length,
  };
}

const connections = ({ callers }: CallerContext) => ({ connections: [...callers].map(({ report }) => report), total: callers.size });

function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

function send(response: ServerResponse, status: number, value: object): void {
  sendText(response, status, `${JSON.stringify(value)}\n`, "application/json");
}

function sendText(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  // A HEAD gets the headers alone: node:http leaves the body out by itself.
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(text), "Cache-Control": "no-store" }).end(text);
}
