/** Requests to an OpenAI-compatible server: retries as long as nothing came, limits, errors that teach. */
import { type Clock, errors, type RemoteMediaError, sleep } from "@remotemedia/core";
import { Patience } from "./patience.ts";
import { endedBy, excerptOf, refused } from "./server-error.ts";
import { type Endpoint, endpointOf, type ServerParams } from "./server-params.ts";

const mostAttempts = 3;
const retryBaseMs = 200;
const mostErrorBytes = 4_096;

/** What is asked. */
export interface ServerRequest {
  /** Below the root: `chat/completions`. */
  readonly path: string;
  /** Sent as JSON, or as a form. */
  readonly body: object | FormData;
  /** Ends it; the first wait includes all attempts. */
  readonly patience: Patience;
  /** The most bytes that the answer may have. */
  readonly mostBytes: number;
}

/** An answer whose body is still to come. */
export interface ServerAnswer {
  readonly contentType: string;
  /** @throws `transport-failed`, `limit-exceeded`, or what ended the patience. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** One server. It keeps no state but where it is: nobody closes it. */
export class OpenAiClient {
  readonly #endpoint: Endpoint;
  readonly #clock: Clock;

  /** @throws `params-invalid` when the address is none or the key is missing. */
  constructor(server: ServerParams, clock: Clock) {
    this.#endpoint = endpointOf(server);
    this.#clock = clock;
  }

  /** The server's name and port: for messages. */
  get host(): string {
    return this.#endpoint.url.host;
  }

  /** Patience with this server. */
  patience(ms: number, signal: AbortSignal): Patience {
    return new Patience({ clock: this.#clock, ms, signal, whom: this.host });
  }

  /** What a server says about its error, fit to be shown. */
  excerpt(text: string): string {
    return excerptOf(text, this.#endpoint.key);
  }

  /**
   * Asks, and asks again, three times at most, when the server is busy or away and there is time left.
   *
   * @throws `auth-failed`, `limit-exceeded`, `params-invalid` by what the server answered, `transport-failed`, `timeout`.
   */
  async ask(request: ServerRequest): Promise<ServerAnswer> {
    const { signal } = request.patience;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#post(request).catch((thrown: unknown) => endedBy(thrown, signal, this.host));
      if (response instanceof Response && response.ok)
        return { contentType: response.headers.get("content-type") ?? "", bytes: this.#bytes(response, request) };
      const error = response instanceof Response ? await this.#refusal(response, request) : response;
      const waitMs = retryMs(response, attempt);
      if (waitMs === undefined || attempt === mostAttempts || waitMs >= request.patience.leftMs || signal.aborted) throw error;
      await sleep(this.#clock, waitMs, signal);
    }
  }

  #post({ path, body, patience }: ServerRequest): Promise<Response> {
    const { url, key } = this.#endpoint;
    const target = new URL(url);
    target.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
    const isForm = body instanceof FormData;
    return fetch(target, {
      method: "POST",
      headers: { ...(!isForm && { "content-type": "application/json" }), ...(key !== undefined && { authorization: `Bearer ${key}` }) },
      body: isForm ? body : JSON.stringify(body),
      // A redirect would take the words of the user to a place that nobody named.
      redirect: "manual",
      signal: patience.signal,
    });
  }

  async #refusal(response: Response, { patience }: ServerRequest): Promise<RemoteMediaError> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const chunk of response.body ?? []) if ((text += decoder.decode(chunk, { stream: true })).length > mostErrorBytes) break;
    } catch (thrown) {
      if (patience.signal.aborted) return endedBy(thrown, patience.signal, this.host);
    }
    return refused(this.host, response.status, this.excerpt(text));
  }

  async *#bytes(response: Response, { patience, mostBytes }: ServerRequest): AsyncGenerator<Uint8Array> {
    let count = 0;
    try {
      for await (const chunk of response.body ?? []) {
        count += chunk.length;
        if (count > mostBytes)
          throw errors.limitExceeded({
            message: `${this.host} sent more than ${mostBytes} bytes`,
            fix: "Ask for less, for example by max_tokens.",
          });
        yield chunk;
      }
    } catch (thrown) {
      throw endedBy(thrown, patience.signal, this.host);
    }
  }
}

/** How long to wait before the same may be asked again; undefined when it would fail again. */
function retryMs(response: Response | RemoteMediaError, attempt: number): number | undefined {
  const backoffMs = retryBaseMs * attempt;
  if (!(response instanceof Response))
    return response.code === "transport-failed" && response.received !== "ENOTFOUND" ? backoffMs : undefined;
  if (response.status !== 408 && response.status !== 429 && response.status < 500) return undefined;
  const after = response.headers.get("retry-after");
  if (after === null) return backoffMs;
  const ms = /^\d+(\.\d+)?$/.test(after) ? 1000 * Number(after) : Date.parse(after) - Date.now();
  return Number.isNaN(ms) ? backoffMs : Math.max(ms, 0);
}
