// Clients of others, unmodified from npm, against `remotemedia serve`: Pipecat's in a real Chromium over both of its transports.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launch, listen, openPage } from "./browser.mjs";
import { manifestFile, serve } from "./live-server.mjs";

const folder = fileURLToPath(new URL("pipecat/", import.meta.url));
/** Listens, says what it heard by its events, and gives back the voice. */
const manifest = manifestFile({
  metadata: { name: "talk" },
  nodes: [
    { id: "in", node_type: "link-source" },
    { id: "resample", node_type: "resample", params: { sample_rate: 16000 } },
    { id: "vad", node_type: "vad" },
    { id: "words", node_type: "template", params: { template: "heard {{name}}" } },
    { id: "echo", node_type: "delay", params: { delay_ms: 200 } },
    { id: "reply", node_type: "template", params: { template: "You said {{text}}" } },
    { id: "out", node_type: "link-sink" },
  ],
  connections: [
    { from: "in.audio", to: "resample" },
    { from: "resample", to: "vad" },
    { from: "vad.events", to: "out" },
    { from: "vad.events", to: "words" },
    { from: "words", to: "out" },
    { from: "in.audio", to: "echo" },
    { from: "echo", to: "out" },
    { from: "in.text", to: "reply" },
    { from: "reply", to: "out" },
  ],
});

/** The page's own site: our pages may not load what Pipecat's player is made of, and its pages live elsewhere anyway. */
async function startSite() {
  if (!existsSync(join(folder, "node_modules")))
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
  const { outputFiles } = await build({
    entryPoints: [join(folder, "page-client.js")],
    bundle: true,
    write: false,
    format: "esm",
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
  });
  const page = readFileSync(join(folder, "page.html"));
  const site = createServer((request, response) => {
    const isScript = request.url.endsWith(".js");
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html").end(isScript ? outputFiles[0].contents : page);
  });
  await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
  return site;
}

describe("Pipecat's client", () => {
  let server;
  let site;
  let browser;
  before(async () => {
    server = await serve(manifest);
    site = await startSite();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    site?.close();
    site?.closeAllConnections();
    await server?.stop();
  });

  const open = async () => (await openPage(browser, `http://localhost:${site.address().port}/`)).page;
  const at = (path) => new URL(path, server.url).href;
  const talk = (page, ...how) =>
    page.evaluate(
      (how) => Promise.race([window.talk(...how), new Promise((_, late) => setTimeout(late, 20_000, new Error("no bot-ready")))]),
      how,
    );
  const told = (page, name) =>
    page
      .waitForFunction((name) => window.current.told.find((told) => told.name === name), name, { timeout: 20_000 })
      .then((found) => found.jsonValue());
  const gone = async () => {
    for (let i = 0; i < 100 && (await server.json("connections")).total > 0; i++) await new Promise((later) => setTimeout(later, 50));
    return (await server.json("connections")).total === 0;
  };

  /** What has to work over either transport. */
  async function converse(page) {
    await told(page, "onUserStartedSpeaking");
    assert.match((await told(page, "onUserTranscript")).data.text, /^heard speech-started/);
    await page.evaluate(() => window.current.client.sendText("good day"));
    await page.waitForFunction(() => window.current.told.some(({ data }) => data?.text === "You said good day"));
    const refusal = await page.evaluate(() =>
      window.current.client.sendClientRequest("weather", {}, 1_000).catch((error) => error.data ?? String(error)),
    );
    assert.ok(refusal !== undefined, "a request that nobody answers ends");
  }

  async function leave(page) {
    await page.evaluate(() => window.current.client.disconnect());
    assert.ok(await gone(), "nothing is left of it");
    const errors = await page.evaluate(() => window.current.told.filter(({ name }) => name === "onError"));
    assert.deepEqual(errors, []);
    await page.context().close();
  }

  it("talks over a WebSocket whose address it is told", async () => {
    const page = await open();
    const ready = await talk(page, "websocket", undefined, { endpoint: at("connect") });
    assert.equal(ready.version.split(".")[0], "2");
    await converse(page);
    const { samples, loudest } = await page.evaluate(() => window.current.heard);
    assert.ok(samples > 12_000 && loudest > 0.01, `${samples} samples, loudest ${loudest}`);
    await leave(page);
  });

  it("talks over the small WebRTC transport", async () => {
    const page = await open();
    const ready = await talk(page, "webrtc", { webrtcRequestParams: { endpoint: at("api/offer") } });
    assert.equal(ready.version.split(".")[0], "2");
    await converse(page);
    const { loudest, heardMs } = await listen(page, "audio", 3_000);
    assert.ok(loudest > 0.01 && heardMs > 500, `loudest ${loudest}, heard ${heardMs} ms`);
    await leave(page);
  });

  it("begins by /start, as with Pipecat's own runner", async () => {
    const page = await open();
    await talk(page, "webrtc", undefined, { endpoint: at("start") });
    await told(page, "onBotReady");
    await leave(page);
  });
});
