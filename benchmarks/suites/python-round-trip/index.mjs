import { fileURLToPath } from "node:url";
import { interleave } from "../../lib/interleave.mjs";
import { median } from "../../lib/statistics.mjs";
import { timingTable } from "../../lib/timing-table.mjs";
import { verdict } from "../../lib/verdict.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const SIZES = [
  { words: "4 kB", bytes: 4_096, limitUs: 50, passes: 500 },
  { words: "3 MB", bytes: 3 * 2 ** 20, limitUs: 500, passes: 40 },
];
const CONTESTANTS = [
  ["RemoteMedia, a session of one node", "session.mjs"],
  ["RemoteMedia, the node without an executor", "bare.mjs"],
  ["MessagePack over standard input and output", "messagepack.mjs"],
  ["the floor: 16 bytes over a socket, raw shared memory", "floor.mjs"],
];
const NOTE =
  "A frame of float32 to a Python node that gives `array * 0.5`, and back; one at a time, samples checked. The floor is no peer: nothing in it is a frame, and nothing is looked after. Of 3 MB it reads and writes each sample three times (in, halved, out), a Python node five times: what numpy makes lies in memory of its own, and goes from there into the shared memory and on into the frame.";
// Tried, and not kept: glibc's thresholds for large blocks (2 % of 3 MB, within the spread); writing to the descriptor itself, and reading into one
// buffer (2 µs of 4 kB, for a second way to start workers); a selector that handles our socket before asyncio does (3 µs, and private parts of asyncio).
// Half of the time of 4 kB is Python's interpreter, which runs at half of its speed right after it was woken.

/** A frame to a Python node and back. */
export async function run({ rounds, progress }) {
  const tables = [];
  const verdicts = [];
  // As it is in the sources: the copy beside the built package may be older.
  const env = { REMOTEMEDIA_PYTHON_PACKAGE: path("../../../clients/python/src") };
  for (const { words, bytes, limitUs, passes } of SIZES) {
    progress(words);
    const entries = CONTESTANTS.map(([name, file]) => ({ name, command: process.execPath, args: [path(file), `${bytes}`], env }));
    const results = await interleave(entries, { rounds, passes, warmUpPasses: 4 * passes });
    const [ours, , peer] = results;
    const table = timingTable(`${words} to Python and back`, results, {}, { unit: "µs", scale: 1000, hasFirst: false });
    tables.push({ ...table, note: NOTE, losses: peer.skipped ? [] : table.losses.filter((loss) => loss.startsWith(peer.name)) });
    verdicts.push(verdictOf(`${words} to a Python node and back: median at most ${limitUs} µs`, ours, limitUs));
  }
  return { title: "Round trip through a Python node", tables, verdicts };
}

function verdictOf(bar, { skipped, rounds }, limitUs) {
  if (skipped) return verdict(bar, skipped);
  const us = median(rounds.flat()) * 1000;
  return verdict(bar, `${us.toFixed(us < 100 ? 1 : 0)} µs`, us <= limitUs);
}
