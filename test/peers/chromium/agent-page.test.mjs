// The demo page with a voice agent behind it: one without models, so that what is heard and said is known beforehand.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { launch, listen } from "./browser.mjs";
import { serveStubAgent } from "./stub-agent.mjs";

let browser;
let server;
before(async () => {
  [browser, server] = await Promise.all([launch(), serveStubAgent(["What can you do for me?", "mm-hm", "Stop, and tell me the time."])]);
});
after(async () => {
  await browser?.close();
  await server?.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

/** A microphone that hears syllables while `speak(true)` holds; and every state that the turn went through. */
const prepareVoice = () => {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const length = context.sampleRate / 4;
    const buffer = new AudioBuffer({ length, sampleRate: context.sampleRate });
    const samples = buffer.getChannelData(0);
    for (let i = 0; i < 0.75 * length; i++) samples[i] = 0.3 * Math.sin((2 * Math.PI * 180 * i) / context.sampleRate);
    const syllables = new AudioBufferSourceNode(context, { buffer, loop: true });
    const gain = new GainNode(context, { gain: 0 });
    const target = context.createMediaStreamDestination();
    syllables.connect(gain).connect(target);
    syllables.start();
    globalThis.speak = (on) => {
      gain.gain.value = Number(on);
    };
    return target.stream;
  };
  addEventListener("DOMContentLoaded", () => {
    const lamp = document.getElementById("lamp");
    globalThis.states = [];
    const changed = () => globalThis.states.at(-1) !== lamp.dataset.turn && globalThis.states.push(lamp.dataset.turn);
    new MutationObserver(changed).observe(lamp, { attributeFilter: ["data-turn"] });
  });
};

async function openPage({ width = 1280, prepare = prepareVoice } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, permissions: ["microphone"] });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.addInitScript(prepare);
  await page.goto(server.url);
  return { page, complaints };
}

const speak = (page, on) => page.evaluate((is) => globalThis.speak(is), on);
const shows = (page, selector, text) => page.locator(selector, { hasText: text }).first().waitFor({ timeout: 30_000 });

describe("the demo page of a voice agent", () => {
  it("shows the conversation, whose turn it is, and what each answer's delay was made of", async () => {
    const { page, complaints } = await openPage();
    await shows(page, '#picture [data-node="chat"]', "stub-chat");
    await shows(page, "#talk-title", "Talk with the agent");
    await page.click("#start");
    await page.waitForSelector('#lamp[data-turn="listening"]');

    await speak(page, true);
    await shows(page, "#log .user[aria-busy=true] .partial", "What can");
    await page.waitForTimeout(600);
    await speak(page, false);
    await shows(page, "#log .user", /What can you do for me\?$/);
    await shows(page, "#log .agent:not(.ahead)", "You said: What can you do for me?");
    assert.deepEqual([await page.locator("#log .user").count(), await page.locator("#log .partial, #log [aria-busy]").count()], [1, 0]);
    const times = await page.textContent("#log .times");
    const [, total, ...stages] = /^(\d+) msend of turn (\d+) text (\d+) first word (\d+) voice (\d+) heard (\d+) $/.exec(times).map(Number);
    // The hangover of the VAD and the policy's 200 ms; what the chat thinks; the first sound of the voice.
    assert.ok(stages[0] >= 400 && stages[2] >= 145 && stages[3] >= 75, times);
    assert.ok(Math.abs(stages.reduce((sum, ms) => sum + ms, 0) - total) <= 3, times);

    await speak(page, true);
    await page.waitForSelector('#lamp[data-turn="held"]');
    await page.waitForTimeout(200);
    await speak(page, false);
    await shows(page, "#log .user.aside", "mm-hm");

    await page.waitForTimeout(1200);
    await speak(page, true);
    await page.waitForTimeout(600);
    await speak(page, false);
    await shows(page, "#log .agent .mark", /interrupted after [\d.]+ s/);
    const [heard, , lost] = await page.$eval("#log .agent p", ({ childNodes }) => [...childNodes].map(({ textContent }) => textContent));
    assert.ok(heard.startsWith("You said:") && lost.endsWith("whenever you like."), `${heard} | ${lost}`);
    await shows(page, "#log .agent:not(.ahead)", "You said: Stop, and tell me the time.");
    const states = await page.evaluate(() => globalThis.states.join(" "));
    assert.match(states, /^listening user .*thinking .*agent held .*agent .*held .*thinking .*agent/);
    assert.deepEqual(complaints, []);
  });

  it("puts together what comes by two ways in any order", async () => {
    const { page } = await openPage();
    const lines = await page.evaluate(async () => {
      const { Conversation } = await import("./conversation.js");
      const log = document.body.appendChild(document.createElement("ol"));
      const conversation = new Conversation(log);
      const said = (text, answer, turn, final = true) => conversation.say({ text, final, turn, answer });
      const times = () => Object.assign(document.createElement("i"), { textContent: " [times]" });
      conversation.begin(true);
      conversation.turn(true);
      said("I would", false, 1, false);
      said("I would like", false, 1);
      said("a cup", false, 1, false);
      conversation.turn(false);
      said("a cup of tea", false, 1);
      conversation.heard(1, times());
      said("Here ", true, 1, false);
      said("you are.", true, 1);
      conversation.aside("yes");
      said("yes", false, 1);
      // Noise, in which nothing was recognized.
      said("hm", false, 1, false);
      said("", false, 1);
      said("Anything else? Some cake?", true, 1);
      conversation.cut(1, { durationUs: 2_000_000, text: "Here you are. Anything" });
      said("It is fresh.", true, 1);
      conversation.write("no");
      said("Then not.", true, 2);
      conversation.cut(2, { durationUs: 0 });
      conversation.begin(true);
      said("Welcome back.", true, 1);
      return [...log.children].map((line) => `${line.className}: ${line.textContent}`);
    });
    assert.deepEqual(lines, [
      "user: You: I would like a cup of tea",
      "agent: Agent: Here you are. Anything interrupted after 2.0 s else? Some cake? [times]",
      "user aside: You: yes",
      "user: You: no",
      "agent ahead: Agent: Welcome back.",
    ]);
  });

  it("is used without a microphone, in a narrow window: what is written is answered by voice", async () => {
    const prepare = () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("none", "NotFoundError"));
    };
    const { page, complaints } = await openPage({ width: 360, prepare });
    await page.check("input[value=none]");
    await page.click("#start");
    await page.waitForSelector("#text:enabled");
    await page.fill("#text", "good morning");
    await page.press("#text", "Enter");
    await shows(page, "#log .user", "good morning");
    await shows(page, "#log .agent:not(.ahead)", "You said: good morning");
    const { loudest } = await listen(page, "#sound", 1_000);
    assert.ok(loudest > 0.01, `heard ${loudest}`);
    assert.match(await page.textContent("#log .times"), /end of turn \d+ text \d+ first word \d+ voice \d+ heard \d+/);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.deepEqual(complaints, []);
  });
});
