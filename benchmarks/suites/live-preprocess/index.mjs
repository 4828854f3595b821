import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { figure, rowOf } from "../../lib/cells.mjs";
import { load } from "../../lib/environment.mjs";
import { reasonFrom } from "../../lib/reason.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { createContestants } from "../../live/contestants.mjs";
import { manifests } from "../../live/manifests.mjs";
import { inPlace } from "../../live/place.mjs";
import { underLoad } from "../../live/under-load.mjs";

const IN_PROCESS = fileURLToPath(new URL("in-process.mjs", import.meta.url));
const LIMITS = { p99Ms: 1, per10sMs: 10 };
const COUNTS = [10, 50];
const GRAPHS = {
  preprocess: "resample, vad, format-convert",
  preprocessEarlier: "AudioTransform, VoiceActivityDetector, FormatConverterNode",
};
const COLUMNS = ["p50, ms", "p95, ms", "p99, ms", "per 10 s of audio, ms", "frames dropped", "load"];
const EXACT_NOTE = `48 → 16 kHz at high quality → energy VAD → s16, one frame of 20 ms of speech per session every 20 ms, spread evenly. Each push is timed from outside: the nodes, the
executor between them, and handing the frame to its reader.`;
const SERVER_NOTE = `The same graphs behind WebRTC. Ours: the sum over the nodes of their quantiles in \`/metrics\`, each a merge over all sessions; one call of 16 is timed. aiortc: its own
resampler, 48 → 16 kHz and back, timed around the calls in its track, without a VAD.`;

/** Preprocessing in live sessions: alone in a process, and in the server under WebRTC. */
export async function run({ quick, progress }) {
  const seconds = quick ? 3 : 6;
  const exact = Object.keys(GRAPHS).flatMap((graph) =>
    COUNTS.map((count) => {
      progress(`${GRAPHS[graph]}, ${count} sessions`);
      return { graph, count, ...inProcess(graph, count, seconds) };
    }),
  );
  const contestants = createContestants();
  try {
    const served = [];
    for (const count of COUNTS) served.push(...(await serve(contestants, count, seconds, progress)));
    return {
      title: "Preprocessing in live sessions",
      tables: [exactTable(exact), servedTable(served)],
      verdicts: [...exact.flatMap(exactVerdicts), ...served.filter(({ graph }) => graph).flatMap(servedVerdicts)],
    };
  } finally {
    contestants.remove();
  }
}

function inProcess(graph, count, seconds) {
  const [command, args] = inPlace({ core: 0 }, process.execPath, [IN_PROCESS, graph, `${count}`, `${seconds}`]);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? { ...JSON.parse(stdout), load: load() } : { skipped: reasonFrom(stderr, `ended with ${status}`) };
}

async function serve(contestants, count, seconds, progress) {
  const results = [];
  for (const graph of Object.keys(GRAPHS)) {
    progress(`${GRAPHS[graph]} in the server, ${count} sessions`);
    results.push({
      name: `RemoteMedia: ${GRAPHS[graph]}`,
      graph,
      count,
      ...(await serveOurs(contestants.ours(manifests[graph]), count, seconds)),
    });
  }
  progress(`aiortc, ${count} sessions`);
  results.push({ name: "aiortc: resampler down and up", count, ...(await serveAiortc(contestants.aiortc, count, seconds)) });
  return results;
}

const serveOurs = (contestant, count, seconds) =>
  underLoad(contestant, async ({ connect, measure, scrape }) => {
    const { failures } = await connect(count);
    if (failures.length > 0) throw new Error(failures[0]);
    const measured = await measure(seconds);
    const quantiles = await scrape("remotemedia_node_call_seconds");
    const own = (labels) => !/type="(link-source|link-sink)"/.test(labels);
    const sum = (p) =>
      1000 * quantiles.filter(([labels]) => own(labels) && labels.includes(`"0.${p}"`)).reduce((total, [, value]) => total + value, 0);
    const total = async (name) => (await scrape(name)).filter(([labels]) => own(labels)).reduce((total, [, value]) => total + value, 0);
    const [calls] = (await scrape("remotemedia_node_calls_total")).filter(([labels]) => labels.includes('node="rate"'));
    const perFrameMs = (1000 * (await total("remotemedia_node_seconds_total"))) / calls[1];
    return {
      p50: sum(50),
      p95: sum(95),
      p99: sum(99),
      per10s: 500 * perFrameMs,
      dropped: await total("remotemedia_edge_dropped_total"),
      load: measured.load,
    };
  });

const serveAiortc = (contestant, count, seconds) =>
  underLoad(contestant, async ({ connect, measure, fetchJson }) => {
    const { failures } = await connect(count);
    if (failures.length > 0) throw new Error(`${failures.length} of ${count} sessions: ${failures[0]}`);
    await fetchJson("stats");
    const measured = await measure(seconds);
    const stats = await fetchJson("stats");
    const dropped = Math.max(0, measured.expected - measured.packets);
    return { ...stats, per10s: (500 * stats.sum) / stats.frames, dropped, load: measured.load };
  });

const cells = ({ p50, p95, p99, per10s, dropped, load: crowd }) => [p50, p95, p99, per10s].map(figure).concat(`${dropped}`, crowd);

const exactTable = (results) => ({
  title: "Sessions in one process, every push timed",
  note: EXACT_NOTE,
  head: ["", ...COLUMNS],
  rows: results.map((result) => rowOf(`${GRAPHS[result.graph]}: ${result.count} sessions`, result, cells, COLUMNS.length)),
});

const servedTable = (results) => ({
  title: "In the live server",
  note: SERVER_NOTE,
  head: ["", ...COLUMNS],
  rows: results.map((result) => rowOf(`${result.name}: ${result.count} sessions`, result, cells, COLUMNS.length)),
});

const exactVerdicts = (result) => verdictsOf("every push timed", result);
const servedVerdicts = (result) => verdictsOf("in the live server", result);

function verdictsOf(where, { graph, count, skipped, p99, per10s, dropped, missing = 0 }) {
  const what = `${GRAPHS[graph]}, ${count} sessions, ${where}`;
  const bars = [`${what}: p99 under ${LIMITS.p99Ms} ms per frame, none dropped`, `${what}: under ${LIMITS.per10sMs} ms per 10 s of audio`];
  if (skipped) return bars.map((bar) => verdict(bar, skipped));
  return [
    verdict(bars[0], `${figure(p99)} ms, ${dropped + missing} dropped`, p99 < LIMITS.p99Ms && dropped + missing === 0),
    verdict(bars[1], `${figure(per10s)} ms`, per10s < LIMITS.per10sMs),
  ];
}
