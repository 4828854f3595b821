import { fileURLToPath } from "node:url";
import { interleave } from "../../lib/interleave.mjs";
import { median, pairedRatio, showRatio } from "../../lib/statistics.mjs";
import { timingTable } from "../../lib/timing-table.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { wallTime } from "../../lib/whole-process.mjs";

/**
 * A hop is the difference between a chain of one node and a chain of eleven, so that source, sink and start cost nobody anything. Cold first
 * passes differ by more than that; the whole processes are the cold figure. A difference of two times doubles their noise, so each round
 * takes the fastest of its passes on either side.
 */
const [SHORT, LONG] = [1, 11];
const FRAMES = { sync: 50_000, async: 10_000 };
const WHOLE_FRAMES = 200_000;
const EARLIER_US = 29;
const script = (name) => fileURLToPath(new URL(name, import.meta.url));

const CONTESTANTS = [
  ["RemoteMedia", "ours.mjs"],
  ["RxJS", "rxjs.mjs"],
  ["node:stream objectMode", "node-stream.mjs"],
  ["async generators", "async-generators.mjs"],
];

export async function run({ rounds, progress }) {
  const tables = [];
  const results = {};
  for (const kind of ["sync", "async"]) {
    progress(kind);
    results[kind] = await raceChains(kind, rounds);
    const title = kind === "sync" ? "Hop through a synchronous node" : "Hop through a node that answers with a promise";
    tables.push(hopTable(`${title}, chains in a running process`, results[kind]));
  }
  progress("whole processes");
  tables.push(hopTable("Hop through a node that does nothing, whole processes", wholeProcesses(3)));
  return { title: "Executor: cost of a hop", tables, verdicts: verdicts(results) };
}

const hopTable = (title, results) => timingTable(title, results, {}, { unit: "µs", scale: 1000, hasFirst: false });

async function raceChains(kind, rounds) {
  const frames = FRAMES[kind];
  const entries = CONTESTANTS.flatMap(([name, file]) =>
    [SHORT, LONG].map((nodes) => ({ name, command: process.execPath, args: [script(file), `${nodes}`, kind, `${frames}`] })),
  );
  const raced = await interleave(entries, { rounds, passes: 5, warmUpPasses: 6 });
  return CONTESTANTS.map((_, index) => perHop(raced[2 * index], raced[2 * index + 1], frames));
}

function perHop(short, long, frames) {
  if (short.skipped || long.skipped) return { name: short.name, skipped: short.skipped ?? long.skipped };
  const cost = (longMs, shortMs) => (longMs - shortMs) / (LONG - SHORT) / frames;
  const rounds = long.rounds.map((passes, round) => [cost(Math.min(...passes), Math.min(...short.rounds[round]))]);
  return { name: short.name, info: short.info, rounds };
}

/** Peers that live in a process of their own: ours pays for its JIT here, theirs for nothing of the kind. */
function wholeProcesses(rounds) {
  const identities = (count) => Array.from({ length: count }, () => ["!", "identity", "silent=true"]).flat();
  const source = ["fakesrc", `num-buffers=${WHOLE_FRAMES}`, "sizetype=empty"];
  const processes = [
    ["RemoteMedia", (nodes) => [process.execPath, [script("ours.mjs"), `${nodes}`, "sync", `${WHOLE_FRAMES}`], "1\n"], WHOLE_FRAMES],
    [
      "GStreamer identity",
      (nodes) => ["gst-launch-1.0", ["-q", ...source, ...identities(nodes), "!", "fakesink", "sync=false"]],
      WHOLE_FRAMES,
    ],
    [
      "Python asyncio queues",
      (nodes) => ["/usr/bin/python3", [script("asyncio_queues.py"), `${nodes}`, `${WHOLE_FRAMES / 4}`]],
      WHOLE_FRAMES / 4,
    ],
  ];
  const results = processes.map(([name]) => ({ name, rounds: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, [, command, frames]] of processes.entries()) {
      const result = results[index];
      if (result.skipped) continue;
      const [short, long] = [SHORT, LONG].map((nodes) => wallTime(...command(nodes)));
      result.skipped = short.skipped ?? long.skipped;
      if (!result.skipped) result.rounds.push([(long.elapsedMs - short.elapsedMs) / (LONG - SHORT) / frames]);
    }
  }
  return results;
}

function verdicts({ sync, async: asynchronous }) {
  const bars = [
    ["synchronous hop with metrics: at most 0.1 µs", sync[0], 0.1],
    ["hop through an asynchronous node: at most 1 µs", asynchronous[0], 1],
  ].map(([bar, ours, limit]) => {
    if (ours.skipped) return verdict(bar, ours.skipped);
    const us = median(ours.rounds.flat()) * 1000;
    return verdict(
      bar,
      `${us.toFixed(3)} µs, ${Math.round(EARLIER_US / us)} × less than the earlier system's ${EARLIER_US} µs`,
      us <= limit,
    );
  });
  const bar = "synchronous hop: not slower than RxJS with the same counters";
  const skipped = sync[0].skipped ?? sync[1].skipped;
  if (skipped) return [...bars, verdict(bar, skipped)];
  const ratio = pairedRatio(sync[0].rounds, sync[1].rounds);
  return [...bars, verdict(bar, showRatio(ratio), ratio.median <= 1)];
}
