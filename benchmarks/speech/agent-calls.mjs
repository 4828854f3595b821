/**
 * Calls to the voice agent of the examples, in a process of their own; prints one line of JSON.
 *
 *   node agent-calls.mjs AGENTS TURNS
 */
import { readFileSync } from "node:fs";
import { loadNodes, Pipeline } from "../../packages/remotemedia/dist/index.js";
import { callAgent, hears, says, waits } from "../../packages/speech/dist/testing/index.js";

const QUESTIONS = ["What time is it?", "Can you help me?", "Thank you very much.", "What day is it today?", "Tell me who you are."];
const [agents, turns] = process.argv.slice(2).map(Number);

const manifest = JSON.parse(readFileSync(new URL("../../examples/voice-agent.json", import.meta.url), "utf8"));
await loadNodes(manifest.nodes.map(({ node_type }) => node_type));

const script = (n) => [
  // Not all in the same moment: people do not speak by a clock.
  waits(500 + ((n * 737) % 2_000)),
  ...Array.from({ length: turns }, (_, i) => [says(QUESTIONS[(n + i) % QUESTIONS.length], { voice: "rms" }), hears(), waits(400)]).flat(),
];
const call = (n) => callAgent(Pipeline.fromManifest(manifest), { script: script(n), seed: n + 1 });

// What is loaded once is loaded by a first call.
await callAgent(Pipeline.fromManifest(manifest), { script: [waits(300), says("Hello.", { voice: "rms" }), hears()] });
const baseBytes = process.memoryUsage().rss;
let peakBytes = baseBytes;
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
}, 100);
const cpu = process.cpuUsage();
const startedMs = performance.now();
const calls = await Promise.allSettled(Array.from({ length: agents }, (_, n) => call(n)));
clearInterval(watch);
const { user, system } = process.cpuUsage(cpu);

const good = calls.flatMap(({ status, value }) => (status === "fulfilled" ? value.turns : []));
const result = {
  asked: agents * turns,
  answers: good.map(({ answerMs, transcript, said, saidMs, trace }) => ({
    answerMs,
    transcript,
    said,
    ...stagesOf(trace, saidMs, answerMs),
  })),
  failures: calls.flatMap(({ status, reason }) => (status === "rejected" ? [String(reason.message)] : [])),
  baseBytes,
  peakBytes,
  cpuShare: (user + system) / 1_000 / (performance.now() - startedMs),
};
console.log(JSON.stringify(result));
process.exit(0);

/** Where an answer's time went, ms: how much too late the detector sees the end, until the turn was over, in the models after it, and the rest. */
function stagesOf(trace, saidMs, answerMs) {
  const event = (name) => trace?.events.findLast((one) => one.name === name);
  const [stopped, ended] = [event("speech-stopped"), event("turn-ended")];
  if (stopped === undefined || ended === undefined) return {};
  const { chat, sentences, tts } = trace.answers;
  const policyMs = (ended.atUs - stopped.mediaUs) / 1_000;
  const ttsMs = (tts.audioUs - sentences.textUs) / 1_000;
  const chatMs = (chat.textUs - ended.atUs) / 1_000;
  const detectionMs = stopped.mediaUs / 1_000 - saidMs;
  return { detectionMs, policyMs, chatMs, ttsMs, restMs: answerMs - detectionMs - policyMs - ttsMs - chatMs };
}
