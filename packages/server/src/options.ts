/** What whoever runs a server chooses, and what holds where nothing is chosen. */
import type { Host, Log } from "@remotemedia/core";
import type { IceServer } from "@remotemedia/transport-webrtc";

/** Bounds of what clients can make the server do. */
export interface Limits {
  /** Sessions at a time. Default 100. */
  readonly sessions: number;
  /** Of one address; loopback is not counted, because a proxy may stand there. Default 16. */
  readonly sessionsPerAddress: number;
  /** One message on a signaling socket. Default 256 KiB. */
  readonly messageBytes: number;
  /** One session description. Default 64 KiB. */
  readonly sdpBytes: number;
  /** Candidates between one offer and the next; more are ignored. Default 32. */
  readonly candidates: number;
  /** A session whose client sends nothing at all is closed. Default 300,000. */
  readonly idleMs: number;
  /** From the opening of a socket to its offer, and from there to media. Default 30,000. */
  readonly handshakeMs: number;
  /** How long a lost connection is waited for. Default 30,000. */
  readonly resumeWindowMs: number;
}

/** The limits where none are given. */
export const defaultLimits: Limits = {
  sessions: 100,
  sessionsPerAddress: 16,
  messageBytes: 256 * 1024,
  sdpBytes: 64 * 1024,
  candidates: 32,
  idleMs: 300_000,
  handshakeMs: 30_000,
  resumeWindowMs: 30_000,
};

/** What `serve` takes. */
export interface ServerOptions {
  /** The pipeline: a manifest as text or value, or a launch line. Every connection gets a session of its own. */
  readonly manifest: string | object;
  /** Nodes, kernels and clock of the sessions: `nodejsHost`. */
  readonly host: Host;
  /** A folder of files for `/`. Default: none, and `/` is a line of text. */
  readonly page?: string;
  /** Default 8080; 0 takes a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. Any other than loopback wants tokens. */
  readonly hostname?: string;
  /** Pages from elsewhere that may connect: `https://example.com`; `*` is every page. Own origin and loopback always may. */
  readonly allowOrigins?: readonly string[];
  /** Bearer tokens, `TOKEN` or with an end `TOKEN@2027-01-31` or `TOKEN@2027-01-31T12:00:00Z`. Once there is one, everybody needs one. */
  readonly tokens?: readonly string[];
  /** Listens without tokens although others can reach it. */
  readonly allowAnonymous?: boolean;
  /** Candidates in private networks are taken from everybody. Default: only from clients that are in one. */
  readonly allowPrivateCandidates?: boolean;
  /** Certificate and key in PEM: https and wss. */
  readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array };
  readonly limits?: Partial<Limits>;
  /** Default: none. */
  readonly iceServers?: readonly IceServer[];
  /** Default: that of the host. It is never given media, text, session descriptions or tokens. */
  readonly log?: Log;
}

/** A server that listens. Close it, or let it drain. */
export interface RunningServer extends AsyncDisposable {
  /** Where a browser finds it. */
  readonly url: string;
  readonly port: number;
  /** Takes no new sessions; resolves when the last one has ended and the server is closed, at the deadline (30,000 ms) in any case. */
  drain(deadlineMs?: number): Promise<void>;
  /** Ends all sessions, telling their clients, and stops listening. Twice is once. */
  close(): Promise<void>;
}
