import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { figure } from "../../lib/cells.mjs";
import { load } from "../../lib/environment.mjs";
import { quantile } from "../../lib/statistics.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { inPlace } from "../../live/place.mjs";
import { hasNativeOnnx } from "../../speech/native-onnx.mjs";

const nativeOnnx = new URL("../../speech/native-onnx.mjs", import.meta.url).href;
const LIMITS = { p50Ms: 700, policyMs: 450, restP95Ms: 60, tenTimes: 2, baseBytes: 450e6, perAgentBytes: 20e6 };
/** Hangover of the detector and the silence that the turn policy still waits for, in the agent of the examples. */
const WAITED_MS = 400;
const NOTE = `The caller is synthetic (flite rms) and hears in real time; the agent is \`examples/voice-agent.json\`, with onnxruntime-web. *end → answer* is measured on the waveform. *detection* is how much later than the last loud sample the network hears the end, and the caller's own 20 ms; *turn over* is the detector's hangover and the turn policy; *voice* is from the first sentence to its first audio; *rest* is everything else: queues, and the pace of the loudspeaker, up to 20 ms.`;

/** How soon the agent answers, alone and with nine others on one core. */
export async function run({ quick, progress }) {
  const turns = quick ? 5 : 20;
  progress("one agent");
  const one = await calls("agent-calls.mjs", [1, turns]);
  progress("one agent with the native runtime");
  const native = hasNativeOnnx ? await calls("agent-calls.mjs", [1, turns], {}, ["--import", nativeOnnx]) : undefined;
  progress("the stages by hand");
  const byHand = await calls("stages-by-hand.mjs", [turns]);
  progress("one agent on one core");
  const alone = await calls("agent-calls.mjs", [1, turns], { core: 0 });
  progress("ten agents on one core");
  const ten = await calls("agent-calls.mjs", [10, quick ? 3 : 6], { core: 0 });
  const nativeTen = hasNativeOnnx ? await calls("agent-calls.mjs", [10, quick ? 3 : 6], { core: 0 }, ["--import", nativeOnnx]) : undefined;
  return {
    title: "The voice agent",
    tables: [
      table(
        {
          "one agent": one,
          "one agent, on one core": alone,
          "ten agents, on one core": ten,
          ...(native && { "one agent, onnxruntime-node": native, "ten agents, on one core, onnxruntime-node": nativeTen }),
        },
        byHand,
      ),
    ],
    verdicts: [
      ...verdictsOf({ one, alone, ten }),
      ...(native ? verdictsOf({ one: native, alone: native, ten: nativeTen }, ", with onnxruntime-node") : []),
    ],
  };
}

async function calls(script, args, place, options = []) {
  const [command, all] = inPlace(place, process.execPath, [
    ...options,
    fileURLToPath(new URL(`../../speech/${script}`, import.meta.url)),
    ...args.map(String),
  ]);
  const { stdout } = await promisify(execFile)(command, all, { maxBuffer: 64e6, timeout: 600_000 });
  return { ...JSON.parse(stdout.trim().split("\n").at(-1)), load: load() };
}

const series = ({ answers }, key) => answers.map((answer) => answer[key]).filter((value) => typeof value === "number");
const spread = (values) => [0.5, 0.95].map((share) => figure(quantile(values, share))).join(" / ");

function table(results, byHand) {
  const rows = Object.entries(results).map(([name, result]) => [
    name,
    `${result.answers.length} of ${result.asked}`,
    ...["answerMs", "detectionMs", "policyMs", "chatMs", "ttsMs", "restMs"].map((key) => spread(series(result, key))),
    `${figure(result.baseBytes / 1e6)} → ${figure(result.peakBytes / 1e6)}`,
    result.load,
  ]);
  const hand = Object.values(byHand).filter((time) => typeof time === "object");
  const [asr, tts] = ["asrMs", "ttsMs"].map((key) => hand.map((time) => time[key]));
  const sums = hand.map(({ asrMs, ttsMs }) => asrMs + ttsMs + WAITED_MS);
  rows.push([
    `the stages by hand: recognition ${spread(asr)}, then voice`,
    `${hand.length}`,
    spread(sums),
    `${WAITED_MS}`,
    "–",
    spread(tts),
    "–",
    "–",
    "",
  ]);
  return {
    title: "End of speech to first audio of the answer",
    note: NOTE,
    head: ["", "answered", "end → answer, p50 / p95 ms", "detection", "turn over", "first word", "voice", "rest", "memory, MB", "load"],
    rows,
  };
}

function verdictsOf({ one, alone, ten }, how = "") {
  const [answer, policy, rest] = ["answerMs", "policyMs", "restMs"].map((key) => series(one, key));
  const [p50, policyP50, restP95] = [quantile(answer, 0.5), quantile(policy, 0.5), quantile(rest, 0.95)];
  const [aloneP95, tenP95] = [alone, ten].map((result) => quantile(series(result, "answerMs"), 0.95));
  const perAgent = (ten.peakBytes - ten.baseBytes) / 9;
  const all = ten.answers.length === ten.asked && ten.failures.length === 0;
  return [
    verdict(
      `end of speech to first audio: p50 at most ${LIMITS.p50Ms} ms, of it hangover and turn policy at most ${LIMITS.policyMs}${how}`,
      `${figure(p50)} ms, ${figure(policyP50)} ms`,
      p50 <= LIMITS.p50Ms && policyP50 <= LIMITS.policyMs,
    ),
    verdict(
      `everything but models and hangover: p95 at most ${LIMITS.restP95Ms} ms${how}`,
      `${figure(restP95)} ms`,
      restP95 <= LIMITS.restP95Ms,
    ),
    verdict(
      `ten agents on one core: all turns answered, p95 of first audio at most ${LIMITS.tenTimes} × that of one${how}`,
      `${ten.answers.length} of ${ten.asked}, ${figure(tenP95)} against ${figure(aloneP95)} ms`,
      all && tenP95 <= LIMITS.tenTimes * aloneP95,
    ),
    verdict(
      `memory with models at most ${LIMITS.baseBytes / 1e6} MB${how}`,
      `${figure(one.baseBytes / 1e6)} MB`,
      one.baseBytes <= LIMITS.baseBytes,
    ),
    verdict(
      `each further agent at most ${LIMITS.perAgentBytes / 1e6} MB${how}`,
      `${figure(perAgent / 1e6)} MB`,
      perAgent <= LIMITS.perAgentBytes,
    ),
  ];
}
