// The voice agent of the examples, with all its models, behind the demo page: recorded speech goes in, and what it says is heard.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { synthesize } from "../../../packages/speech/dist/index.js";
import { wordErrorRate } from "../../../packages/speech/dist/testing/index.js";
import { launch, listen } from "./browser.mjs";
import { serve } from "./live-server.mjs";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));
/** Somebody reads aloud; behind the header are samples of 16 kHz. */
const recording = new Int16Array(readFileSync(join(examples, "media/sense_and_sensibility_01_austen_64kb-0880.wav")).buffer.slice(44));
const transcript = "He was not an ill-disposed young man.";

let browser;
let server;
let utterances;
before(async () => {
  server = await serve(join(examples, "voice-agent.json"));
  browser = await launch();
  const { samples } = await synthesize("Stop. What time is it?", { voice: "rms" });
  utterances = { recording: [...recording].map((sample) => sample / 32_768), stop: [...samples] };
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A microphone that is silent until `say` plays one of the utterances into it. */
const prepareVoice = (utterances) => {
  let context;
  let target;
  navigator.mediaDevices.getUserMedia = async () => {
    context = new AudioContext();
    target = context.createMediaStreamDestination();
    return target.stream;
  };
  globalThis.say = (name) => {
    const buffer = new AudioBuffer({ length: utterances[name].length, sampleRate: 16_000 });
    buffer.copyToChannel(Float32Array.from(utterances[name]), 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(target);
    source.start();
  };
};

describe("the voice agent in a real browser", () => {
  it("understands recorded speech, answers aloud, and stops when it is talked over", { timeout: 120_000 }, async () => {
    const page = await (await browser.newContext({ permissions: ["microphone"] })).newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.addInitScript(prepareVoice, utterances);
    await page.goto(server.url);
    await page.click("#start");
    await page.waitForSelector('#lamp[data-turn="listening"]');
    await page.waitForTimeout(500);

    await page.evaluate(() => globalThis.say("recording"));
    await page.waitForSelector("#log .user:not([aria-busy=true])", { timeout: 15_000 });
    await page.waitForSelector('#lamp[data-turn="agent"]', { timeout: 15_000 });
    const understood = (await page.textContent("#log .user")).replace(/^You: /, "");
    assert.ok(wordErrorRate(transcript, understood) <= 0.3, understood);
    const { loudest, heardMs } = await listen(page, "audio", 600);
    assert.ok(loudest > 0.02 && heardMs > 200, `${loudest}, ${heardMs} ms`);

    await page.evaluate(() => globalThis.say("stop"));
    await page.locator("#log .agent .mark", { hasText: "interrupted" }).waitFor({ timeout: 15_000 });
    await page.locator("#log .agent:not(.ahead)", { hasText: "It is " }).waitFor({ timeout: 15_000 });
    assert.deepEqual(complaints, []);
  });
});
