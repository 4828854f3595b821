// The earlier SDK's page, by its contract, against `remotemedia serve` in a real Chromium.
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, listen, openPage } from "./browser.mjs";
import { manifestFile, serve } from "./live-server.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const manifest = manifestFile({
  metadata: { name: "earlier" },
  nodes: [
    { id: "in", node_type: "WebRTCSource" },
    { id: "resample", node_type: "AudioResampleNode", params: { target_sample_rate: 16000 } },
    { id: "vad", node_type: "VoiceActivityDetector" },
    { id: "reply", node_type: "template", params: { template: "You said {{text}}" } },
    { id: "out", node_type: "WebRTCSink" },
  ],
  connections: [
    { from: "in", to: "resample" },
    { from: "resample", to: "vad" },
    { from: "vad", to: "out" },
    { from: "in.text", to: "reply" },
    { from: "reply", to: "out" },
  ],
});

describe("the earlier SDK's page", () => {
  let server;
  let browser;
  let page;
  let problems;
  before(async () => {
    server = await serve(manifest, "--page", folder);
    browser = await launch();
    ({ page, problems } = await openPage(browser, new URL("earlier-page.html", server.url).href));
    await page.fill("#serverUrl", new URL("/ws", server.url).href.replace("http", "ws"));
    await page.click("#startBtn");
    await page.waitForFunction(() => document.getElementById("status").textContent.includes("Connected"), undefined, { timeout: 15_000 });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("finds all three m-lines answered, in its order", async () => {
    const kinds = (sdp) => [...sdp.matchAll(/^m=(\w+) (\d+)/gm)].map(([, kind, port]) => [kind, port !== "0"]);
    const [offered, answered] = await page.evaluate(() => [window.offer.sdp, window.answer.sdp]);
    assert.deepEqual(kinds(answered), kinds(offered));
    assert.deepEqual(
      kinds(answered)
        .map(([kind]) => kind)
        .sort(),
      ["application", "audio", "video"],
    );
    assert.match(answered, /^a=msid:\S+ \S+/m);
    assert.deepEqual(await page.evaluate(() => window.answer.type), "answer");
  });

  it("hears what its microphone hears", async () => {
    const { loudest, heardMs } = await listen(page, "#remoteAudio", 3_000);
    assert.ok(loudest > 0.01 && heardMs > 500, `loudest ${loudest}, heard ${heardMs} ms`);
  });

  it("sees its text answered, and its greeting not", async () => {
    await page.fill("#messageInput", "good day");
    await page.click("#sendBtn");
    await page.waitForFunction(() => document.getElementById("messages").textContent.includes("Server: You said good day"));
    const texts = await page.$$eval("#messages p", (lines) => lines.map((line) => line.textContent));
    assert.deepEqual(
      texts.filter((text) => text.startsWith("Server")),
      ["Server: You said good day"],
    );
  });

  it("is listed while it is there", async () => {
    assert.deepEqual(await server.json("health"), { status: "healthy", active_connections: 1, websocket_connections: 1 });
    const { connections, total } = await server.json("connections");
    assert.equal(total, 1);
    const [{ id, ...connection }] = connections;
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(connection, {
      state: "connected",
      ice_state: "connected",
      data_channels: ["messages"],
      has_pipeline: true,
      is_active: true,
    });
  });

  it("leaves nothing behind when it stops", async () => {
    await page.click("#stopBtn");
    for (let i = 0; i < 100 && (await server.json("connections")).total > 0; i++) await new Promise((later) => setTimeout(later, 50));
    assert.deepEqual(await server.json("health"), { status: "healthy", active_connections: 0, websocket_connections: 0 });
    assert.deepEqual(problems, []);
  });
});
