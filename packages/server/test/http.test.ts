import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testHost } from "@remotemedia/conformance";
import { defineNode, type Manifest, text } from "@remotemedia/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type PipelineShape, shapeOf } from "../src/pipeline-shape.ts";
import { speech, start } from "./harness.ts";

const outside = mkdtempSync(join(tmpdir(), "remotemedia-page-"));
const page = join(outside, "page");
beforeAll(() => {
  mkdirSync(join(page, "sub"), { recursive: true });
  mkdirSync(join(page, ".git"));
  mkdirSync(`${page}-beside`);
  writeFileSync(join(page, "index.html"), '<!doctype html><script src="main.js"></script>');
  writeFileSync(join(page, "webrtc_client.html"), '<style>a{}</style><script>start()</script><a onclick="x()">');
  writeFileSync(join(page, "main.js"), "export {};");
  writeFileSync(join(page, "sub", "ü.css"), "a{}");
  writeFileSync(join(page, "empty.txt"), "");
  writeFileSync(join(page, ".env"), "SECRET");
  writeFileSync(join(page, ".git", "config"), "SECRET");
  writeFileSync(join(outside, "secret.txt"), "SECRET");
  writeFileSync(join(`${page}-beside`, "secret.txt"), "SECRET");
  symlinkSync(join(outside, "secret.txt"), join(page, "link.txt"));
  symlinkSync(outside, join(page, "up"));
});
afterAll(() => rmSync(outside, { recursive: true, force: true }));

/** A request as no well-behaved client would write it. */
const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
const rawGet = (port: number, path: string, host = `localhost:${port}`) =>
  raw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

