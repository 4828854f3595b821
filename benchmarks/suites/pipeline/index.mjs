import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { interleave } from "../../lib/interleave.mjs";
import { reasonFrom } from "../../lib/reason.mjs";
import { median, pairedRatio, summarize } from "../../lib/statistics.mjs";
import { digits, timingTable } from "../../lib/timing-table.mjs";
import { verdict } from "../../lib/verdict.mjs";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const LIMITS = { warm: 2, first: 3, fresh: 30 };
const FRESH_PROCESSES = 15;
const NOTE = `10 s of s16 stereo at 48 kHz → mono → 16 kHz at high quality → energy VAD → s16. Ours is the whole of \`pipeline.run\`: it validates, opens, runs,
flushes and collects on every pass. FFmpeg and GStreamer convert and resample within one call on an open context, at their default quality, without a VAD and without
opening or flushing; scipy does the whole job with \`resample_poly\` as it comes (−12 dB at 1.05 f).`;

/** The whole job, warm beside the peers, and cold in fresh processes. */
export async function run({ native, rounds, quick, progress }) {
  progress("warm");
  const warm = await interleave(entries(native), { rounds, passes: 6 });
  progress("fresh processes");
  const fresh = freshProcesses(quick ? 3 : FRESH_PROCESSES);
  return {
    title: "The whole pipeline",
    tables: [{ ...timingTable("10 s of audio through the whole job", warm), note: NOTE }, freshTable(fresh)],
    verdicts: [...warmVerdicts(warm), ...freshVerdicts(fresh)],
  };
}

function entries(native) {
  const peer = (name, key, variant) => ({
    name,
    skipped: native[key].skipped,
    command: native[key].path,
    args: ["bench", "48000", "16000", "0", variant, "s16"],
  });
  return [
    { name: "RemoteMedia high, with VAD", command: process.execPath, args: [script("ours.mjs")] },
    peer("FFmpeg swr default", "swr", "default"),
    peer("FFmpeg swr + soxr", "swr", "soxr"),
    peer("GStreamer audioresample q4", "gst", "4"),
    { name: "numpy and scipy, with VAD", command: "/usr/bin/python3", args: [script("scipy_pipeline.py"), "bench"] },
  ];
}

/** One process each, one after another: nothing but the operating system's file cache is warm. */
function freshProcesses(count) {
  const samples = [];
  for (let left = count; left > 0; left--) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script("fresh.mjs")], { encoding: "utf8" });
    if (status !== 0) return { skipped: reasonFrom(stderr, `ended with ${status}`) };
    samples.push(JSON.parse(stdout));
  }
  const column = (of) => samples.map(of);
  return {
    "start of Node.js": column(({ boot }) => boot),
    "import of `remotemedia`": column((sample) => sample.import),
    "`open`, start included": column(({ open }) => open),
    "first result after start": column(({ first }) => first),
    "`open` + start + first result": column(({ open, first }) => open + first),
    "the same with the import": column((sample) => sample.import + sample.open + sample.first),
    "second session, whole": column(({ second }) => second),
  };
}

function freshTable(fresh) {
  const title = "The same in fresh processes";
  if (fresh.skipped) return { title, head: ["", ""], rows: [["RemoteMedia", `skipped: ${fresh.skipped}`]] };
  const rows = Object.entries(fresh).map(([name, values]) => {
    const { min, median: middle, p95 } = summarize(values);
    return [name, ...[min, middle, p95].map(digits)];
  });
  return { title, head: ["", "min, ms", "median, ms", "p95, ms"], rows };
}

function warmVerdicts(results) {
  const [ours] = results;
  const bar = `whole pipeline, 10 s: at most ${LIMITS.warm} ms warm`;
  if (ours.skipped) return [verdict(bar, ours.skipped)];
  const ms = median(ours.rounds.flat());
  const beside = results
    .slice(1)
    .filter(({ skipped }) => !skipped)
    .map((peer) => `${pairedRatio(ours.rounds, peer.rounds).median.toFixed(2)} × ${peer.name}`);
  return [verdict(bar, [`${ms.toFixed(2)} ms`, ...beside].join(", "), ms <= LIMITS.warm)];
}

function freshVerdicts(fresh) {
  const bars = [
    ["first result after `start`", "first result after start", LIMITS.first],
    ["`open`, start and first result in a fresh process", "`open` + start + first result", LIMITS.fresh],
  ];
  return bars.map(([what, key, limit]) => {
    const bar = `whole pipeline, ${what}: at most ${limit} ms`;
    if (fresh.skipped) return verdict(bar, fresh.skipped);
    const ms = median(fresh[key]);
    return verdict(bar, `${ms.toFixed(2)} ms`, ms <= limit);
  });
}
