/** A server that listens: what belongs together, and in which order it ends. */
import type { Server as HttpServer, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type Kernels, sleep } from "@remotemedia/core";
import type { AnyCaller, CallerContext } from "./caller.ts";
import type { Gate } from "./gate.ts";
import { answerRequest, type Endpoints } from "./http-endpoints.ts";
import { listen } from "./listen.ts";
import type { Acceptor } from "./negotiation.ts";
import { defaultLimits, type RunningServer, type ServerOptions } from "./options.ts";
import type { PipelineShape } from "./pipeline-shape.ts";
import { RateLimit } from "./quotas.ts";
import { RtviEndpoints } from "./rtvi/rtvi-endpoints.ts";
import { ServerMetrics } from "./server-metrics.ts";
import { Sessions, type SessionsOptions } from "./sessions.ts";
import { Upgrades } from "./upgrades.ts";

/** What a server is put together from. */
export interface ServerParts {
  readonly gate: Gate;
  readonly accept: Acceptor;
  readonly open: SessionsOptions["open"];
  readonly pipeline: PipelineShape;
}

// What closing may take beyond the deadlines of nodes.
const closeMs = 10_000;

/** The server behind `serve`. */
export class Server implements RunningServer {
  readonly url: string;
  readonly port: number;
  readonly #http: HttpServer;
  readonly #context: CallerContext;
  readonly #metrics: ServerMetrics;
  #closed: Promise<void> | undefined;

  private constructor(http: HttpServer, options: ServerOptions, kernels: Kernels, { gate, accept, open, pipeline }: ServerParts) {
    const { host, page, log = host.log, iceServers = [], allowPrivateCandidates = false } = options;
    const { clock } = host;
    const limits = { ...defaultLimits, ...options.limits };
    const sessions = new Sessions({ open, limits, clock, log });
    const offers = new RateLimit(4 * limits.sessionsPerAddress, 10_000, clock);
    const counted = { callers: new Set<AnyCaller>(), ignored: { messages: 0, candidates: 0 } };
    this.#context = { gate, accept, sessions, pipeline, limits, iceServers, clock, log, kernels, offers, ...counted };
    this.#metrics = new ServerMetrics(this.#context);
    this.#http = http;
    this.port = (http.address() as AddressInfo).port;
    this.url = urlOf(options, this.port);
    const rtvi = new RtviEndpoints(this.#context, allowPrivateCandidates);
    const answer = answering({ page, rtvi, context: this.#context, metrics: () => this.#metrics.text() });
    const upgrades = new Upgrades(this.#context, allowPrivateCandidates, answer);
    http.on("request", answer).on("upgrade", (request, _socket, head) => upgrades.take(request, head));
    // Whoever only asks is answered and gone; this many at once is an attack.
    http.maxConnections = 4 * limits.sessions + 256;
  }

  /** @throws what `serve` throws. */
  static async listen(options: ServerOptions, parts: ServerParts): Promise<Server> {
    const { wasm, js } = await options.host.kernels();
    return new Server(await listen(options), options, wasm ?? js, parts);
  }

  async drain(deadlineMs = 30_000): Promise<void> {
    const drained = this.#context.sessions.drained();
    for (const caller of this.#context.callers) caller.drain();
    await this.#within(deadlineMs, drained);
    await this.close();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { sessions, callers } = this.#context;
    const stopped = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    const ended = sessions.close().then(() => Promise.all([...callers].map((caller) => caller.close())));
    await this.#within(closeMs, ended);
    for (const caller of callers) caller.drain();
    this.#http.closeAllConnections();
    this.#metrics.close();
    await stopped;
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    await Promise.race([work, sleep(this.#context.clock, ms, over.signal)]).finally(() => over.abort());
  }
}

const answering =
  (endpoints: Endpoints): RequestListener =>
  (request, response) => {
    response.on("error", () => response.destroy());
    answerRequest(request, response, endpoints).catch((error: unknown) => {
      endpoints.context.log.error("a request failed", { error: String(error) });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };

function urlOf({ hostname = "127.0.0.1", tls }: ServerOptions, port: number): string {
  const name = ["0.0.0.0", "::", "127.0.0.1"].includes(hostname) ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http${tls === undefined ? "" : "s"}://${name}:${port}/`;
}
