/** A server that listens: what belongs together, and in which order it ends. */
import type { Server as HttpServer } from "node:http";
import { errors, type Link, type Log, sleep } from "@remotemedia/core";
import { Gate } from "./gate.ts";
import { answerRequest, counted, type Endpoints } from "./http-endpoints.ts";
import { listen } from "./listen.ts";
import { defaultLimits, type ServerOptions } from "./options.ts";
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

/** A running server. */
export class Server implements AsyncDisposable {
  /** Where a browser finds it. */
  readonly url: string;
  readonly port: number;
  readonly #http: HttpServer;
  readonly #sessions: Sessions;
  readonly #upgrades: Upgrades;
  readonly #metrics: ServerMetrics;
  readonly #options: ServerOptions;
  readonly #state: { isDraining: boolean };
  #closed: Promise<void> | undefined;

  private constructor(options: ServerOptions, parts: Omit<Made, "answer">, http: HttpServer, port: number) {
    this.#options = options;
    this.#sessions = parts.sessions;
    this.#upgrades = parts.upgrades;
    this.#metrics = parts.metrics;
    this.#state = parts.state;
    this.#http = http;
    this.port = port;
    this.url = urlOf(options, port);
    http.on("upgrade", (request, socket, head) => this.#upgrades.take(request, socket, head));
    // What is no HTTP at all.
    http.on("clientError", (_, socket) => socket.destroy());
  }

  /** @throws what `serve` throws. */
  static async listen(options: ServerOptions, parts: ServerParts): Promise<Server> {
    const made = make(options, parts);
    try {
      const { http, port } = await listen(made.answer, options);
      return new Server(options, made, http, port);
    } catch (thrown) {
      made.metrics.close();
      throw thrown;
    }
  }

  /** Takes no new sessions; resolves when the last one has ended and the server is closed, at the deadline in any case. */
  async drain(deadlineMs = 30_000): Promise<void> {
    this.#state.isDraining = true;
    for (const caller of this.#upgrades.callers) caller.drain();
    const over = new AbortController();
    await Promise.race([this.#sessions.drained(), sleep(this.#options.host.clock, deadlineMs, over.signal)]);
    over.abort();
    await this.close();
  }

  /** Ends all sessions, telling their clients, and stops listening. Twice is once. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#state.isDraining = true;
    const { callers } = this.#upgrades;
    const stopped = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    const over = new AbortController();
    const ended = this.#sessions.close().then(() => Promise.all([...callers].map((caller) => caller.close())));
    await Promise.race([ended, sleep(this.#options.host.clock, closeMs, over.signal)]);
    over.abort();
    for (const caller of callers) caller.terminate();
    this.#http.closeAllConnections();
    this.#metrics.close();
    await stopped;
  }
}

interface Made {
  readonly sessions: Sessions;
  readonly upgrades: Upgrades;
  readonly metrics: ServerMetrics;
  readonly state: { isDraining: boolean };
  readonly answer: Parameters<typeof listen>[0];
}

function make(options: ServerOptions, { accept, open }: ServerParts): Made {
  const { host, hostname = "127.0.0.1", log = host.log, iceServers = [], allowPrivateCandidates = false } = options;
  const tokens = new Tokens(options.tokens ?? []);
  requireTokens(hostname, tokens, options);
  const limits = { ...defaultLimits, ...options.limits };
  const gate = new Gate(new OriginPolicy(hostname, options.allowOrigins), tokens);
  const { clock } = host;
  const state = { isDraining: false };
  const isDraining = (): boolean => state.isDraining;
  const sessions = new Sessions({ open, limits, clock, log });
  const metrics = new ServerMetrics(sessions);
  const ignored = { messages: 0, candidates: 0 };
  const context = { accept, sessions, limits, iceServers, clock, log, ignored };
  const upgrades = new Upgrades({ gate, context, allowPrivateCandidates, log, isDraining });
  const { callers } = upgrades;
  const counts = () => ({
    sockets: counted(callers, ({ hasSocket }) => hasSocket),
    connected: counted(callers, ({ report }) => report.is_active),
    ignored,
  });
  const endpoints: Endpoints = { gate, page: options.page, callers, isDraining, metrics: () => metrics.text(counts()) };
  return { sessions, upgrades, metrics, state, answer: answering(endpoints, log) };
}

const answering =
  (endpoints: Endpoints, log: Log): Made["answer"] =>
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

function urlOf({ hostname = "127.0.0.1", tls }: ServerOptions, port: number): string {
  const isEverywhere = hostname === "0.0.0.0" || hostname === "::" || hostname === "127.0.0.1";
  const name = isEverywhere ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http${tls === undefined ? "" : "s"}://${name}:${port}/`;
}
