import { jsonFrame, type VirtualClock } from "@remotemedia/core";
import { expect, it } from "vitest";
import { candidateOf, type FakeConnection, sdpOf, start, until } from "./harness.ts";
import { agent, ForeignClient, listener, meter, type Said, talker } from "./talker.ts";

const startAgent = (options: Parameters<typeof start>[0] = {}) => start({ manifest: agent, ...options }, {}, [talker, listener]);

/** A client over WebSocket that is ready. */
async function talking(options: Parameters<typeof start>[0] = {}) {
  const running = await startAgent(options);
  const client = await new ForeignClient(`${running.base}/rtvi`).opened;
  client.rtvi("client-ready", { version: "2.1.0", about: { library: "test" } }, "ready-1");
  await until(() => client.of("bot-ready"));
  /** Time goes on until something has become so. */
  const passing = (is: () => unknown, stepMs = 10) =>
    until(async () => {
      await running.clock.advance(stepMs);
      return is();
    });
  return { ...running, client, passing };
}

/** What the small WebRTC transport is told of the end. */
const peerLeft = { type: "signalling", message: { type: "peerLeft" } };

const untilQuiet = async (client: ForeignClient, clock: VirtualClock, ms: number) => {
  for (let passed = 0; passed < ms; passed += 10) {
    await clock.advance(10);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return client.samples;
};

it.each([
  ["2.1.0", "2.1.0"],
  ["2.9", "2.1.0"],
  ["1.2.0", "1.0.0"],
])("agrees with a client of version %s on %s, and says so under its id", async (asked, agreed) => {
  const { base, connectionsNow } = await startAgent();
  const client = await new ForeignClient(`${base}/rtvi`).opened;
  client.rtvi("client-ready", { version: asked }, "abc");
  await until(() => client.of("bot-ready"));
  expect(client.told).toEqual([
    { label: "rtvi-ai", type: "bot-ready", id: "abc", data: { version: agreed, about: { library: "remotemedia" } } },
  ]);
  const { connections } = await connectionsNow();
  expect(connections[0]).toMatchObject({ data_channels: ["rtvi"], has_pipeline: true, is_active: true });
});

it.each(["3.0.0", "0.3", "two", ""])("turns version %j away, and says which it speaks", async (version) => {
  const { base, connectionsNow } = await startAgent();
  const client = await new ForeignClient(`${base}/rtvi`).opened;
  client.rtvi("client-ready", { version }, "abc");
  expect(await client.closed).toBe(1000);
  const [answer, fatal] = client.told;
  const error = expect.stringContaining("this server speaks 1 and 2");
  expect(answer).toMatchObject({ type: "error-response", id: "abc", data: { error } });
  expect(fatal).toMatchObject({ type: "error", data: { fatal: true } });
  await until(async () => (await connectionsNow()).total === 0);
});

it("answers what comes before client-ready with an error, and greets once", async () => {
  const { base } = await startAgent();
  const client = await new ForeignClient(`${base}/rtvi`).opened;
  client.rtvi("send-text", { content: "say 1 too early" }, "early");
  client.rtvi("client-ready", { version: "2.0.0" }, "first");
  await until(() => client.of("bot-ready"));
  client.rtvi("client-ready", { version: "2.0.0" }, "second");
  await until(() => client.told.length === 3);
  expect(client.told.map(({ type, id }) => [type, id])).toEqual([
    ["error-response", "early"],
    ["bot-ready", "first"],
    ["error-response", "second"],
  ]);
});

it("gives up on a client that does not greet", async () => {
  const { base, clock, connectionsNow } = await startAgent({ limits: { handshakeMs: 1_000 } });
  const client = await new ForeignClient(`${base}/rtvi`).opened;
  await until(async () => (await connectionsNow()).total === 1);
  await clock.advance(1_000);
  await client.closed;
  expect(client.told).toMatchObject([{ type: "error", data: { fatal: true, error: "no greeting within 1 s" } }, peerLeft]);
});

it("tells an answer from its first word to its last sound", async () => {
  const { client, passing } = await talking();
  client.rtvi("send-text", { content: "say 1 Good day." });
  await passing(() => client.of("bot-stopped-speaking"));
  expect(client.types.slice(1)).toEqual([
    ...["bot-llm-started", "bot-llm-text", "bot-llm-text", "bot-llm-stopped"],
    ...["bot-transcription", "bot-tts-text", "bot-output", "bot-tts-started", "bot-started-speaking", "bot-tts-stopped"],
    ...["bot-output", "bot-stopped-speaking"],
  ]);
  expect(client.told.filter(({ type }) => type === "bot-output").map(({ data }) => data)).toEqual([
    { text: "Good day.", segment_id: 1, aggregated_by: "sentence", will_be_spoken: true, spoken_status: "new" },
    { text: "Good day.", segment_id: 1, aggregated_by: "sentence", will_be_spoken: true, spoken_status: "completed" },
  ]);
  expect(Math.abs(client.samples - 24_000)).toBeLessThanOrEqual(1);
});

it("takes sentences for the model's text where there is no other", async () => {
  const { client } = await talking();
  client.rtvi("send-text", { content: "recite 1 Good day." });
  await until(() => client.of("bot-llm-stopped"));
  expect(client.types.slice(1, 7)).toEqual([
    ...["bot-llm-started", "bot-llm-text", "bot-transcription", "bot-tts-text", "bot-output", "bot-llm-stopped"],
  ]);
});

it("tells what the user said once, though recognizer and turn both tell it", async () => {
  const { client } = await talking();
  client.rtvi("send-text", { content: "hear hello" });
  await until(() => client.of("server-message"));
  const brief = client.told
    .slice(1)
    .map(({ type, data }) => [type, (data as { text?: string; final?: boolean }).text, (data as { final?: boolean }).final]);
  expect(brief).toEqual([
    ["user-started-speaking", undefined, undefined],
    ["user-transcription", "hel", false],
    ["user-transcription", "hello", false],
    ["user-stopped-speaking", undefined, undefined],
    ["user-transcription", "hello", true],
    ["user-llm-text", "hello", undefined],
    ["server-message", undefined, undefined],
  ]);
  expect(client.of("server-message")?.["data"]).toMatchObject({ type: "event", name: "turn-ended" });
});

it("sends no more than 100 ms ahead of what can be heard, and nothing stale after an interruption", async () => {
  const { client, clock, passing } = await talking();
  client.rtvi("send-text", { content: "say 5 A long story." });
  await passing(() => client.of("bot-started-speaking"));
  const [before, sinceUs] = [client.samples, clock.nowUs()];
  const after = await untilQuiet(client, clock, 500);
  const sentMs = (after - before) / 24;
  const passedMs = (clock.nowUs() - sinceUs) / 1000;
  expect(Math.abs(sentMs - passedMs)).toBeLessThanOrEqual(100);
  client.rtvi("send-text", { content: "stop" });
  await until(() => client.of("bot-stopped-speaking"));
  const stopped = client.samples;
  expect(await untilQuiet(client, clock, 500)).toBe(stopped);
  expect(client.types.filter((type) => type === "bot-stopped-speaking")).toHaveLength(1);
  client.rtvi("send-text", { content: "say 1 Another." });
  await passing(() => client.told.filter(({ type }) => type === "bot-stopped-speaking").length === 2);
  expect(Math.abs(client.samples - stopped - 24_000)).toBeLessThanOrEqual(1);
});

it("gives requests their answer under their id, and refuses what it does not know", async () => {
  const { client } = await talking();
  client.rtvi("client-message", { t: "weather", d: { in: "Rome" } }, "w1");
  client.rtvi("describe-actions", {}, "d1");
  client.rtvi("send-text", { content: 5 }, "s1");
  await until(() => client.told.length === 4);
  const answers = Object.fromEntries(client.told.slice(1).map(({ id, type, data }) => [id, [type, data]]));
  expect(answers["w1"]).toEqual(["server-response", { t: "weather", d: "sunny" }]);
  expect(answers["d1"]).toEqual(["error-response", { error: 'describe-actions: this server knows no message "describe-actions"' }]);
  expect(answers["s1"]).toEqual(["error-response", { error: "send-text: content must be text" }]);
});

it("hears what was recorded before it was ready four times as fast as it was spoken, and loses nothing of it", async () => {
  const manifest = { version: "v1", metadata: { name: "meter" }, nodes: [{ id: "meter", node_type: "meter" }] };
  const { base, clock } = await start({ manifest }, {}, [meter]);
  const client = await new ForeignClient(`${base}/rtvi`).opened;
  client.rtvi("client-ready", { version: "2.1.0" });
  await until(() => client.of("bot-ready"));
  for (let i = 0; i < 100; i++) client.sound(new Int16Array(320).fill(8_000));
  await untilQuiet(client, clock, 550);
  expect(client.told.filter(({ type }) => type === "user-transcription").map(({ data }) => (data as { text: string }).text)).toEqual([
    ...["500 ms", "1000 ms", "1500 ms"],
  ]);
});

it.each([
  ["frames that are none", (client: ForeignClient) => client.socket.send(Buffer.from([0xff, 0xff, 0xff]))],
  ["an empty frame", (client: ForeignClient) => client.socket.send(Buffer.alloc(0))],
  ["a frame that ends too early", (client: ForeignClient) => client.socket.send(Buffer.from([34, 200, 1, 10]))],
  ["a message that is no JSON", (client: ForeignClient) => client.socket.send(Buffer.from([34, 3, 10, 1, 123]))],
  ["text that is no JSON", (client: ForeignClient) => client.socket.send("{")],
  ["audio without a rate", (client: ForeignClient) => client.sound(new Int16Array(10), 0)],
  ["audio of an impossible rate", (client: ForeignClient) => client.sound(new Int16Array(10), 1_000_000)],
  ["audio of half a channel", (client: ForeignClient) => client.sound(new Int16Array(3), 16_000, 2)],
  ["audio without channels", (client: ForeignClient) => client.sound(new Int16Array(3), 16_000, 0)],
])("tells a client that sends %s, and goes on; again and again it is cut off", async (_, send) => {
  const { client, connectionsNow } = await talking();
  send(client);
  await until(() => client.of("error"));
  expect(client.of("error")).toMatchObject({ data: { fatal: false } });
  client.rtvi("client-message", { t: "still there?" }, "w1");
  await until(() => client.of("server-response"));
  for (let i = 0; i < 30; i++) send(client);
  expect(await client.closed).toBe(1008);
  await until(async () => (await connectionsNow()).total === 0);
});

it("closes what sends too much: at once, or too often", async () => {
  const { client } = await talking();
  client.socket.send(Buffer.alloc(2 * 1024 * 1024));
  expect(await client.closed).toBe(1009);
  const { client: hasty } = await talking();
  for (let i = 0; i < 600; i++) hasty.rtvi("send-text", { content: "" });
  expect(await hasty.closed).toBe(1008);
});

it("cuts off who does not read the answer, and ends who goes in the middle of one", async () => {
  const { client, clock, connectionsNow } = await talking();
  client.rtvi("send-text", { content: "say 300 On and on." });
  await until(() => client.of("bot-llm-stopped"));
  client.socket.pause();
  await until(async () => {
    await clock.advance(2_000);
    return (await connectionsNow()).total === 0;
  });
  const { client: hasty, passing, connectionsNow: still, lines: fresh } = await talking();
  hasty.rtvi("send-text", { content: "say 5 On and on." });
  await passing(() => hasty.of("bot-started-speaking"));
  hasty.socket.terminate();
  await until(async () => (await still()).total === 0);
  await until(() => fresh.some((line) => (line as { message: string }).message === "session ended"));
  expect(fresh.filter((line) => (line as { level: string }).level === "error")).toEqual([]);
});

it("tells a client why its session could not begin, and asks it to leave when the server goes", async () => {
  const { base } = await startAgent({ limits: { sessions: 0 } });
  const refused = await new ForeignClient(`${base}/rtvi`).opened;
  refused.rtvi("client-ready", { version: "2.1.0" });
  await refused.closed;
  expect(refused.told).toMatchObject([
    { type: "error", data: { fatal: true, error: "the server has 0 sessions and takes no more" } },
    peerLeft,
  ]);
  const { client, server } = await talking();
  void server.close();
  await client.closed;
  expect(client.told.slice(-2)).toMatchObject([{ type: "error", data: { fatal: true, error: "the server is shutting down" } }, peerLeft]);
});

it("lets in only who may", async () => {
  const { base, get } = await startAgent({ tokens: ["secret"] });
  await expect(new ForeignClient(`${base}/rtvi`).opened).rejects.toThrow("refused with 401");
  await expect(new ForeignClient(`${base}/rtvi?token=secret`, { headers: { origin: "https://elsewhere.example" } }).opened).rejects.toThrow(
    "403",
  );
  await new ForeignClient(`${base}/rtvi?token=secret`).opened;
  for (const path of ["/api/offer", "/start", "/connect"]) expect((await get(path, { method: "POST", body: "{}" })).status).toBe(401);
  const headers = { Authorization: "Bearer secret" };
  const connection = await (await get("/connect", { method: "POST", headers })).json();
  expect(connection).toEqual({ ws_url: `${base.replace("http", "ws")}/rtvi`, token: "secret" });
});

/** Posts an offer and plays the page's end of its data channel. */
async function offering(options: Parameters<typeof start>[0] = {}) {
  const running = await startAgent(options);
  const ask = async (method: string, body: unknown, path = "/api/offer") => {
    const response = await running.get(path, { method, body: typeof body === "string" ? body : JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const told: Said[] = [];
  const listenTo = ({ client }: FakeConnection): void =>
    client.receive({
      message: (message) =>
        message.type === "frame" && message.frame.kind === "json" && void told.push(message.frame.value as unknown as Said),
      media: (frame) => frame.release(),
      request: () => false,
      played: () => undefined,
      closed: () => undefined,
    } as Parameters<typeof client.receive>[0]);
  const say = (connection: FakeConnection, type: string, data: object = {}) =>
    void connection.client.send({ type: "frame", sequence: 1, frame: jsonFrame({ label: "rtvi-ai", type, id: "1", data } as never) });
  return { ...running, ask, told, listenTo, say };
}

const offer = { sdp: sdpOf("1"), type: "offer", pc_id: null, restart_pc: false };

it("answers an offer by HTTP, takes candidates after it, and opens the session at client-ready", async () => {
  const { ask, connections, told, listenTo, say } = await offering();
  const { status, body } = await ask("POST", offer);
  expect(status).toBe(200);
  expect(body).toMatchObject({ type: "answer", pc_id: expect.stringMatching(/^[\da-f-]{36}$/) });
  expect(body["sdp"]).toContain(`answer to ${sdpOf("1")}`);
  expect(body["sdp"]).toContain("a=end-of-candidates");
  const connection = connections[0] as FakeConnection;
  expect(connection.options).toMatchObject({ isForeign: true, channel: "chat" });
  const { candidate } = candidateOf("u1", 9);
  const trickled = await ask("PATCH", {
    pc_id: body["pc_id"],
    candidates: [{ candidate, sdp_mid: "0", sdp_mline_index: 0 }, null, { candidate: 5 }],
  });
  expect(trickled).toEqual({ status: 200, body: { status: "success" } });
  expect(connection.candidates).toEqual([{ candidate, sdpMid: "0", sdpMLineIndex: 0 }]);
  listenTo(connection);
  say(connection, "client-ready", { version: "2.1.0" });
  await until(() => told.some(({ type }) => type === "bot-ready"));
});

it("keeps the session over a new connection of the same client, and ends it when the client does not come back", async () => {
  const { ask, connections, told, listenTo, say, connectionsNow, clock } = await offering({ limits: { resumeWindowMs: 5_000 } });
  const { body } = await ask("POST", offer);
  const first = connections[0] as FakeConnection;
  listenTo(first);
  say(first, "client-ready", { version: "2.1.0" });
  await until(() => told.some(({ type }) => type === "bot-ready"));
  first.pair.cut();
  const again = await ask("POST", { sdp: sdpOf("2"), type: "offer", pc_id: body["pc_id"], restart_pc: true });
  expect(again.body["pc_id"]).toBe(body["pc_id"]);
  const second = connections[1] as FakeConnection;
  listenTo(second);
  say(second, "client-message", { t: "still there?" });
  await until(() => told.some(({ type }) => type === "server-response"));
  expect((await connectionsNow()).total).toBe(1);
  second.pair.cut();
  await clock.advance(5_000);
  await until(async () => (await connectionsNow()).total === 0);
  expect((await ask("PATCH", { pc_id: body["pc_id"], candidates: [] })).status).toBe(404);
});

it.each([
  ["no JSON", "POST", "{", 400],
  ["an array", "POST", [], 400],
  ["no offer", "POST", { sdp: "v=0", type: "answer" }, 400],
  ["no sdp", "POST", { type: "offer" }, 400],
  ["a body without end", "POST", JSON.stringify({ ...offer, sdp: "x".repeat(200_000) }), 413],
  ["an offer that is too long", "POST", { ...offer, sdp: "x".repeat(70_000) }, 429],
  ["candidates of nobody", "PATCH", { pc_id: "who", candidates: [] }, 404],
])("refuses %s", async (_, method, body, status) => {
  const { ask, connectionsNow } = await offering();
  const answer = await ask(method, body);
  expect(answer.status).toBe(status);
  expect(answer.body["error"]).toEqual(expect.any(String));
  expect((await connectionsNow()).total).toBe(0);
});

it("lets pages of other sites ask only where it lets them in", async () => {
  const { get } = await offering({ allowOrigins: ["https://app.example"] });
  const preflight = (origin: string) =>
    get("/api/offer", { method: "OPTIONS", headers: { origin, "Access-Control-Request-Method": "PATCH" } });
  const allowed = await preflight("https://app.example");
  expect(allowed.headers.get("access-control-allow-methods")).toBe("GET, HEAD, POST, PATCH");
  expect(allowed.headers.get("access-control-allow-headers")).toContain("Content-Type");
  expect((await preflight("https://elsewhere.example")).status).toBe(403);
  expect((await get("/api/offer", { method: "POST", body: "{}", headers: { origin: "https://elsewhere.example" } })).status).toBe(403);
});
