/** The caller's end of the signaling socket, `/ws` of a RemoteMedia server. */
import type { IncomingMessage } from "node:http";
import { type ErrorCode, errorCatalogue, errorFrom, errors, type RemoteMediaError } from "@remotemedia/core";
import { type RawData, WebSocket } from "ws";
import type { CandidateJson } from "../candidate-policy.ts";

/** What a caller says. */
export type CallerMessage =
  | { readonly type: "offer"; readonly sdp: string; readonly protocol?: string }
  | { readonly type: "ice-candidate"; readonly candidate: CandidateJson }
  | { readonly type: "subscribe"; readonly interval_ms: number }
  | { readonly type: "close" };

/** What is told of a signaling socket. */
export interface SignalingListener {
  answer(sdp: string): void;
  candidate(candidate: CandidateJson): void;
  /** The server tells what went wrong. */
  error(error: RemoteMediaError): void;
  /** Any other message of the server: what `subscribe` asked for. */
  other(message: Readonly<Record<string, unknown>>): void;
  /** Closed, by whomever. */
  closed(error: RemoteMediaError): void;
}

/** How a socket is opened. */
export interface OpenOptions {
  readonly timeoutMs: number;
  /** Gives up opening; an open socket is closed by it. */
  readonly signal: AbortSignal | undefined;
}

const largestMessage = 1024 * 1024;
const largestRefusal = 16 * 1024;

/** An open socket. Whoever opened it closes it. */
export class SignalingClient {
  readonly #socket: WebSocket;
  readonly #listener: SignalingListener;

  private constructor(socket: WebSocket, listener: SignalingListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.on("message", (data, isBinary) => isBinary || this.#take(data));
    socket.on("close", (code, reason) => this.#listener.closed(closedBy(code, String(reason))));
  }

  /**
   * Opens a socket.
   *
   * @throws `transport-failed` when nobody answers, `auth-failed` and `limit-exceeded` when the server refuses, `timeout`.
   */
  static open(url: URL, listener: SignalingListener, { timeoutMs, signal }: OpenOptions): Promise<SignalingClient> {
    return new Promise((resolve, reject) => {
      const limits = { handshakeTimeout: timeoutMs, maxPayload: largestMessage, perMessageDeflate: false };
      const socket = new WebSocket(url, { ...limits, ...(signal !== undefined && { signal }) });
      socket.once("open", () => resolve(new SignalingClient(socket, listener)));
      socket.once("unexpected-response", (_, response) => {
        void refusalOf(response, url).then((error) => {
          reject(error);
          socket.terminate();
        });
      });
      // Later ones are followed by `close`.
      socket.on("error", (cause) => reject(notReached(url, cause)));
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends, if the socket is open. */
  send(message: CallerMessage): void {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#socket.close();
  }

  /** Closes without waiting for the other end; nothing that it still says is heard. */
  abandon(): void {
    this.#socket.removeAllListeners("message");
    this.#socket.terminate();
  }

  #take(data: RawData): void {
    const message = parsed(String(data));
    if (message === undefined) return;
    const { type, sdp, candidate } = message;
    if (type === "answer" && typeof sdp === "string") this.#listener.answer(sdp);
    else if (type === "ice-candidate" && isRecord(candidate)) this.#listener.candidate(candidate as unknown as CandidateJson);
    else if (type === "error") this.#listener.error(toldBy(message["code"], message["message"]));
    else this.#listener.other(message);
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An error in the server's words; other servers give no code. */
function toldBy(code: unknown, message: unknown, fallback: ErrorCode = "transport-failed"): RemoteMediaError {
  const known = typeof code === "string" && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : fallback;
  return errorFrom(undefined, known, { message: `the server says: ${String(message).slice(0, 1_000)}` });
}

async function refusalOf(response: IncomingMessage, url: URL): Promise<RemoteMediaError> {
  const { statusCode: status = 0 } = response;
  let body = "";
  try {
    for await (const chunk of response.setEncoding("utf8")) if ((body += chunk).length > largestRefusal) break;
  } catch {
    // What came of it is enough.
  }
  const { error, code } = parsed(body) ?? {};
  const fallback: ErrorCode = status === 401 || status === 403 ? "auth-failed" : status === 429 ? "limit-exceeded" : "transport-failed";
  if (typeof error === "string") return toldBy(code, error, fallback);
  return errorFrom(undefined, fallback, {
    message: `${url.origin}${url.pathname} takes no WebSocket: it answered ${status}`,
    ...(fallback === "transport-failed" && { fix: "Check the address: `remotemedia serve` prints it." }),
  });
}

function notReached(url: URL, cause: Error): RemoteMediaError {
  const reason = (cause as NodeJS.ErrnoException).code ?? cause.message;
  if (cause.name === "AbortError") return errors.cancelled({ message: "connecting was given up" });
  const fix = "Check the address, and that the server runs: remotemedia serve MANIFEST.";
  // The address without its query, which may hold a token.
  return errors.transportFailed({ message: `cannot reach ${url.origin}${url.pathname}: ${reason}`, fix, cause });
}

const closedBy = (code: number, reason: string): RemoteMediaError =>
  errors.transportFailed({ message: `the server closed the signaling socket: ${reason === "" ? `code ${code}` : reason}` });
