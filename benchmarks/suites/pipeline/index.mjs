import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { interleave } from "../../lib/interleave.mjs";
import { reasonFrom } from "../../lib/reason.mjs";
import { median, pairedRatio, summarize } from "../../lib/statistics.mjs";
import { digits, timingTable } from "../../lib/timing-table.mjs";
import { verdict } from "../../lib/verdict.mjs";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const LIMIT_MS = { warm: 2, first: 3, fresh: 30 };
const FRESH_PROCESSES = 12;
const WARM_NOTE = `10 s of s16 stereo at 48 kHz → mono → 16 kHz at high quality → energy VAD → s16. Ours three times: *stream* is an open batch that reads blocks of half a
second, as file sources give them; *live* is an open session that is pushed 500 frames of 20 ms; *run* validates, opens, takes the ten seconds in one frame, flushes, collects
and closes on every pass. FFmpeg and GStreamer convert and resample in one call on an open context, at their default quality and without a VAD; scipy does the whole job with
\`resample_poly\` as it comes (−12 dB at 1.05 f). Ratios are those of *stream*.`;
const FRESH_NOTE = `One process each, one after another; only the file cache of the operating system is warm. Opening includes validating, negotiating, loading the kernels and
\`start\`. The import is the SDK from \`node_modules\`, some hundred modules; the CLI is bundled into one.`;

/** The whole job, warm beside the peers, and cold in fresh processes. */
export async function run({ native, rounds, quick, progress }) {
  progress("warm");
  const warm = await interleave(entries(native), { rounds, passes: 6, warmUpPasses: 80 });
  progress("fresh processes");
  const count = quick ? 3 : FRESH_PROCESSES;
  const [live, batch] = [freshProcesses("live", count), freshProcesses("batch", count)];
  return {
    title: "The whole pipeline",
    tables: [
      { ...timingTable("10 s of audio through the whole job", warm), note: WARM_NOTE },
      { ...freshTable(live, batch), note: FRESH_NOTE },
    ],
    verdicts: [...warmVerdicts(warm), ...freshVerdicts(live, batch)],
  };
}

function entries(native) {
  const ours = (kind) => ({ name: `RemoteMedia high, with VAD: ${kind}`, command: process.execPath, args: [script("ours.mjs"), kind] });
  const peer = (name, key, variant) => ({
    name,
    skipped: native[key].skipped,
    command: native[key].path,
    args: ["bench", "48000", "16000", "0", variant, "s16"],
  });
  return [
    ours("stream"),
    ours("live"),
    ours("run"),
    peer("FFmpeg swr default", "swr", "default"),
    peer("FFmpeg swr + soxr", "swr", "soxr"),
    peer("GStreamer audioresample q4", "gst", "4"),
    { name: "numpy and scipy, with VAD", command: "/usr/bin/python3", args: [script("scipy_pipeline.py"), "bench"] },
  ];
}

/** Lists of ms by step, or `{ skipped }`. */
function freshProcesses(kind, count) {
  const samples = [];
  for (let left = count; left > 0; left--) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script("fresh.mjs"), kind], { encoding: "utf8" });
    if (status !== 0) return { skipped: reasonFrom(stderr, `ended with ${status}`) };
    samples.push(JSON.parse(stdout));
  }
  return Object.fromEntries(Object.keys(samples[0]).map((step) => [step, samples.map((sample) => sample[step])]));
}

const sums = (...lists) => lists[0].map((_, index) => lists.reduce((sum, list) => sum + list[index], 0));

function freshTable(live, batch) {
  const title = "The same in fresh processes";
  const skipped = live.skipped ?? batch.skipped;
  if (skipped) return { title, head: ["", ""], rows: [["RemoteMedia", `skipped: ${skipped}`]] };
  const steps = {
    "start of Node.js": live.boot,
    "import of `remotemedia`": live.import,
    "live: `open`, start included": live.open,
    "live: first 20 ms after start, until they came out": live.frame,
    "live: `open` + start + first 20 ms": sums(live.open, live.frame),
    "live: the next 10 s in frames of 20 ms": live.job,
    "batch: first `run` of 10 s, open and start included": batch.job,
    "batch: second `run` of 10 s": batch.second,
  };
  const rows = Object.entries(steps).map(([name, values]) => {
    const { min, median: middle, p95 } = summarize(values);
    return [name, ...[min, middle, p95].map(digits)];
  });
  return { title, head: ["", "min, ms", "median, ms", "p95, ms"], rows };
}

function warmVerdicts(results) {
  const [stream, , batch] = results;
  const bar = (how) => `whole pipeline, 10 s, ${how}: at most ${LIMIT_MS.warm} ms warm`;
  return [
    warmVerdict(bar("open, blocks of 0.5 s"), stream, results.slice(3)),
    warmVerdict(bar("by `run`, opened and closed every time"), batch, results.slice(3)),
  ];
}

function warmVerdict(bar, ours, peers) {
  if (ours.skipped) return verdict(bar, ours.skipped);
  const ms = median(ours.rounds.flat());
  const ratios = peers
    .filter(({ skipped }) => !skipped)
    .map((peer) => `${pairedRatio(ours.rounds, peer.rounds).median.toFixed(2)} × ${peer.name}`);
  return verdict(bar, [`${ms.toFixed(2)} ms`, ...ratios].join(", "), ms <= LIMIT_MS.warm);
}

function freshVerdicts(live, batch) {
  const judge = (what, limit, fresh, ms) => {
    const bar = `whole pipeline, fresh process, ${what}: at most ${limit} ms`;
    if (fresh.skipped) return verdict(bar, fresh.skipped);
    const middle = median(ms(fresh));
    return verdict(bar, `${middle.toFixed(1)} ms`, middle <= limit);
  };
  return [
    judge("first 20 ms after start", LIMIT_MS.first, live, ({ frame }) => frame),
    judge("`open`, start and first 20 ms", LIMIT_MS.fresh, live, ({ open, frame }) => sums(open, frame)),
    judge("open, start and 10 s by `run`", LIMIT_MS.fresh, batch, ({ job }) => job),
  ];
}
