/** A server that listens: what belongs together, and in which order it ends. */
import type { Server as HttpServer, RequestListener } from "node:http";
import { errors, type Link, type Log, sleep } from "@remotemedia/core";
import { Gate } from "./gate.ts";
import { answerRequest, counted, type Endpoints } from "./http-endpoints.ts";
import { listen } from "./listen.ts";
import { defaultLimits, type RunningServer, type ServerOptions } from "./options.ts";
import { isLocalName, OriginPolicy } from "./origin-policy.ts";
import type { Acceptor } from "./peer-connection.ts";
import { ServerMetrics } from "./server-metrics.ts";
import { type OpenedSession, Sessions } from "./sessions.ts";
import { Tokens } from "./tokens.ts";
import { Upgrades } from "./upgrades.ts";

/** What a server is put together from. */
export interface ServerParts {
  readonly accept: Acceptor;
  readonly open: (link: Link) => Promise<OpenedSession>;
}

// What closing may take beyond the deadlines of nodes.
const closeMs = 10_000;

/** The server behind `serve`. */
export class Server implements RunningServer {
  readonly #options: ServerOptions;
  readonly #sessions: Sessions;
  readonly #upgrades: Upgrades;
  readonly #metrics: ServerMetrics;
  readonly #answer: RequestListener;
  #http!: HttpServer;
  #port = 0;
  #isDraining = false;
  #closed: Promise<void> | undefined;

  private constructor(options: ServerOptions, { accept, open }: ServerParts) {
    const { host, hostname = "127.0.0.1", page, log = host.log, iceServers = [], allowPrivateCandidates = false } = options;
    const tokens = new Tokens(options.tokens ?? []);
    requireTokens(hostname, tokens, options);
    const gate = new Gate(new OriginPolicy(hostname, options.allowOrigins), tokens);
    const limits = { ...defaultLimits, ...options.limits };
    const { clock } = host;
    const isDraining = (): boolean => this.#isDraining;
    const ignored = { messages: 0, candidates: 0 };
    this.#options = options;
    this.#sessions = new Sessions({ open, limits, clock, log });
    this.#metrics = new ServerMetrics(this.#sessions);
    const context = { accept, sessions: this.#sessions, limits, iceServers, clock, log, ignored };
    this.#upgrades = new Upgrades({ gate, context, allowPrivateCandidates, isDraining });
    const { callers } = this.#upgrades;
    const connected = () => counted(callers, ({ report }) => report.is_active);
    const sockets = () => counted(callers, ({ hasSocket }) => hasSocket);
    const metrics = () => this.#metrics.text({ sockets: sockets(), connected: connected(), ignored });
    this.#answer = answering({ gate, page, callers, isDraining, metrics }, log);
  }

  /** @throws what `serve` throws. */
  static async listen(options: ServerOptions, parts: ServerParts): Promise<Server> {
    const server = new Server(options, parts);
    await server.#listen().catch((thrown: unknown) => {
      server.#metrics.close();
      throw thrown;
    });
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { hostname = "127.0.0.1", tls } = this.#options;
    const name = ["0.0.0.0", "::", "127.0.0.1"].includes(hostname) ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
    return `http${tls === undefined ? "" : "s"}://${name}:${this.#port}/`;
  }

  async drain(deadlineMs = 30_000): Promise<void> {
    this.#isDraining = true;
    for (const caller of this.#upgrades.callers) caller.drain();
    await this.#within(deadlineMs, this.#sessions.drained());
    await this.close();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(): Promise<void> {
    const { http, port } = await listen(this.#answer, this.#options);
    [this.#http, this.#port] = [http, port];
    // Whoever only asks is answered and gone; this many at once is an attack.
    http.maxConnections = 4 * (this.#options.limits?.sessions ?? defaultLimits.sessions) + 256;
    http.on("upgrade", (request, socket, head) => this.#upgrades.take(request, socket, head));
    // Whoever asks and does not read; WebSockets look after themselves.
    http.setTimeout(30_000);
    // What is no HTTP at all.
    http.on("clientError", (_, socket) => socket.destroy());
  }

  async #close(): Promise<void> {
    this.#isDraining = true;
    const { callers } = this.#upgrades;
    const stopped = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    await this.#within(
      closeMs,
      this.#sessions.close().then(() => Promise.all([...callers].map((caller) => caller.close()))),
    );
    for (const caller of callers) caller.drain();
    this.#http.closeAllConnections();
    this.#metrics.close();
    await stopped;
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    await Promise.race([work, sleep(this.#options.host.clock, ms, over.signal)]).finally(() => over.abort());
  }
}

const answering =
  (endpoints: Endpoints, log: Log): RequestListener =>
  (request, response) => {
    response.on("error", () => response.destroy());
    answerRequest(request, response, endpoints).catch((error: unknown) => {
      log.error("a request failed", { error: String(error) });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };

function requireTokens(hostname: string, tokens: Tokens, { allowAnonymous = false }: ServerOptions): void {
  if (isLocalName(hostname) || tokens.areNeeded || allowAnonymous) return;
  throw errors.usage({
    message: `others can reach ${hostname}, and there is no token`,
    fix: "Give a token (--token, REMOTEMEDIA_TOKENS), or let everybody in with --allow-anonymous.",
  });
}
