/** What the server answers over HTTP: `/health`, `/connections`, `/metrics`, and the page. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "./caller.ts";
import type { Gate, Refusal } from "./gate.ts";
import { serveFile } from "./static-files.ts";

/** What the endpoints read. */
export interface Endpoints {
  readonly gate: Gate;
  readonly page: string | undefined;
  readonly callers: ReadonlySet<Caller>;
  /** No new sessions: load balancers shall look elsewhere. */
  isDraining(): boolean;
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
} as const;

/** Answers one request; never throws for what was asked. */
export async function answerRequest(request: IncomingMessage, response: ServerResponse, endpoints: Endpoints): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  response.setHeader("Vary", "Origin");
  const refusal = endpoints.gate.refuse(request);
  if (refusal !== undefined) return refuse(response, refusal);
  const { origin } = request.headers;
  // Tokens travel in a header, so pages of other origins never need cookies, and no credentials are allowed.
  if (origin !== undefined) response.setHeader("Access-Control-Allow-Origin", origin);
  if (request.method === "OPTIONS") return preflight(response);
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response.setHeader("Allow", "GET, HEAD, OPTIONS"), 405, { error: "only GET and HEAD are answered" });
  const path = pathOf(request);
  if (path === "/health") return send(response, endpoints.isDraining() ? 503 : 200, health(endpoints));
  if (path === "/connections" || path === "/metrics") {
    const stranger = endpoints.gate.refuseStranger(request);
    if (stranger !== undefined) return refuse(response, stranger);
    return path === "/metrics" ? sendText(response, 200, endpoints.metrics()) : send(response, 200, connections(endpoints));
  }
  if (path === "/ws") return send(response.setHeader("Upgrade", "websocket"), 426, { error: "this is the address of a WebSocket" });
  await page(path, request, response, endpoints);
}

/** The path of a request without its query, which may hold a token. */
export const pathOf = ({ url = "/" }: IncomingMessage): string => url.replace(/[?#].*$/s, "");

function preflight(response: ServerResponse): void {
  response.writeHead(204, {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Authorization",
    "Access-Control-Max-Age": "600",
  });
  response.end();
}

async function page(path: string, request: IncomingMessage, response: ServerResponse, { page: folder }: Endpoints): Promise<void> {
  if (folder !== undefined && (await serveFile(folder, path, request, response))) return;
  if (path === "/") return sendText(response, 200, "RemoteMedia is running. Connect to /ws.\n");
  sendText(response, 404, "There is nothing here.\n");
}

function health({ callers, isDraining }: Endpoints) {
  const [active, sockets] = [counted(callers, ({ report }) => report.is_active), counted(callers, ({ hasSocket }) => hasSocket)];
  return { status: isDraining() ? "draining" : "healthy", active_connections: active, websocket_connections: sockets };
}

function connections({ callers }: Endpoints) {
  const all = [...callers].map(({ report }) => report);
  return { connections: all, total: all.length };
}

/** How many callers are so. */
export const counted = (callers: ReadonlySet<Caller>, is: (caller: Caller) => boolean): number => [...callers].filter(is).length;

function refuse(response: ServerResponse, { status, code, message, headers = {} }: Refusal): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  send(response, status, { error: message, code });
}

function send(response: ServerResponse, status: number, value: object): void {
  sendText(response, status, `${JSON.stringify(value)}\n`, "application/json");
}

function sendText(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  // A HEAD gets the headers alone: node:http leaves the body out by itself.
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(text), "Cache-Control": "no-store" });
  response.end(text);
}
