/** `remotemedia serve` from outside. The server itself is the built package, as users have it. */
import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { quietLog } from "@remotemedia/core";
import { expect, it, vi } from "vitest";
import { put, remotemedia, useCommandLine } from "./command-line.ts";

const folder = useCommandLine();
const echo = { version: "v1", metadata: { name: "Echo" }, nodes: [{ id: "same", node_type: "pass-through" }] };

/** Runs until it is told to end; `use` gets the address that it printed. */
async function serving(argv: readonly string[], use: (url: string, child: ChildProcess) => Promise<void>, env: NodeJS.ProcessEnv = {}) {
  let used: Promise<void> | undefined;
  const ended = await remotemedia(["serve", ...argv, "--port", "0"], {
    cwd: folder,
    env,
    onStart(child) {
      let printed = "";
      child.stdout?.on("data", (chunk: string) => {
        printed += chunk;
        const url = /http\S+\/(?=["\s])/.exec(printed)?.[0];
        if (url !== undefined) used ??= use(url, child).finally(() => child.kill("SIGTERM"));
      });
    },
  });
  await used;
  return ended;
}

it("prints the address, serves its page, and ends with 0 when it is told to", async () => {
  const { code, stdout, stderr } = await serving([put(folder, "echo.json", echo)], async (url) => {
    expect(await (await fetch(`${url}health`)).json()).toMatchObject({ status: "healthy" });
    expect((await fetch(url)).headers.get("content-type")).toContain("text/html");
    expect(await (await fetch(`${url}metrics`)).text()).toContain("remotemedia_server_sessions 0");
  });
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^Serving "Echo" on http:\/\/localhost:\d+\/\n$/), ""]);
});

it("opens a session of the pipeline, and logs it as JSON without saying what was sent", async () => {
  const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=secret-description\r\n";
  const { stderr } = await serving(["pass-through", "--token", "secret-token", "--log-level", "debug", "--json"], async (url) => {
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(`${url.replace("http", "ws")}ws?token=secret-token`);
    const answered = new Promise((resolve) => socket.once("message", (data) => resolve(JSON.parse(String(data)))));
    socket.once("open", () => ["secret-text", JSON.stringify({ type: "offer", sdp: offer })].forEach((text) => void socket.send(text)));
    expect(await answered).toMatchObject({ type: "error", code: "media-incompatible" });
    expect((await fetch(`${url}connections`)).status).toBe(401);
  });
  for (const line of stderr.trimEnd().split("\n"))
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(String) });
  expect(stderr).not.toContain("secret");
});

it("ends at once at the second signal", async () => {
  const { code } = await serving(["pass-through", "--drain-timeout", "60s"], async (url, child) => {
    const { WebRtcConnection } = await import("@remotemedia/transport-webrtc");
    const { WebSocket } = await import("ws");
    const log = quietLog(() => undefined);
    const connection = await WebRtcConnection.dial({ isForeign: true, log });
    const socket = new WebSocket(`${url.replace("http", "ws")}ws`);
    const answered = new Promise<string>((resolve) => socket.once("message", (data) => resolve(JSON.parse(String(data)).sdp)));
    socket.once("open", () => socket.send(JSON.stringify({ type: "offer", sdp: connection.description })));
    await connection.answered(await answered);
    await vi.waitUntil(async () => (await (await fetch(`${url}metrics`)).text()).includes("remotemedia_server_sessions 1"), 30_000);
    child.kill("SIGTERM");
    await vi.waitUntil(async () => (await fetch(`${url}health`)).status === 503, 30_000);
    await connection.close(0);
  });
  expect(code).toBe(143);
});

it("says what to do when the port is taken", async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) =>
    taken.listen(0, "127.0.0.1", () => resolve((taken.address() as { port: number }).port)),
  );
  const { code, stderr } = await remotemedia(["serve", "pass-through", "--port", String(port)]);
  taken.close();
  expect([code, stderr]).toEqual([1, expect.stringContaining(`port ${port} of 127.0.0.1 is in use`)]);
  expect(stderr).toContain(`choose another port: ${port + 1}`);
});

it("reads where to listen from the environment of the earlier SDK", async () => {
  const { code, stderr } = await remotemedia(["serve", "pass-through"], { env: { SERVER_HOST: "0.0.0.0", SERVER_PORT: "0" } });
  expect([code, stderr]).toEqual([2, expect.stringContaining("others can reach 0.0.0.0")]);
});

it.each([
  [["nonsense ! more-nonsense"], "2 faults"],
  [["gain", "--port", "99999"], "--port"],
  [["gain", "--page", "not-there"], "there is no folder not-there"],
  [["gain", "--tls-cert", "x.pem"], "belong together"],
  [["gain", "--tls-cert", "x.pem", "--tls-key", "x.pem"], "cannot read x.pem"],
  [["gain", "--allow-origin", "example.com"], "is no origin"],
  [["gain", "--log-level", "loud"], "does not know"],
  [["gain", "--ice-server", "turn:host"], "cannot be read"],
])("refuses %s", async (argv, words) => {
  mkdirSync(join(folder, "empty"), { recursive: true });
  const { code, stdout, stderr } = await remotemedia(["serve", ...argv], { cwd: join(folder, "empty") });
  expect([code, stdout]).toEqual([expect.toSatisfy((exit) => exit === 1 || exit === 2), ""]);
  expect(stderr).toContain(words);
});
