import { setTimeout as sleep } from "node:timers/promises";
import { figure, rowOf } from "../../lib/cells.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { createContestants } from "../../live/contestants.mjs";
import { quantiles } from "../../live/load-summary.mjs";
import { manifests } from "../../live/manifests.mjs";
import { underLoad } from "../../live/under-load.mjs";

const SESSIONS = 50;
const SAMPLED = 10;
const ALIAS_MS = 20;
const SETTLE_MS = 5_000; // the jitter buffer has found its least delay
const LIMITS = { without: [5, 10], with: [30, 50] };
const COLUMNS = [
  "sessions",
  "delay p50 / p95 / p99, ms",
  "beyond the bare loop p50 / p95, ms",
  "jitter buffer, mean ms",
  "lateness p99, ms",
  "load",
];
const NOTE = `From a sample that is sent to the same sample received, by chirps in ${SAMPLED} sessions. Ours with an empty pipeline (\`pass-through\`): resamplers hold samples back because they are filters, which \`session.latency()\`
tells, and the server does not add to that. The bare loop has no jitter buffer: what it takes is the network of this machine and the look-ahead of the encoder, 6.5 ms, and what a server takes beyond it is what it
adds. The wait in the jitter buffer is the mean that \`/metrics\` tells.`;

/** What the server adds to the delay, with and without the wait in its jitter buffer. */
export async function run({ quick, progress }) {
  const seconds = quick ? 4 : 10;
  const contestants = createContestants();
  try {
    const listen = async (contestant, sessions) => {
      progress(`${contestant.name}, ${sessions} sessions`);
      return { name: contestant.name, sessions, ...(await delayOf(contestant, sessions, seconds)) };
    };
    const ours = await listen(contestants.ours(manifests.empty), SESSIONS);
    const bare = await listen(contestants.bareLoop, SESSIONS);
    const peers = [bare, await listen(contestants.aiortc, SESSIONS), await listen(contestants.aiortc, 10)];
    return { title: "Delay", tables: [table([ours, ...peers], bare)], verdicts: verdictsOf(ours, bare) };
  } finally {
    contestants.remove();
  }
}

const delayOf = (contestant, sessions, seconds) =>
  underLoad(contestant, async ({ connect, measure, scrape }) => {
    const { failures } = await connect(sessions);
    await sleep(SETTLE_MS);
    const isOurs = contestant.name === "RemoteMedia";
    const atEnd = async () =>
      isOurs ? (await scrape("remotemedia_link_jitter_buffer_ms")).find(([labels]) => labels.includes("mean"))[1] : undefined;
    const { delays, lateMs, load, end } = await measure(seconds, { sampled: SAMPLED, atEnd });
    const all = delays.flat().map(({ delayMs }) => delayMs);
    if (all.length === 0) throw new Error(failures[0] ?? "no chirp came back");
    return { delay: quantiles(all), waitMs: end, lateMs, load };
  });

const beyond = ({ delay }, bare, p) => (bare.skipped ? undefined : delay[p] - bare.delay.p50);

function table(results, bare) {
  const cells = (result) => [
    `${result.sessions}`,
    ["p50", "p95", "p99"].map((p) => figure(result.delay[p])).join(" / "),
    result === bare ? "" : `${figure(beyond(result, bare, "p50"))} / ${figure(beyond(result, bare, "p95"))}`,
    figure(result.waitMs),
    figure(result.lateMs.p99),
    result.load,
  ];
  return {
    title: `Delay of the sound at ${SESSIONS} sessions`,
    note: NOTE,
    head: ["", ...COLUMNS],
    rows: results.map((result) => rowOf(result.name, result, cells, COLUMNS.length)),
  };
}

function verdictsOf(ours, bare) {
  const bar = (what, [p50, p95]) => `delay added at ${SESSIONS} sessions, ${what}: p50 under ${p50}, p95 under ${p95} ms`;
  const bars = [bar("without the wait in the jitter buffer", LIMITS.without), bar("with it, clean link", LIMITS.with)];
  const skipped = ours.skipped ?? bare.skipped;
  if (skipped) return bars.map((text) => verdict(text, skipped));
  const added = ["p50", "p95"].map((p) => beyond(ours, bare, p));
  // Chirps are a second apart: a delay that is longer shows as what it is beyond that.
  if (added[0] < ours.waitMs - ALIAS_MS)
    return bars.map((text) => verdict(text, `more than a second (${figure(ours.waitMs)} ms in the jitter buffer)`, false));
  const judge = (text, values, limits) =>
    verdict(
      text,
      values.map((ms) => `${figure(ms)} ms`).join(", "),
      values.every((ms, i) => ms <= limits[i]),
    );
  return [
    judge(
      bars[0],
      added.map((ms) => ms - ours.waitMs),
      LIMITS.without,
    ),
    judge(bars[1], added, LIMITS.with),
  ];
}
