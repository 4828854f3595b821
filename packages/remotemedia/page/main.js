// @ts-check
import { stagesOf, timesFigure } from "./answer-times.js";
import { Conversation } from "./conversation.js";
import { Level, loudnessOf } from "./level.js";
import { Live } from "./live.js";
import { PipelinePicture } from "./pipeline-picture.js";
import { fetchPipeline } from "./signaling.js";
import { Statistics } from "./statistics.js";
import { onWritten, readMessage } from "./text-channel.js";
import { TurnState } from "./turn-state.js";
import { Waveform } from "./waveform.js";

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
const element = (id) => /** @type {T} */ (document.getElementById(id));
/** @param {string} id @returns {HTMLButtonElement} */
const button = (id) => element(id);

const states = {
  idle: "Not connected",
  connecting: "Connecting …",
  live: "Connected",
  reconnecting: "Reconnecting …",
  failed: "Stopped by a problem",
};

/** @type {Live | undefined} */
let live;
const waves = { in: new Waveform(element("wave-in")), out: new Waveform(element("wave-out")) };
const levels = {
  in: new Level(element("level-in"), element("level-in-text")),
  server: new Level(element("level-server"), element("level-server-text")),
};
const picture = new PipelinePicture(element("picture"), element("nodes"), element("node-rows"));
const statistics = new Statistics();
const conversation = new Conversation(element("log"));
const turnState = new TurnState(element("lamp"), element("turn-text"));
/** Whether the user wrote last, and did not speak. */
let isWritten = false;
const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const shownElsewhere = [
  ...["speech-started", "speech-stopped", "turn-started", "turn-ended", "backchannel"],
  ...["false-interruption", "interrupted", "playback-started", "playback-ended"],
];
/** How often somebody who wants no motion sees the picture change. */
const stillMs = 500;
let drawnMs = 0;

/** @param {keyof typeof states} state */
function showState(state) {
  const isRunning = state !== "idle" && state !== "failed";
  element("state").dataset["state"] = state;
  element("state").textContent = states[state];
  button("start").disabled = isRunning;
  button("stop").disabled = !isRunning;
  button("reconnect").disabled = state !== "live";
  /** @type {HTMLFieldSetElement} */ (element("sources")).disabled = isRunning;
  if (state === "live") turnState.reset(true);
  if (state === "live" || state === "connecting") element("problem").hidden = true;
}

/** @param {import("./problems.js").Problem} problem */
function showProblem({ words }) {
  element("problem-title").textContent = words.title;
  element("problem-advice").textContent = words.advice;
  element("problem-detail").textContent = words.detail ?? "";
  element("problem-detail").hidden = words.detail === undefined;
  element("problem").hidden = false;
  end("failed");
}

/** @param {boolean} isOpen */
function showChannel(isOpen) {
  /** @type {HTMLInputElement} */ (element("text")).disabled = !isOpen;
  button("send").disabled = !isOpen;
}

/** @param {boolean} isSpeech */
function showSpeech(isSpeech) {
  element("lamp").dataset["on"] = String(isSpeech);
  element("lamp-text").textContent = isSpeech ? "Speech" : "No speech";
  turnState.speech(isSpeech);
}

/** @param {string} data */
function showMessage(data) {
  const message = readMessage(data);
  if ("levelDb" in message) levels.server.show(message.levelDb);
  else if ("text" in message) showWords(message);
  else showEvent(message.event, message.value);
}

/** @param {import("./text-channel.js").Words} words */
function showWords(words) {
  conversation.say(words);
  if (conversation.isWithAgent && !words.answer && words.final && !conversation.isTurnOpen && words.text !== "") turnState.ended();
}

/** @param {string} name @param {any} value */
function showEvent(name, value) {
  if (name === "speech-started" || name === "speech-stopped") showSpeech(name === "speech-started");
  if (name === "speech-started") isWritten = false;
  if (name === "turn-started" || name === "turn-ended") conversation.turn(name === "turn-started");
  if (name === "turn-ended") turnState.ended();
  if (name === "backchannel") conversation.aside(String(value?.text));
  if (!shownElsewhere.includes(name)) conversation.note(value == null ? name : `${name} ${JSON.stringify(value)}`);
}

