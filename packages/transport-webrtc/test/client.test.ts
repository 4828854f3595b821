/** The client against a small server of its own: signaling over a real socket, connections over loopback. */
import { Socket } from "node:dgram";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errors, type Frame, type Link, LinkHost, linkProtocol, textFrame } from "@remotemedia/core";
import { type ConnectOptions, connectWebRtc, originId, type WebRtcClient, WebRtcConnection } from "@remotemedia/transport-webrtc";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { signalingUrl } from "../src/client/signaling-url.ts";
import { silentLog, tone, until, wait } from "./joined.ts";

vi.setConfig({ testTimeout: 20_000 });

interface ServerSide {
  readonly url: string;
  readonly offers: { readonly sdp: string; readonly protocol?: string }[];
  readonly sockets: WebSocket[];
  readonly links: readonly Link[];
  /** That its connections send from. */
  readonly ports: number[];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

// What the server sends from these ports is lost.
const lossyPorts = new Set<number>();
const send = Socket.prototype.send as (...given: unknown[]) => void;
Socket.prototype.send = function (this: Socket, ...given: unknown[]): void {
  if (lossyPorts.size === 0 || !lossyPorts.has(this.address().port)) return send.apply(this, given);
  const done = given.at(-1);
  if (typeof done === "function") setImmediate(() => done(null, 0));
} as never;
afterEach(() => lossyPorts.clear());

/** A server as small as it can be: one connection per origin of an offer, sessions by hello. */
async function serving(
  open: (link: Link) => Promise<void>,
  refuse?: (request: IncomingMessage) => [number, string] | undefined,
): Promise<ServerSide> {
  const http = createServer((_, response: ServerResponse) => response.end());
  const ws = new WebSocketServer({ noServer: true });
  const host = new LinkHost({ open });
  const side: ServerSide & { readonly sockets: WebSocket[] } = {
    url: "",
    offers: [],
    sockets: [],
    ports: [],
    get links() {
      return host.links;
    },
  };
  http.on("upgrade", (request, socket, head) => {
    const refusal = refuse?.(request);
    if (refusal === undefined) return ws.handleUpgrade(request, socket, head, (client) => serve(client, side, host));
    socket.end(`HTTP/1.1 ${refusal[0]} No\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(refusal[1])}\r\n\r\n${refusal[1]}`);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  cleanups.push(async () => {
    await host.close();
    for (const socket of side.sockets) socket.terminate();
    http.close();
  });
  return Object.assign(side, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
}

function serve(socket: WebSocket, side: ServerSide, host: LinkHost): void {
  side.sockets.push(socket);
  let connection: WebRtcConnection | undefined;
  let origin: string | undefined;
  const say = (message: object) => socket.send(JSON.stringify(message));
  const offered = async (sdp: string): Promise<void> => {
    if (connection !== undefined && originId(sdp) === origin) return say({ type: "answer", sdp: await connection.renegotiate(sdp) });
    origin = originId(sdp);
    connection = await WebRtcConnection.accept(sdp, {
      isForeign: false,
      log: silentLog,
      connectTimeoutMs: 2_000,
      onCandidate: (candidate) => {
        side.ports.push(Number(candidate.candidate.split(" ")[5]));
        say({ type: "ice-candidate", candidate });
      },
    });
    say({ type: "answer", sdp: connection.description });
    host.accept(connection.carrier).then(
      (link) => say({ type: "session", session: link.id, protocol: linkProtocol }),
      (error) => say({ type: "error", code: error.code, message: error.message }),
    );
  };
  let last: Promise<unknown> = Promise.resolve();
  socket.on("message", (data) => {
    last = last.then(async () => {
      const message = JSON.parse(String(data));
      if (message.type === "offer") side.offers.push(message);
      if (message.type === "offer") await offered(message.sdp);
      if (message.type === "ice-candidate") connection?.addCandidate(message.candidate);
    });
  });
}

/** A session that sends a tone, and echoes text. */
async function singing(link: Link): Promise<void> {
  let index = 0;
  const timer = setInterval(() => void (link.state === "open" && link.sendMedia(tone(index++))), 20);
  const stop = (): void => clearInterval(timer);
  link.done.then(stop, stop);
  link.receive({ message: (frame) => link.send(frame), media: (frame) => frame.release() });
}

async function connected(
  url: string,
  options: Partial<ConnectOptions> = {},
): Promise<{ client: WebRtcClient; texts: string[]; heard: Frame[] }> {
  const [texts, heard]: [string[], Frame[]] = [[], []];
  const events = {
    message: (frame: Frame) => void texts.push(frame.kind === "text" ? frame.text : frame.kind),
    media: (frame: Frame) => void heard.push(frame),
  };
  const client = await connectWebRtc(url, events, { log: silentLog, ...options });
  cleanups.push(() => client.close(0));
  return { client, texts, heard };
}

describe("a client", () => {
  it("has a session with media and messages both ways", async () => {
    const server = await serving(singing);
    const { client, texts, heard } = await connected(server.url, { statsEveryMs: 100 });
    await client.link.send(textFrame("hello"));
    await until(() => texts.length > 0 && heard.length > 10);
    expect(texts).toEqual(["hello"]);
    expect(server.offers).toMatchObject([{ protocol: linkProtocol }]);
    expect(client.link.id).toBe(server.links[0]!.id);
    expect(client.connectMs).toBeGreaterThan(0);
    server.sockets[0]!.send(JSON.stringify({ type: "metrics", metrics: {}, link: { packetsLost: 3 } }));
    await until(() => client.serverStats?.packetsLost === 3);
    await client.close();
    await until(() => server.links.length === 0);
  });

  it("keeps its session when packets stop: a restart first, then another connection, also over another socket", async () => {
    const server = await serving(singing);
    const { client, texts, heard } = await connected(server.url);
    const { id } = client.link;
    await until(() => heard.length > 10);
    for (const port of server.ports) lossyPorts.add(port);
    for (const socket of server.sockets) socket.terminate();
    void client.link.send(textFrame("into the silence"));
    await until(() => client.recoveries.replacements === 1 && client.link.state === "open", 8_000);
    const before = heard.length;
    await until(() => heard.length > before + 10);
    expect(client.recoveries).toEqual({ restarts: 1, replacements: 1 });
    expect([client.link.id, server.links.map((link) => link.id), server.sockets.length]).toEqual([id, [id], 2]);
    expect(texts).toEqual(["into the silence"]);
  });

  it("restarts ICE on the connection that it has", async () => {
    const server = await serving(singing);
    const { client, heard } = await connected(server.url);
    await until(() => heard.length > 10);
    for (const port of server.ports) lossyPorts.add(port);
    await until(() => server.offers.length === 2, 8_000);
    lossyPorts.clear();
    const before = heard.length;
    await until(() => heard.length > before + 50);
    expect(client.recoveries).toEqual({ restarts: 1, replacements: 0 });
    expect(originId(server.offers[0]!.sdp)).toBe(originId(server.offers[1]!.sdp));
  });

  it.each([0, 20, 100, 300])("that is closed %s ms after its connection was lost leaves nothing behind", async (ms) => {
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => /^(UDP|TCPSocketWrap)/.test(name)).length;
    const before = sockets();
    const server = await serving(singing);
    const dial = vi.spyOn(WebRtcConnection, "dial");
    const { client } = await connected(server.url);
    for (const socket of server.sockets) socket.terminate();
    const connection = await (dial.mock.results[0]!.value as Promise<WebRtcConnection>);
    dial.mockRestore();
    connection.carrier.ended(errors.transportFailed({ message: "the network is gone" }));
    expect(client.link.state).toBe("lost");
    void connection.close(0);
    await wait(ms);
    await Promise.all([client.close(0), client.close(0)]);
    await Promise.all(server.links.map((link) => link.close()));
    await until(() => sockets() <= before + 1);
  });

  it("is told why the session does not start", async () => {
    const server = await serving(() => Promise.reject(errors.startFailed({ message: "the model is not there" })));
    await expect(connected(server.url)).rejects.toMatchObject({
      code: "start-failed",
      message: expect.stringContaining("the model is not there"),
    });
  });

  it.each([
    ["a token that is wrong", 401, '{"error":"a valid token is needed","code":"auth-failed"}', "auth-failed", /a valid token is needed/],
    ["an origin that may not", 403, '{"error":"not from here","code":"auth-failed"}', "auth-failed", /not from here/],
    ["too many", 429, '{"error":"no room","code":"limit-exceeded"}', "limit-exceeded", /no room/],
    ["a server of another kind", 404, "<html>", "transport-failed", /takes no WebSocket: it answered 404/],
    ["a code that nobody knows", 500, '{"error":"oh","code":"constructor"}', "transport-failed", /oh/],
  ])("is refused: %s", async (_, status, body, code, message) => {
    const server = await serving(singing, () => [status, body]);
    await expect(connected(server.url)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("sends its token, and never tells it", async () => {
    const seen: (string | undefined)[] = [];
    const server = await serving(singing, ({ url }) => {
      seen.push(url);
      return [404, ""];
    });
    await expect(connected(server.url, { token: "a&b" })).rejects.toThrow(/^(?!.*a&b).*$/);
    expect(seen).toEqual(["/ws?token=a%26b"]);
  });

  it("says that nobody is there, that nobody answers, and that it was given up", async () => {
    await expect(connected("http://127.0.0.1:1")).rejects.toMatchObject({
      code: "transport-failed",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    const mute = createServer().listen(0, "127.0.0.1");
    mute.on("upgrade", () => undefined);
    cleanups.push(
      () => mute.close(),
      () => mute.closeAllConnections(),
    );
    await until(() => mute.listening);
    const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    await expect(connected(address, { timeoutMs: 200 })).rejects.toMatchObject({ code: "transport-failed" });
    await expect(connected(address, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("the address of a server", () => {
  it.each([
    ["http://localhost:8080", "ws://localhost:8080/ws"],
    ["https://example.com/", "wss://example.com/ws"],
    ["ws://example.com:9000/ws", "ws://example.com:9000/ws"],
    ["localhost:8080", "ws://localhost:8080/ws"],
    ["https://example.com/voice/ws?room=1#top", "wss://example.com/voice/ws?room=1"],
  ])("may be written %s", (given, url) => {
    expect(signalingUrl(given).href).toBe(url);
  });

  it.each(["", "ftp://x", "http://", "://", "a b"])("is not %j", (given) => {
    expect(() => signalingUrl(given)).toThrow(/is not the address of a server/);
  });
});
