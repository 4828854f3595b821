import { setTimeout as sleep } from "node:timers/promises";
import { figure, rowOf } from "../../lib/cells.mjs";
import { median } from "../../lib/statistics.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { createContestants } from "../../live/contestants.mjs";
import { heapAfterCollection, INSPECTED } from "../../live/inspector.mjs";
import { manifests } from "../../live/manifests.mjs";
import { underLoad } from "../../live/under-load.mjs";

const SESSIONS = 20;
const SETTLE_MS = 4_000;
const LIMITS = { perSessionBytes: 8e6, churnBytes: 2e6, driftBytes: 2e6, delayMs: 10 };
const CHURN = { rounds: 10, full: 100, quick: 10 };
const DRIFT_PPM = 200;
const WINDOW_SECONDS = 10;
const BETWEEN_MS = 30_000;

/** Memory per session, after a thousand connections, and over time with clocks that drift. */
export async function run({ quick, minutes, progress }) {
  const contestants = createContestants();
  const ours = contestants.ours(manifests.fourNodes, "RemoteMedia", INSPECTED);
  try {
    progress(`${SESSIONS} sessions`);
    const perSession = await growth(ours);
    progress("aiortc");
    const aiortc = await growth(contestants.aiortc);
    const count = quick ? CHURN.quick : CHURN.full;
    const churn = await churned(ours, count, progress);
    progress(`${minutes} minutes with drift`);
    const drift = await drifting(ours, minutes);
    return {
      title: "Memory and time",
      tables: [
        perSessionTable([
          ["RemoteMedia", perSession],
          ["aiortc", aiortc],
        ]),
        churnTable(churn, count),
        driftTable(drift),
      ],
      verdicts: [perSessionVerdict(perSession), churnVerdict(churn, count), ...driftVerdicts(drift, minutes)],
    };
  } finally {
    contestants.remove();
  }
}

const growth = (contestant) =>
  underLoad(contestant, async ({ server, connect }) => {
    // The first session pays for what all share.
    await connect(1);
    await sleep(SETTLE_MS);
    const baseBytes = server.rssBytes();
    const { failures } = await connect(SESSIONS);
    await sleep(SETTLE_MS);
    return { baseBytes, bytes: (server.rssBytes() - baseBytes) / (SESSIONS - failures.length) };
  });

/** Heap and resident memory after each round of connecting and disconnecting. */
const churned = (contestant, count, progress) =>
  underLoad(contestant, async ({ server, generator, target, scrape }) => {
    const rounds = [];
    const failures = [];
    for (let round = 1; round <= CHURN.rounds; round++) {
      progress(`${round * count} connections`);
      const result = await generator.churn({ ...target, count, atOnce: 8 });
      failures.push(...result.failures);
      await sleep(1_000);
      rounds.push({ heapBytes: await heapAfterCollection(server), rssBytes: server.rssBytes() });
    }
    const [[, left]] = await scrape("remotemedia_server_sessions");
    return { rounds, failures, left };
  });

/** Windows of ten seconds: memory, and delay by chirps. */
const drifting = (contestant, minutes) =>
  underLoad(contestant, async ({ connect, measure, server }) => {
    const { failures } = await connect(SESSIONS, { ppm: DRIFT_PPM });
    const windows = [];
    const endMs = performance.now() + minutes * 60_000;
    while (performance.now() < endMs) {
      await sleep(Math.max(0, Math.min(BETWEEN_MS, endMs - performance.now()) - WINDOW_SECONDS * 1000));
      const { delays, packets, expected, stuck, load } = await measure(WINDOW_SECONDS, { sampled: 4 });
      windows.push({
        delayMs: median(delays.flat().map(({ delayMs }) => delayMs)),
        share: packets / expected,
        stuck,
        heapBytes: await heapAfterCollection(server),
        rssBytes: server.rssBytes(),
        load,
      });
    }
    return { windows, failures };
  });

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

