import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstLine } from "../../lib/environment.mjs";
import { pairedRatio, showRatio, summarize } from "../../lib/statistics.mjs";
import { digits } from "../../lib/timing-table.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { encodeWav } from "../../lib/wav.mjs";
import { timeToFirstOutput } from "../../lib/whole-process.mjs";

const CLI = fileURLToPath(new URL("../../../packages/remotemedia/dist/remotemedia.js", import.meta.url));
const ROUNDS = { full: 15, quick: 3 };
const RATE = 48_000;
const LIMIT_MS = 300;
const AIM_MS = 150;
const NOTE = `From the spawn of the process to the first byte of output: one second of s16 at 48 kHz from a file, resampled to 16 kHz, to stdout. The
operating system's file cache is warm, the processes are not. "Node.js alone" is \`node -e 0\`, to its end: the floor of anything that starts in Node.js.`;

/** What somebody waits for who types a command. */
export async function run({ quick, progress }) {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-cold-"));
  try {
    progress("command line");
    const results = await race(commands(folder), quick ? ROUNDS.quick : ROUNDS.full);
    return { title: "Command line, cold", tables: [{ ...table(results), note: NOTE }], verdicts: [cliVerdict(results[0])] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function commands(folder) {
  const wav = join(folder, "in.wav");
  const raw = join(folder, "in.raw");
  const samples = Int16Array.from({ length: RATE }, (_, n) => 9_000 * Math.sin((2 * Math.PI * 440 * n) / RATE));
  writeFileSync(raw, samples);
  writeFileSync(wav, encodeWav(samples, RATE));
  const parse = ["rawaudioparse", "use-sink-caps=false", "format=pcm", "pcm-format=s16le", "sample-rate=48000", "num-channels=1"];
  return [
    {
      name: "RemoteMedia CLI",
      command: process.execPath,
      args: [CLI, "run", `file-source path=${wav} ! resample sample_rate=16000 ! pcm-sink`],
      needs: CLI,
    },
    {
      name: "GStreamer gst-launch-1.0",
      command: "gst-launch-1.0",
      args: ["-q", "filesrc", `location=${raw}`, "!", ...parse, "!", "audioresample", "!", "audio/x-raw,rate=16000", "!", "fdsink", "fd=1"],
      library: firstLine("gst-launch-1.0", ["--version"]),
    },
    {
      name: "FFmpeg ffmpeg",
      command: "ffmpeg",
      args: ["-v", "error", "-i", wav, "-ar", "16000", "-f", "s16le", "pipe:1"],
      library: firstLine("ffmpeg", ["-version"]),
    },
    { name: "Node.js alone", command: process.execPath, args: ["-e", "0"], isFloor: true },
  ];
}

/** One of each per round; the first round only fills the file cache. */
async function race(contestants, rounds) {
  const results = contestants.map(({ needs, ...contestant }) => ({
    ...contestant,
    times: [],
    skipped: needs && !existsSync(needs) ? "not built" : undefined,
  }));
  for (let round = -1; round < rounds; round++) {
    for (const result of results.filter(({ skipped }) => !skipped)) {
      const { firstMs, elapsedMs, skipped } = await timeToFirstOutput(result.command, result.args);
      result.skipped = skipped;
      if (!skipped && round >= 0) result.times.push(result.isFloor ? elapsedMs : firstMs);
    }
  }
  return results;
}

function table(results) {
  const [ours] = results;
  const asRounds = ({ times }) => times.map((time) => [time]);
  const losses = [];
  const rows = results.map((result) => {
    if (result.skipped) return [result.name, `skipped: ${result.skipped}`, "", "", ""];
    const { min, median, p95 } = summarize(result.times);
    if (result === ours || ours.skipped) return [result.name, ...[min, median, p95].map(digits), ""];
    const ratio = pairedRatio(asRounds(ours), asRounds(result));
    if (ratio.low > 1 && !result.isFloor) losses.push(`${result.name} needs less time, ours takes ${ratio.median.toFixed(1)} ×`);
    return [result.name, ...[min, median, p95].map(digits), showRatio(ratio)];
  });
  const libraries = results.flatMap(({ library }) => library || []);
  return {
    title: "Start of a process to its first output",
    head: ["", "min, ms", "median, ms", "p95, ms", "ours ÷ this (IQR)"],
    rows,
    losses,
    libraries,
  };
}

function cliVerdict({ skipped, times }) {
  const bar = `CLI, process start to first output frame: at most ${LIMIT_MS} ms, aim ${AIM_MS}`;
  if (skipped) return verdict(bar, skipped);
  const { median } = summarize(times);
  return verdict(bar, `${median.toFixed(0)} ms`, median <= LIMIT_MS);
}
