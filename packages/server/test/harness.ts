/** A server on loopback with peer connections that need no network, and clients that speak to it. */
import { testHost } from "@remotemedia/conformance";
import {
  type Carrier,
  type CarrierPair,
  type Manifest,
  memoryCarriers,
  type NodeDefinition,
  parseManifest,
  VirtualClock,
} from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import type { CandidateJson, WebRtcOptions, WebRtcState } from "@remotemedia/transport-webrtc";
import { onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import type { Caller } from "../src/caller.ts";
import { Gate } from "../src/gate.ts";
import { LiveSession } from "../src/live-session.ts";
import type { Acceptor, PeerConnection } from "../src/negotiation.ts";
import type { ServerOptions } from "../src/options.ts";
import { shapeOf } from "../src/pipeline-shape.ts";
import { Server, type ServerParts } from "../src/server.ts";
import { wireManifest } from "../src/wire-manifest.ts";

/** A peer connection whose other end is in the test. */
export class FakeConnection implements PeerConnection {
  readonly offers: string[];
  readonly candidates: CandidateJson[] = [];
  readonly options: WebRtcOptions;
  readonly pair: CarrierPair;
  state: WebRtcState = "connecting";

  constructor(offer: string, options: WebRtcOptions) {
    this.offers = [offer];
    this.options = options;
    this.pair = memoryCarriers(options);
  }

  get carrier(): Carrier {
    return this.pair.a;
  }

  /** The client's end. */
  get client(): Carrier {
    return this.pair.b;
  }

  get description(): string {
    return `answer to ${this.offers[0]}`;
  }

  async renegotiate(offer: string): Promise<string> {
    this.offers.push(offer);
    return `answer to ${offer}`;
  }

  addCandidate(candidate: CandidateJson): void {
    this.candidates.push(candidate);
  }

  enter(state: WebRtcState): void {
    this.state = state;
    this.options.onState?.(state);
  }

  async close(deadlineMs?: number): Promise<void> {
    this.state = "closed";
    await this.carrier.close(deadlineMs);
  }
}

export const speech = { version: "v1", metadata: { name: "louder" }, nodes: [{ id: "louder", node_type: "gain", params: { factor: 2 } }] };

/** What `/connections` says. */
interface Listed {
  readonly total: number;
  readonly connections: readonly [Caller["report"], ...Caller["report"][]];
}

/** Starts a server that is closed at the end of the test. */
export async function start(
  options: Partial<ServerOptions> = {},
  parts: Partial<ServerParts> = {},
  nodes: readonly { readonly definition: NodeDefinition }[] = [],
) {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const write = (level: string) => (message: string, details?: object) => void lines.push({ level, message, ...details });
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const host = { ...testHost({ nodes: [...builtInNodes, ...nodes], kernels: referenceKernels, clock }), log };
  const connections: FakeConnection[] = [];
  const accept: Acceptor = async (offer, how) => {
    const connection = new FakeConnection(offer, how);
    connections.push(connection);
    return connection;
  };
  const manifest = wireManifest(parseManifest((options.manifest as object) ?? speech).manifest as Manifest, host);
  const open: ServerParts["open"] = (link) => LiveSession.open({ manifest, host, link });
  const all = { manifest, host, port: 0, ...options };
  const server = await Server.listen(all, { gate: new Gate(all), accept, open, pipeline: shapeOf(manifest, host), ...parts });
  onTestFinished(() => ending(server, clock));
  const base = `http://127.0.0.1:${server.port}`;
  return {
    server,
    clock,
    lines,
    connections,
    base,
    get: (path: string, init?: RequestInit) => fetch(base + path, init),
    connectionsNow: async () => (await (await fetch(`${base}/connections`)).json()) as Listed,
    healthNow: async () => (await (await fetch(`${base}/health`)).json()) as Record<string, unknown>,
    metricsNow: async () => await (await fetch(`${base}/metrics`)).text(),
    connect: (path = "/ws", headers: Record<string, string> = {}) => Client.connect(`ws://127.0.0.1:${server.port}${path}`, headers),
  };
}

/** Waits until something has become so. */
export const until = (is: () => unknown) => vi.waitUntil(is, { timeout: 30_000, interval: 5 });

/** Time must go on for what waits for it. */
export async function ending(server: Server, clock: VirtualClock, how: () => Promise<void> = () => server.close()): Promise<void> {
  let isOver = false;
  const over = how().finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(100);
  await over;
}

/** A client of `/ws`. */
export class Client {
  readonly socket: WebSocket;
  readonly messages: Record<string, unknown>[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #wake: () => void = () => undefined;

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on("message", (data) => {
      this.messages.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) => this.socket.once("close", (code, reason) => resolve({ code, reason: String(reason) })));
    void this.closed.then(() => this.#wake());
    onTestFinished(() => this.socket.terminate());
  }

  /** Rejects with the HTTP status when it is refused. */
  static connect(url: string, headers: Record<string, string>): Promise<Client> {
    const client = new Client(url, headers);
    return new Promise((resolve, reject) => {
      client.socket.once("open", () => resolve(client));
      client.socket.once("unexpected-response", (_, { statusCode }) => reject(new Error(`refused with ${statusCode}`)));
      client.socket.once("error", reject);
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  offer(sdp = sdpOf("1"), extra: object = {}): Promise<Record<string, unknown>> {
    this.send({ type: "offer", sdp, ...extra });
    return this.next("answer");
  }

  /** Takes the next message of a type; those of other types stay. */
  async next(type: string): Promise<Record<string, unknown>> {
    for (;;) {
      const at = this.messages.findIndex((message) => message["type"] === type);
      if (at >= 0) return this.messages.splice(at, 1)[0] as Record<string, unknown>;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before "${type}" came`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Resolves when the server has read everything that was sent before. */
  async settled(): Promise<void> {
    const pong = new Promise((resolve) => this.socket.once("pong", resolve));
    this.socket.ping();
    await pong;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** As much of a session description as signaling reads. */
export const sdpOf = (session: string, ufrag = `u${session}`): string =>
  `v=0\r\no=- ${session} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:${ufrag}\r\n`;

export const candidateOf = (ufrag: string, port = 9): CandidateJson => ({
  candidate: `candidate:1 1 udp 1 127.0.0.1 ${port} typ host`,
  sdpMid: "0",
  sdpMLineIndex: 0,
  usernameFragment: ufrag,
});