const perSessionTable = (results) => ({
  title: `Resident memory with ${SESSIONS} sessions`,
  note: "Above a server that has had one session already. Four nodes, Opus both ways, a data channel each.",
  head: ["", "with one session", "per session above it"],
  rows: results.map(([name, result]) => rowOf(name, result, ({ baseBytes, bytes }) => [baseBytes, bytes].map(megabytes), 2)),
});

const list = (items, key) => items.map((item) => (item[key] / 1e6).toFixed(1)).join(", ");

const churnTable = (churn, count) => ({
  title: "Connecting and disconnecting",
  note: `Callers connect, hear audio and hang up, eight at a time; memory after each ${count}: the heap after a collection, and what is resident.`,
  head: ["", "heap, MB", "resident, MB", "failed", "sessions left"],
  rows: [
    rowOf(
      "RemoteMedia",
      churn,
      ({ rounds, failures, left }) => [list(rounds, "heapBytes"), list(rounds, "rssBytes"), `${failures.length}`, `${left}`],
      4,
    ),
  ],
});

const driftTable = (drift) => ({
  title: `Clocks that are off by ±${DRIFT_PPM} ppm`,
  note: `${SESSIONS} sessions, half of them fast, half slow; windows of ${WINDOW_SECONDS} s, ${BETWEEN_MS / 1000} s apart.`,
  head: ["", "delay, median of each window, ms", "heap, MB", "resident, MB", "packets back", "load"],
  rows: [
    rowOf(
      "RemoteMedia",
      drift,
      ({ windows }) => [
        windows.map(({ delayMs }) => figure(delayMs)).join(", "),
        list(windows, "heapBytes"),
        list(windows, "rssBytes"),
        `${figure(100 * Math.min(...windows.map(({ share }) => share)))} % at least`,
        windows.at(-1).load,
      ],
      5,
    ),
  ],
});

function perSessionVerdict({ skipped, bytes }) {
  const bar = `memory per session above base: at most ${LIMITS.perSessionBytes / 1e6} MB`;
  return skipped ? verdict(bar, skipped) : verdict(bar, megabytes(bytes), bytes <= LIMITS.perSessionBytes);
}

/** Flat: the heap after a collection, from the third round, when everything is compiled, to the last. */
function churnVerdict({ skipped, rounds, failures, left }, count) {
  const bar = `heap flat over ${CHURN.rounds * count} connects and disconnects: at most ${LIMITS.churnBytes / 1e6} MB from the third tenth to the last, no session left`;
  if (skipped) return verdict(bar, skipped);
  const grown = rounds.at(-1).heapBytes - rounds[2].heapBytes;
  return verdict(
    bar,
    `${megabytes(grown)}, ${failures.length} failed, ${left} left`,
    grown <= LIMITS.churnBytes && left === 0 && failures.length === 0,
  );
}

function driftVerdicts({ skipped, windows }, minutes) {
  const bars = [
    `${minutes} minutes at ${SESSIONS} sessions with ±${DRIFT_PPM} ppm: delay within ${LIMITS.delayMs} ms, no session stuck`,
    `${minutes} minutes at ${SESSIONS} sessions with ±${DRIFT_PPM} ppm: heap within ${LIMITS.driftBytes / 1e6} MB`,
  ];
  if (skipped || windows.length < 2) return bars.map((bar) => verdict(bar, skipped ?? "one window only: give more --minutes"));
  const delays = windows.map(({ delayMs }) => delayMs);
  const spread = Math.max(...delays) - Math.min(...delays);
  const stuck = Math.max(...windows.map((window) => window.stuck));
  const grown = windows.at(-1).heapBytes - windows[0].heapBytes;
  return [
    verdict(bars[0], `${figure(spread)} ms, ${stuck} stuck`, spread <= LIMITS.delayMs && stuck === 0),
    verdict(bars[1], megabytes(grown), grown <= LIMITS.driftBytes),
  ];
}
