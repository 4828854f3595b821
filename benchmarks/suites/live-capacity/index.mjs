import { figure, percent, rowOf } from "../../lib/cells.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { createContestants } from "../../live/contestants.mjs";
import { manifests } from "../../live/manifests.mjs";
import { underLoad } from "../../live/under-load.mjs";

const LIMITS = { sessions: 60, aim: 80, loop: 0.85, lateP99Ms: 20, ratio: 2 };
const STEPS = [10, 20, 30, 40, 50, 60, 70, 80, 100];
const COMPARED = 20; // even where ours holds no more
const SETTLE_MS = 2_000;
const COLUMNS = [
  "sessions",
  "CPU, % of a core",
  "event loop, %",
  "CPU per session, %",
  "lateness p50 / p99, ms",
  "event loop lag p99, ms",
  "generator late p99, ms",
  "packets back",
  "load",
];
const NOTE = `Opus both ways; ours with four nodes (resample 48 → 16 kHz, VAD, gain, resample 16 → 48 kHz), all sessions on one event loop. Sessions are added in steps until the event loop is
above ${100 * LIMITS.loop} % or packets are missing; a level counts if packets were late by less than ${LIMITS.lateP99Ms} ms at p99 as well. The bare loop decodes, scales and encodes with the same codec and settings, and has neither a jitter buffer nor a
pipeline; it and aiortc (jitter buffer, resampler down and up) get the same numbers of sessions.`;

/** How many sessions one core holds, and what a session costs beside the peers. */
export async function run({ quick, progress }) {
  const seconds = quick ? 3 : 5;
  const steps = quick ? STEPS.filter((_, i) => i % 3 === 1) : STEPS;
  const contestants = createContestants();
  try {
    const ours = await climb(contestants.ours(manifests.fourNodes), steps, seconds, progress);
    const held = ours.levels?.filter(holds).map(({ sessions }) => sessions) ?? [];
    const compared = [...new Set([COMPARED, Math.max(COMPARED, ...held)])];
    const bare = await climb(contestants.bareLoop, compared, seconds, progress);
    const aiortc = await climb(contestants.aiortc, [10, ...compared], seconds, progress);
    return { title: "Sessions per core", tables: [table([ours, bare, aiortc])], verdicts: verdictsOf(ours, bare, Math.max(0, ...held)) };
  } finally {
    contestants.remove();
  }
}

/** Adds sessions step by step, until there is no room for more. */
async function climb(contestant, steps, seconds, progress) {
  const result = await underLoad(contestant, async ({ connect, measure, scrape, generator }) => {
    const lagMs = async () => {
      if (contestant.name !== "RemoteMedia") return undefined;
      const samples = await scrape("remotemedia_server_event_loop_lag_seconds");
      return 1000 * samples.find(([labels]) => labels.includes('"0.99"'))[1];
    };
    const levels = [];
    let connected = 0;
    for (const sessions of steps) {
      progress(`${contestant.name}, ${sessions} sessions`);
      const { failures } = await connect(sessions - connected);
      connected = sessions;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      await lagMs(); // begins its window
      levels.push({ sessions, failed: failures.length, ...(await measure(seconds, { atEnd: lagMs })) });
      if (isFull(levels.at(-1))) break;
    }
    await generator.disconnect();
    return { levels };
  });
  return { name: contestant.name, ...result };
}

const isFull = ({ cpuOfLoop, packets, expected }) => cpuOfLoop > LIMITS.loop || packets < 0.99 * expected;
const holds = (level) => !isFull(level) && level.failed === 0 && level.lateMs.p99 < LIMITS.lateP99Ms;

const perSession = ({ cpuOfServer, sessions }) => cpuOfServer / sessions;

function table(results) {
  const cells = (level) => [
    `${level.sessions}${level.failed > 0 ? ` (${level.failed} failed)` : ""}`,
    percent(level.cpuOfServer),
    percent(level.cpuOfLoop),
    figure(100 * perSession(level)),
    `${figure(level.lateMs.p50)} / ${figure(level.lateMs.p99)}`,
    figure(level.end),
    figure(level.generatorLateMs),
    percent(level.packets / level.expected),
    level.load,
  ];
  const rows = results.flatMap(({ name, skipped, levels = [{ skipped }] }) =>
    levels.map((level) => rowOf(name, level, cells, COLUMNS.length)),
  );
  return { title: "Sessions on one event loop", note: NOTE, head: ["", ...COLUMNS], rows };
}

function verdictsOf(ours, bare, held) {
  const bars = [
    `sessions per core, four nodes, event loop at most ${100 * LIMITS.loop} %, lateness p99 under ${LIMITS.lateP99Ms} ms: at least ${LIMITS.sessions}, aim ${LIMITS.aim}`,
    `CPU per session: at most ${LIMITS.ratio} × a bare node-datachannel and Opus loop`,
  ];
  if (ours.skipped) return bars.map((bar) => verdict(bar, ours.skipped));
  const pairs = (bare.levels ?? []).flatMap((theirs) => {
    const same = ours.levels.find(({ sessions }) => sessions === theirs.sessions);
    return same ? [perSession(same) / perSession(theirs)] : [];
  });
  return [
    verdict(bars[0], `${held}`, held >= LIMITS.sessions),
    pairs.length === 0
      ? verdict(bars[1], bare.skipped ?? "no common number of sessions")
      : verdict(bars[1], pairs.map((ratio) => `${ratio.toFixed(2)} ×`).join(", "), pairs.at(-1) <= LIMITS.ratio),
  ];
}
