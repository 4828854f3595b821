import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the stub got it. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** Whether the other side has gone before the answer ended. */
  wasDropped: boolean;
}

/** A server on this machine that answers as a test says. */
export interface StubServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly asked: readonly Asked[];
  /** The bodies that came, read as JSON. */
  readonly bodies: readonly Record<string, unknown>[];
}

/** Answers the requests, in order; the last one answers all that follow. */
export type Answer = (response: ServerResponse, asked: Asked) => unknown;

export async function stubServer(...answers: readonly Answer[]): Promise<StubServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one: Asked = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks), wasDropped: false };
    asked.push(one);
    response.on("error", () => undefined);
    response.on("close", () => void (one.wasDropped = !response.writableFinished));
    await answers[Math.min(asked.length, answers.length) - 1]?.(response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    asked,
    get bodies() {
      return asked.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`;

/** Begins a stream of events. */
export function streams(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { "content-type": "text/event-stream" });
}

/** Streams these pieces, and no end. */
export const pieces = (...texts: readonly string[]): string => texts.map((content) => chunk({ content })).join("");

/** The end of a stream. */
export const done = `${chunk({}, "stop")}data: [DONE]\n\n`;

/** A whole answer. */
export const says =
  (...texts: readonly string[]): Answer =>
  (response) =>
    streams(response).end(pieces(...texts) + done);

/** The model calls tools. */
export const calls =
  (...parts: readonly object[]): Answer =>
  (response) =>
    streams(response).end([...parts.map((part) => chunk({ tool_calls: [part] })), chunk({}, "tool_calls"), "data: [DONE]\n\n"].join(""));

/** Waits, in real time, for what comes over the network. */
export async function until(isSo: () => boolean, afterEach: () => Promise<unknown> = async () => undefined): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > endMs) throw new Error("it did not come about within twenty seconds");
    await afterEach();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
