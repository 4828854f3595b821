import { systemClock, VirtualClock } from "../../../packages/core/dist/index.js";
import { figure } from "../../lib/cells.mjs";
import { quantile } from "../../lib/statistics.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { DELAYS, HANGOVER_MS, ONSET_MS, openCall } from "../../speech/turn-call.mjs";
import { randomFrom, scriptedTurns } from "../../speech/turn-script.mjs";

const LIMITS = { addedMs: 20, bargeInMs: 120 };
const [CALLS, INTERRUPTIONS, TURNS] = [20, 200, 60];
const QUIET_MS = 8_000;

/** Turn-taking with stubs of fixed delay: what the policy decides, and what the runtime adds. */
export async function run({ quick, progress }) {
  progress("cut-offs");
  const cutOffs = await compareCutOffs();
  progress("delay added by the runtime");
  const added = await delayAdded(quick ? TURNS / 4 : TURNS);
  progress("interruptions");
  const count = quick ? INTERRUPTIONS / 4 : INTERRUPTIONS;
  const bargeIns = { immediate: await bargeIn("immediate", count), hold: await bargeIn("hold", count) };
  return { title: "Turn-taking", tables: tablesOf(cutOffs, added, bargeIns), verdicts: verdictsOf(cutOffs, added, bargeIns) };
}

async function compareCutOffs() {
  const full = await cutOffsOf({ mode: "full" });
  const adaptive = await cutOffsOf({ mode: "adaptive" });
  // The same mean delay for those who only wait.
  const silence = await cutOffsOf({ mode: "silence", silence_ms: Math.round(full.meanMs) });
  return { full, adaptive, silence };
}

/** Everything in virtual time: what is measured is what the policy decides. */
async function cutOffsOf(params) {
  const clock = new VirtualClock();
  const { session, events, say } = await openCall({ clock, params, answerMs: 100 });
  let [cutTurns, cuts] = [0, 0];
  const delays = [];
  for (const pieces of scriptedTurns()) {
    const before = events.length;
    for (const { text, ms, pauseMs } of pieces) {
      await clock.advance(pauseMs);
      say(text, ms);
      await clock.advance(ms);
    }
    const stoppedUs = clock.nowUs();
    await clock.advance(QUIET_MS);
    const ends = events.slice(before).filter(({ name }) => name === "turn-ended");
    const early = ends.length - 1;
    cuts += early;
    if (early > 0) cutTurns++;
    delays.push((ends.at(-1).atUs - stoppedUs) / 1000);
  }
  const closed = session.close();
  await clock.advance(10_000);
  await closed;
  return {
    cutTurns,
    cuts,
    meanMs: delays.reduce((sum, ms) => sum + ms, 0) / delays.length,
    p50Ms: quantile(delays, 0.5),
    p95Ms: quantile(delays, 0.95),
  };
}

/**
 * From the end of a complete sentence to the first frame of its answer, less what the policy waits and the stubs take; on the system's clock.
 * `byHand` is how late the same timers are, one after the other and at the same time, without any runtime.
 */
async function delayAdded(count) {
  const spokenMs = 300;
  const waits = [spokenMs + HANGOVER_MS, 400 - HANGOVER_MS, DELAYS.chatMs, DELAYS.ttsMs];
  const fixedMs = waits.reduce((sum, ms) => sum + ms, 0);
  const pairs = await inCalls(CALLS, count, async ({ sent, say }, random) => {
    await pass(200 * random());
    const startedUs = systemClock.nowUs();
    const lateMs = (atUs) => (atUs - startedUs) / 1000 - fixedMs;
    const before = sent.length;
    say("What time is it?", spokenMs);
    const byHand = inTurn(waits).then(() => lateMs(systemClock.nowUs()));
    await pass(1_500);
    const ours = lateMs(sent[before].atUs);
    await pass(600);
    return { ours, byHand: await byHand };
  });
  return {
    ours: pairs.map(({ ours }) => ours),
    byHand: pairs.map(({ byHand }) => byHand),
    difference: pairs.map(({ ours, byHand }) => ours - byHand),
  };
}

async function inTurn(waits) {
  for (const ms of waits) await pass(ms);
}

