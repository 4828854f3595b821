import { setTimeout as sleep } from "node:timers/promises";
import { figure, rowOf } from "../../lib/cells.mjs";
import { load } from "../../lib/environment.mjs";
import { median } from "../../lib/statistics.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { soundOf } from "../../live/analysis.mjs";
import { createContestants } from "../../live/contestants.mjs";
import { holesInstead } from "../../live/holes.mjs";
import { summarizeLoad } from "../../live/load-summary.mjs";
import { manifests } from "../../live/manifests.mjs";
import { clicksPerMinute } from "../../live/roughness.mjs";
import { underLoad } from "../../live/under-load.mjs";

const SESSIONS = 10;
const SAMPLED = 6;
const SETTLE_MS = 6_000;
const [TROUBLE_MS, AFTER_MS] = [8_000, 8_000];
const LIMITS = { backMs: 1_000, minimumMs: 5_000 };
const NEAR_MS = 15; // of the delay before: it is back at its minimum
const CLEAN = { lossThere: 0, lossBack: 0, jitterMs: 0 };
const TROUBLES = [
  { name: "no trouble", conditions: {}, loss: 0 },
  { name: "2 s without any packet, both ways", conditions: { lossThere: 1, lossBack: 1 }, troubleMs: 2_000 },
  { name: "5 % lost", conditions: { lossThere: 0.05 }, loss: 0.05 },
  { name: "20 % lost", conditions: { lossThere: 0.2 }, loss: 0.2 },
  { name: "up to 100 ms late", conditions: { jitterMs: 100 } },
];
const COLUMNS = [
  "delay before / during / after, ms",
  "delay back to its minimum after, s",
  "silent after, ms",
  "stuck",
  "clicks per minute",
  "with holes instead",
  "load",
];
const NOTE = `${SESSIONS} sessions, an empty pipeline; trouble for ${TROUBLE_MS / 1000} s, then a clean network again. The delay is back when half of the sessions are within ${NEAR_MS} ms of what it was. *Silent after* is from the end of the trouble to the first packet back, in the worst session. *Clicks* are
blocks of 5 ms whose second difference has ten times the energy of those 10 and 15 ms away; speech and the chirps have some without any loss. *With holes* is the same speech with silence for every lost packet,
encoded once more as the server does.`;

/** What the network does, and how soon it is over. */
export async function run({ quick, progress }) {
  const contestants = createContestants();
  const troubles = quick ? TROUBLES.slice(0, 2) : TROUBLES;
  try {
    const ours = await suffer(contestants.ours(manifests.empty), troubles, progress);
    return { title: "Loss and jitter", tables: [table(ours, troubles)], verdicts: verdictsOf(ours, troubles) };
  } finally {
    contestants.remove();
  }
}

const suffer = (contestant, troubles, progress) =>
  underLoad(contestant, async ({ connect, generator }) => {
    const { failures } = await connect(SESSIONS);
    if (failures.length > 0) throw new Error(failures[0]);
    await sleep(SETTLE_MS);
    const results = [];
    for (const trouble of troubles) {
      progress(trouble.name);
      results.push(await one(generator, trouble));
    }
    return { results };
  });

/** Before, during and after one trouble, in one recording. */
async function one(generator, { conditions, troubleMs = TROUBLE_MS, loss }) {
  await generator.begin({ sampled: SAMPLED });
  await sleep(3_000);
  const beganMs = performance.now();
  await generator.impair({ ...CLEAN, ...conditions });
  await sleep(troubleMs);
  await generator.impair(CLEAN);
  const endedMs = performance.now() - beganMs + 3_000;
  await sleep(AFTER_MS);
  const summary = summarizeLoad(await generator.report());
  const began = 3_000;
  const between = (from, to) => median(summary.delays.flat().flatMap(({ atMs, delayMs }) => (atMs >= from && atMs < to ? [delayMs] : [])));
  const before = between(0, began);
  const recorded = summary.clients.filter(({ payload }) => payload?.length > 0);
  return {
    before,
    during: between(began + 1_000, endedMs),
    after: between(endedMs + LIMITS.minimumMs, Infinity),
    backSeconds: settled(summary.delays, before, endedMs) / 1000,
    silentMs: Math.max(...summary.clients.map(({ arrivalMs }) => firstAfter(arrivalMs, summary.begunMs + endedMs))),
    stuck: summary.stuck,
    clicks: median(
      recorded.map((client) => clicksPerMinute(soundOf(within(client, summary.begunMs + began, summary.begunMs + endedMs)).samples)),
    ),
    holes: loss === undefined ? undefined : clicksPerMinute(holesInstead(loss)),
    load: load(),
  };
}

/** ms from the end of the trouble to the last second in which half of the sessions were not yet near the delay before. */
function settled(delays, before, endedMs) {
  const after = delays.flat().filter(({ atMs }) => atMs > endedMs);
  const secondOf = ({ atMs }) => Math.floor((atMs - endedMs) / 1000);
  const isSlow = (second) => median(after.filter((chirp) => secondOf(chirp) === second).map(({ delayMs }) => delayMs)) > before + NEAR_MS;
  return Math.max(0, ...[...new Set(after.map(secondOf))].filter(isSlow).map((second) => (second + 1) * 1000));
}

/** The part of a record that came in a span of time. */
function within({ arrivalMs, timestamp, payload }, fromMs, toMs) {
  const kept = payload.map((_, i) => i).filter((i) => arrivalMs[i] >= fromMs && arrivalMs[i] < toMs);
  const pick = (list) => kept.map((i) => list[i]);
  return { arrivalMs: pick(arrivalMs), timestamp: pick(timestamp), payload: pick(payload) };
}

const firstAfter = (arrivalMs, ms) => (arrivalMs.find((at) => at >= ms) ?? Infinity) - ms;

function table(ours, troubles) {
  const head = ["", ...COLUMNS];
  const title = "RemoteMedia under loss and jitter";
  if (ours.skipped) return { title, head, rows: [rowOf("RemoteMedia", ours, undefined, COLUMNS.length)] };
  const cells = (result) => [
    [result.before, result.during, result.after].map(figure).join(" / "),
    figure(result.backSeconds),
    figure(result.silentMs),
    `${result.stuck}`,
    figure(result.clicks),
    result.holes === undefined ? "" : figure(result.holes),
    result.load,
  ];
  return { title, note: NOTE, head, rows: troubles.map(({ name }, i) => rowOf(name, ours.results[i], cells, COLUMNS.length)) };
}

function verdictsOf(ours, troubles) {
  return troubles.slice(1).flatMap(({ name }, i) => {
    const bar = `${name}: audio back within ${LIMITS.backMs / 1000} s, delay at its minimum within ${LIMITS.minimumMs / 1000} s, none stuck`;
    if (ours.skipped) return [verdict(bar, ours.skipped)];
    const { silentMs, backSeconds, stuck } = ours.results[i + 1];
    const isGood = silentMs <= LIMITS.backMs && backSeconds * 1000 <= LIMITS.minimumMs && stuck === 0;
    return [verdict(bar, `${figure(silentMs)} ms, ${figure(backSeconds)} s, ${stuck} stuck`, isGood)];
  });
}
