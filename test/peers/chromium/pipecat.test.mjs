// Clients of others, unmodified from npm, against `remotemedia serve`: Pipecat's in a real Chromium over both of its transports.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as x509 from "@peculiar/x509";
import { build } from "esbuild";
import { launch, listen, openPage, recording } from "./browser.mjs";
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

if (!existsSync(join(folder, "node_modules")))
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });

/** The page's own site: our pages may not load what Pipecat's player is made of, and its pages live elsewhere anyway. */
async function startSite() {
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

/** Files of a certificate for this machine: OpenAI's client speaks only wss. */
async function makeCertificate() {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({ name: "CN=localhost", keys, signingAlgorithm: algorithm }, crypto);
  const certFolder = mkdtempSync(join(tmpdir(), "remotemedia-cert-"));
  const [certFile, keyFile] = [join(certFolder, "cert.pem"), join(certFolder, "key.pem")];
  writeFileSync(certFile, cert.toString("pem"));
  writeFileSync(keyFile, x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"));
  return ["--tls-cert", certFile, "--tls-key", keyFile];
}

/** The recording at 24 kHz, in pieces of 40 ms as Base64. Between two samples it goes straight: that is good enough to be found. */
function speechPieces(seconds) {
  const wav = readFileSync(recording);
  const rate = wav.readUInt32LE(24);
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - (wav.length % 2)));
  const at24 = Int16Array.from({ length: seconds * 24_000 }, (_, i) => {
    const [at, part] = [Math.floor((i * rate) / 24_000), ((i * rate) / 24_000) % 1];
    return samples[at] * (1 - part) + samples[at + 1] * part;
  });
  return Array.from({ length: seconds * 25 }, (_, i) => Buffer.from(at24.slice(i * 960, (i + 1) * 960).buffer).toString("base64"));
}

describe("OpenAI's Realtime client", () => {
  let server;
  before(async () => {
    server = await serve(manifest, "--token", "secret", ...(await makeCertificate()));
  });
  after(() => server?.stop());

  it("connects with its key, is heard, and hears", async () => {
    const { OpenAI } = await import(join(folder, "node_modules/openai/index.mjs"));
    const { OpenAIRealtimeWS } = await import(join(folder, "node_modules/openai/realtime/ws.mjs"));
    const openai = new OpenAI({ apiKey: "secret", baseURL: new URL("v1", server.url).href });
    const realtime = new OpenAIRealtimeWS({ model: "talk", options: { rejectUnauthorized: false } }, openai);
    const told = [];
    realtime.on("event", (event) => told.push(event));
    realtime.on("error", (error) => told.push({ type: "failure", message: error.message }));
    const until = async (type) => {
      for (let i = 0; i < 400 && !told.some((event) => event.type === type); i++) await new Promise((later) => setTimeout(later, 50));
      const found = told.find((event) => event.type === type);
      assert.ok(found !== undefined, `${type} did not come; ${JSON.stringify(told.map((event) => event.type))}`);
      return found;
    };
    await until("session.created");
    realtime.send({
      type: "session.update",
      session: { type: "realtime", audio: { input: { format: { type: "audio/pcm", rate: 24_000 } } } },
    });
    await until("session.updated");
    for (const audio of speechPieces(6)) realtime.send({ type: "input_audio_buffer.append", audio });
    realtime.send({ type: "input_audio_buffer.commit" });
    await until("input_audio_buffer.speech_started");
    const { transcript } = await until("conversation.item.input_audio_transcription.completed");
    assert.match(transcript, /^heard speech-started/);
    const { delta } = await until("response.output_audio.delta");
    assert.ok(Buffer.from(delta, "base64").length > 0);
    realtime.close();
    assert.deepEqual(
      told.filter(({ type }) => type === "error" || type === "failure"),
      [],
    );
  });
});