/** From the onset of a voice to the end of the last frame of the answer that left afterwards; on the system's clock. */
const bargeIn = (mode, count) =>
  inCalls(
    CALLS,
    count,
    async ({ sent, say, session }, random) => {
      say("What time is it?", 300);
      await pass(1_000 + 1_200 * random());
      const { turn } = session;
      const onsetUs = systemClock.nowUs();
      say("Stop it please.", 500);
      await pass(2_400);
      const stale = sent.filter((frame) => frame.turn <= turn && frame.atUs > onsetUs);
      await pass(1_500);
      return stale.length === 0 ? undefined : (stale.at(-1).atUs - onsetUs) / 1000 + 20;
    },
    { barge_in: mode },
    4_000,
  );

/** `count` measurements over several calls at a time; those that measured nothing are left out. */
async function inCalls(calls, count, measure, params = {}, answerMs = 200) {
  const results = await Promise.all(
    Array.from({ length: calls }, async (_, i) => {
      const call = await openCall({ clock: systemClock, params, answerMs });
      const random = randomFrom(i + 1);
      const measured = [];
      await pass(37 * i);
      for (let n = 0; n < count / calls; n++) measured.push(await measure(call, random));
      await call.session.close();
      return measured;
    }),
  );
  return results.flat().filter((value) => value !== undefined);
}

const pass = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const spread = (values) => [0.5, 0.95, 0.99].map((share) => figure(quantile(values, share))).join(" / ");

function tablesOf({ full, adaptive, silence }, added, { immediate, hold }) {
  const row = (name, { cutTurns, cuts, meanMs, p50Ms, p95Ms }) => [
    name,
    `${cutTurns}`,
    `${cuts}`,
    [meanMs, p50Ms, p95Ms].map(figure).join(" / "),
  ];
  const bargeInRow = (name, values) => [name, `${values.length}`, spread(values), spread(values.map((ms) => ms - ONSET_MS))];
  return [
    {
      title: "100 scripted turns with pauses of 200 to 900 ms",
      note: "A turn is cut off when it is given to be answered before its last piece was said. The delay is that from the end of speech to the end of the turn, the detector's hangover included. The texts are scripted, in virtual time; a recognizer that mishears makes it worse.",
      head: ["", "turns cut off", "cuts", "delay mean / p50 / p95, ms"],
      rows: [row("full policy", full), row("silence only, the same mean delay", silence), row("adaptive silence", adaptive)],
    },
    {
      title: `What the runtime adds, ${CALLS} calls at a time`,
      note: "From the end of a sentence to the first frame of its answer, less hangover, silence, and the fixed delays of chat and synthesis. Timers on a busy machine are late for everybody: beside it the same timers at the same time, without a pipeline.",
      head: ["", "turns", "added p50 / p95 / p99, ms"],
      rows: [
        ["RemoteMedia", `${added.ours.length}`, spread(added.ours)],
        ["the same timers by hand", `${added.byHand.length}`, spread(added.byHand)],
        ["difference, turn by turn", `${added.difference.length}`, spread(added.difference)],
      ],
    },
    {
      title: `Interruptions at random moments of an answer, ${CALLS} calls at a time`,
      note: `From the onset of the user's voice to the end of the last frame of the answer that leaves; ${ONSET_MS} ms of it are the detector's.`,
      head: ["`barge_in`", "interruptions", "onset to silence p50 / p95 / p99, ms", "after detection, ms"],
      rows: [bargeInRow("`immediate`", immediate), bargeInRow("`hold`", hold)],
    },
  ];
}

function verdictsOf({ full, silence }, added, { immediate, hold }) {
  const addedMs = quantile(added.difference, 0.95);
  const late = [immediate, hold].map((values) => quantile(values, 0.99) - ONSET_MS);
  return [
    verdict(
      "false cut-offs: the full policy halves those of silence only at equal delay",
      `${full.cutTurns} and ${silence.cutTurns} of 100 turns`,
      2 * full.cutTurns <= silence.cutTurns,
    ),
    verdict(
      `stubs of fixed delay: added p95 at most ${LIMITS.addedMs} ms`,
      `${figure(addedMs)} ms beyond the same timers by hand`,
      addedMs <= LIMITS.addedMs,
    ),
    verdict(
      `barge-in: silent at p99 within ${LIMITS.bargeInMs} ms of detection`,
      late.map((ms) => `${figure(ms)} ms`).join(", "),
      late.every((ms) => ms <= LIMITS.bargeInMs),
    ),
  ];
}
