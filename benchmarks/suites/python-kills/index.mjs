import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { reasonFrom } from "../../lib/reason.mjs";
import { quantile } from "../../lib/statistics.mjs";
import { verdict } from "../../lib/verdict.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const KILLS = { full: 100, quick: 5 };
const LIMIT_MS = 500;
const FRAMES = [
  "frames",
  "delivered",
  "under way when it was killed",
  "of these: delivered by the next worker",
  "reported as lost",
  "let go by the live queue as too many or too old, in the metrics",
  "twice",
  "unaccounted for",
];
const BACK = ["", "p50, ms", "p95, ms", "max, ms"];
const NOTE =
  "A live stream of 20 ms frames of 48 kHz sound through a node that works on each for 5 ms; its worker gets SIGKILL at random moments, the same in every run. Back is the first frame that another process gives; a spare is kept warm.";

/** A Python worker that dies again and again under a live stream. */
export async function run({ quick, progress }) {
  const kills = quick ? KILLS.quick : KILLS.full;
  progress(`${kills} kills`);
  const title = "A Python worker that is killed";
  const bars = ["every frame is delivered, retried or reported", `back within ${LIMIT_MS} ms`].map(
    (what) => `worker killed ${kills} times under a live stream: ${what}`,
  );
  const found = await measure(kills);
  if (found.skipped) return { title, tables: [], verdicts: bars.map((bar) => verdict(bar, found.skipped)) };
  const { pushed, delivered, interrupted, retried, reported, dropped, twice, unaccounted, backMs } = found;
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => Math.round(quantile(backMs, share)));
  return {
    title,
    tables: [
      {
        title: "What became of the frames",
        head: FRAMES,
        rows: [[pushed, delivered, interrupted, retried, reported, dropped, twice, unaccounted]],
        note: NOTE,
      },
      { title: "From the kill to the first frame of the next worker", head: BACK, rows: [[`${kills} kills`, p50, p95, max]] },
    ],
    verdicts: [
      verdict(bars[0], `${unaccounted} of ${pushed} unaccounted for, ${twice} delivered twice`, unaccounted === 0 && twice === 0),
      verdict(bars[1], `p50 ${p50} ms, longest ${max} ms`, max <= LIMIT_MS),
    ],
  };
}

async function measure(kills) {
  const env = { ...process.env, REMOTEMEDIA_PYTHON_PACKAGE: path("../../../clients/python/src") };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [path("kills.mjs"), `${kills}`], { env });
    return JSON.parse(stdout);
  } catch (error) {
    return { skipped: reasonFrom(error.stderr ?? "", error.message) };
  }
}