/** What becomes of an answer. @param {any} change @param {any} trace */
function showTurn({ type, turn, heard }, trace) {
  turnState.changed(type);
  if (type === "playback-started") conversation.heard(turn, timesFigure(stagesOf(trace, isWritten)));
  if (type === "interrupted") conversation.cut(turn, heard);
}

/** @param {import("./pipeline-layout.js").Pipeline} pipeline */
function showPipeline(pipeline) {
  picture.show(pipeline);
  const isWithAgent = pipeline.nodes.some(({ answers }) => answers === true);
  conversation.begin(isWithAgent);
  document.body.classList.toggle("agent", isWithAgent);
}

/** @param {string} id @param {number | undefined} value @param {string} unit @param {number} digits */
function showFigure(id, value, unit, digits = 0) {
  element(id).textContent = value === undefined ? "–" : `${value.toFixed(digits)} ${unit}`;
}

/** @param {any} metrics @param {any} link */
async function showFigures(metrics, link) {
  picture.update(metrics?.node_metrics ?? []);
  const peer = live?.peer;
  if (peer === undefined) return;
  const { roundTripMs, bufferMs, lossRatio } = await statistics.read(peer);
  const parts = [roundTripMs, bufferMs, link?.jitterBufferMs].filter((part) => part !== undefined);
  showFigure("latency", parts.length < 3 ? undefined : parts.reduce((sum, part) => sum + part, 0), "ms");
  showFigure("round-trip", roundTripMs, "ms", 1);
  showFigure("buffer-here", bufferMs, "ms");
  showFigure("buffer-server", link?.jitterBufferMs, "ms");
  showFigure("loss-up", link && link.lossRatio * 100, "%", 1);
  showFigure("loss-down", lossRatio && lossRatio * 100, "%", 1);
}

/** @param {MediaStream} stream */
function play(stream) {
  const sound = /** @type {HTMLAudioElement} */ (element("sound"));
  sound.srcObject = stream;
  // Refused when the page goes away meanwhile: no loss.
  sound.play().catch(() => {});
}

/** @param {number} nowMs */
function draw(nowMs) {
  if (live === undefined) return;
  requestAnimationFrame(draw);
  if (stillness.matches && nowMs - drawnMs < stillMs) return;
  drawnMs = nowMs;
  waves.in.advance(live.input, nowMs);
  waves.out.advance(live.output, nowMs);
  if (live.input) levels.in.show(loudnessOf(live.input.last(40)));
}

function start() {
  const source = /** @type {HTMLInputElement} */ (document.querySelector("input[name=source]:checked")).value;
  for (const wave of [waves.in, waves.out]) wave.clear(performance.now());
  live = new Live({
    state: showState,
    failed: showProblem,
    stream: play,
    message: showMessage,
    channel: showChannel,
    pipeline: showPipeline,
    turn: showTurn,
    metrics: (metrics, link) => void showFigures(metrics, link),
  });
  void live.start(source);
  requestAnimationFrame(draw);
  button("stop").focus();
}

/** @param {"idle" | "failed"} state */
function end(state) {
  live?.stop();
  live = undefined;
  showState(state);
  showChannel(false);
  showSpeech(false);
  turnState.reset(false);
  for (const level of Object.values(levels)) level.clear();
}

function stop() {
  end("idle");
  button("start").focus();
}

button("start").addEventListener("click", start);
button("retry").addEventListener("click", start);
button("stop").addEventListener("click", stop);
button("reconnect").addEventListener("click", () => live?.reconnect());
addEventListener("pagehide", () => live?.stop());
onWritten(/** @type {HTMLFormElement} */ (element("compose")), (message) => {
  live?.sendText(message);
  conversation.write(message);
  isWritten = true;
});
const pipeline = await fetchPipeline();
if (pipeline !== undefined) showPipeline(pipeline);