it("serves the files of the page with their types, tags, and a strict policy", async () => {
  const { get } = await start({ page });
  const index = await get("/");
  expect(await index.text()).toContain("main.js");
  expect(index.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(index.headers.get("content-security-policy")).toContain("script-src 'self';");
  expect(index.headers.get("x-content-type-options")).toBe("nosniff");
  expect((await get("/main.js?token=1")).headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(await (await get("/sub/%C3%BC.css")).text()).toBe("a{}");
  expect(await (await get("/empty.txt")).text()).toBe("");
  const head = await get("/main.js", { method: "HEAD" });
  expect([head.headers.get("content-length"), await head.text()]).toEqual(["10", ""]);
  const etag = head.headers.get("etag") as string;
  expect((await get("/main.js", { headers: { "If-None-Match": `"x", ${etag}` } })).status).toBe(304);
  expect((await get("/main.js", { headers: { "If-None-Match": '"x"' } })).status).toBe(200);
});

it("lets code inside of a page run only where the page has some", async () => {
  const { get } = await start({ page });
  expect((await get("/webrtc_client.html")).headers.get("content-security-policy")).toContain("script-src 'self' 'unsafe-inline'");
  const again = await get("/webrtc_client.html", { headers: { "If-None-Match": "*" } });
  expect([again.status, again.headers.get("content-security-policy")]).toEqual([304, expect.stringContaining("'unsafe-inline'")]);
});

it("says a line of text where there is no page", async () => {
  const { get } = await start();
  expect(await (await get("/")).text()).toContain("/ws");
  expect((await get("/index.html")).status).toBe(404);
});

it.each([
  "/../secret.txt",
  "/..%2fsecret.txt",
  "/%2e%2e/secret.txt",
  "/%2e%2e%2fsecret.txt",
  "/..%5csecret.txt",
  "/..\\secret.txt",
  "/sub/../../secret.txt",
  "/../page-beside/secret.txt",
  "/%252e%252e/secret.txt",
  "//etc/passwd",
  "/link.txt",
  "/up/secret.txt",
  "/.env",
  "/.git/config",
  "/sub",
  "/sub/",
  "/main.js%00.html",
  "/%",
  "/%c0%ae%c0%ae/secret.txt",
  "/C:/secret.txt",
  "http://localhost/../secret.txt",
])("gives nothing for %s", async (path) => {
  const { server } = await start({ page });
  const answer = await rawGet(server.port, path);
  expect(answer).toMatch(/^HTTP\/1.1 4\d\d /);
  expect(answer).not.toContain("SECRET");
});

it("answers to its own names only, so that no foreign name can be made to point at it", async () => {
  const { server } = await start({ allowOrigins: ["https://voice.example.com"] });
  const status = async (host: string) => (await rawGet(server.port, "/health", host)).slice(9, 12);
  for (const host of ["localhost", "127.0.0.1", "[::1]:1", "app.localhost", "voice.example.com", "VOICE.example.com:443"])
    expect([host, await status(host)]).toEqual([host, "200"]);
  for (const host of ["evil.example", "localhost.evil.example", "192.168.1.7", "127.0.0.1.nip.io", "localhost:x", "a b", ""])
    expect([host, await status(host)]).toEqual([host, host === "a b" || host === "" ? expect.stringMatching(/4\d\d/) : "403"]);
});

it("lets pages of its own and of this machine talk to it, and others when they are named", async () => {
  const { get, base, connect } = await start({ allowOrigins: ["https://voice.example.com"] });
  for (const origin of [base, "http://localhost:3000", "https://voice.example.com", "http://[::1]:5000"]) {
    const { status, headers } = await get("/health", { headers: { Origin: origin } });
    expect([status, headers.get("access-control-allow-origin"), headers.get("vary")]).toEqual([200, origin, "Origin"]);
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    (await connect("/ws", { Origin: origin })).socket.close();
  }
  for (const origin of [
    "https://evil.example",
    "null",
    "https://voice.example.com.evil.example",
    "http://voice.example.com",
    "file://",
    "x",
  ]) {
    for (const path of ["/health", "/", "/connections", "/metrics"]) {
      const { status, headers } = await get(path, { headers: { Origin: origin } });
      expect([origin, status, headers.get("access-control-allow-origin")]).toEqual([origin, 403, null]);
    }
    await expect(connect("/ws", { Origin: origin })).rejects.toThrow("403");
  }
});

it("logs why a page was refused, and not without end", async () => {
  const { connect, lines } = await start({ tokens: ["secret-one"] });
  await expect(connect("/ws?token=secret-two", { Origin: "https://evil.example" })).rejects.toThrow("403");
  expect(lines).toEqual([expect.objectContaining({ level: "warn", status: 403, origin: "https://evil.example" })]);
  for (let i = 0; i < 30; i++) await expect(connect("/ws?token=secret-two")).rejects.toThrow("401");
  expect(lines).toHaveLength(20);
  expect(JSON.stringify(lines)).not.toContain("secret");
});

it("answers a preflight, and nothing but GET and HEAD", async () => {
  const { get } = await start();
  const preflight = await get("/metrics", { method: "OPTIONS", headers: { Origin: "http://localhost:3000" } });
  expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([204, "Authorization"]);
  expect((await get("/health", { method: "POST", body: "x" })).status).toBe(405);
});

it("wants a token for sockets, connections, metrics and the pipeline once there is one", async () => {
  const tokens = ["secret-one", "ended@2020-01-01T00:00:00Z", "lasting@2999-01-01"];
  const { get, connect, lines } = await start({ tokens });
  const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
  expect((await get("/health")).status).toBe(200);
  for (const path of ["/connections", "/metrics", "/pipeline"]) {
    expect((await get(path)).status).toBe(401);
    expect((await get(`${path}?token=secret-one`)).status).toBe(401);
    expect((await get(path, bearer("wrong"))).headers.get("www-authenticate")).toContain("Bearer");
    expect(await (await get(path, bearer("ended"))).json()).toEqual({ error: "the token has expired", code: "auth-failed" });
    expect((await get(path, bearer("secret-one"))).status).toBe(200);
    expect((await get(path, bearer("lasting"))).status).toBe(200);
  }
  for (const query of ["", "?token=", "?token=wrong", "?token=ended", "?token=lasting@2999-01-01"])
    await expect(connect(`/ws${query}`)).rejects.toThrow("401");
  (await connect("/ws?token=secret-one")).socket.close();
  (await connect("/ws", { Authorization: "Bearer lasting" })).socket.close();
  expect(JSON.stringify(lines)).not.toMatch(/secret-one|lasting/);
});

it("does not listen where others can reach it without a token, unless told to", async () => {
  await expect(start({ hostname: "0.0.0.0" })).rejects.toMatchObject({ code: "usage", fix: expect.stringContaining("--allow-anonymous") });
  const { server } = await start({ hostname: "0.0.0.0", allowAnonymous: true });
  expect((await rawGet(server.port, "/health", "192.0.2.1")).slice(9, 12)).toBe("200");
  expect((await rawGet(server.port, "/health", "evil.example")).slice(9, 12)).toBe("403");
});

it("says what to do when the port is taken", async () => {
  const { server } = await start();
  await expect(start({ port: server.port })).rejects.toMatchObject({
    code: "io-failed",
    message: `port ${server.port} of 127.0.0.1 is in use`,
    fix: expect.stringContaining(String(server.port + 1)),
  });
});

it("refuses tokens, origins and certificates that cannot be meant", async () => {
  await expect(start({ tokens: [""] })).rejects.toMatchObject({ code: "usage" });
  await expect(start({ tokens: ["x@2026-13-45"] })).rejects.toMatchObject({ code: "usage" });
  await expect(start({ allowOrigins: ["example.com"] })).rejects.toMatchObject({ code: "usage" });
  await expect(start({ allowOrigins: ["https://example.com/path"] })).rejects.toMatchObject({ code: "usage" });
  await expect(start({ tls: { cert: "no", key: "pem" } })).rejects.toMatchObject({ code: "usage" });
});

it("writes metrics that Prometheus can read", async () => {
  const { get, connect } = await start();
  const client = await connect();
  await client.offer();
  await client.settled();
  const text = await (await get("/metrics")).text();
  const names = text.split("\n").filter((line) => line.startsWith("# TYPE"));
  expect(new Set(names).size).toBe(names.length);
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="(\\.|[^"\\])*",?)*\})? -?[\d.e+-]+)$/);
  expect(text).toContain('remotemedia_node_calls_total{pipeline="louder",node="louder",type="gain"} 0');
});

it("shows the pipeline before anybody calls, without its parameters", async () => {
  const manifest = {
    ...speech,
    nodes: [...speech.nodes, { id: "echo", node_type: "delay" }],
    connections: [{ from: "louder", to: "echo" }],
  };
  const { get } = await start({ manifest });
  const shape = (await (await get("/pipeline")).json()) as PipelineShape;
  expect(shape.name).toBe("louder");
  expect(shape.nodes).toContainEqual({ id: "louder", node_type: "gain" });
  expect(shape.connections).toContainEqual({ from: "link-source.audio", to: "louder.in" });
  expect(JSON.stringify(shape)).not.toContain("factor");
});

it("says which nodes answer, so that a page knows an agent", () => {
  const chat = defineNode({
    type: "chat",
    inputs: { in: text() },
    outputs: { out: text() },
    answers: true,
    create: () => ({ process: () => undefined }),
  });
  const { nodes } = shapeOf({ version: "v1", nodes: [{ id: "c", node_type: "chat" }] } as unknown as Manifest, testHost({ nodes: [chat] }));
  expect(nodes).toEqual([{ id: "c", node_type: "chat", answers: true }]);
});
