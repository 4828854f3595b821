import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { interleave } from "../../lib/interleave.mjs";
import { reasonFrom } from "../../lib/reason.mjs";
import { pairedRatio, showRatio } from "../../lib/statistics.mjs";
import { timingTable } from "../../lib/timing-table.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { wallTime } from "../../lib/whole-process.mjs";
import { writeInput } from "./input.mjs";
import { pythonWithLibrosa } from "./librosa.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const SDK = path("../../../clients/python/src");
const RUNTIME = join(SDK, "remotemedia/_runtime/remotemedia.js");
const FRAME_MS = 30;
const LIMITS = { warm: 2, errorDb: -80 };
const WARM_NOTE = `10 s of stereo at 44.1 kHz, float32 → 16 kHz → energy VAD → int16. Ours is \`Pipeline([AudioResampleNode(16000), VADNode(), FormatConverterNode("i16")]).run(…)\`, made
anew on every pass, in the runtime and, with \`REMOTEMEDIA_RUNTIME=python\`, in numpy. numpy and scipy: \`resample_poly\` with a window of the same shape, stop band and transition,
designed once; librosa: its default, soxr.`;
const COLD_NOTE =
  "One process each, from spawn to end: Python, its imports, reading the samples, the job; ours starts the runtime and ends it. The system's file cache is warm.";
const QUALITY_NOTE = `The error is that of what lies below 0.9 of the band, against trigonometric interpolation of the whole in float64, relative to the signal. Speech is told by frames of ${FRAME_MS} ms,
and lies in every other second.`;

/** The script of somebody who prepares recordings for a recognizer. */
export async function run({ rounds, progress }) {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-audio-"));
  try {
    const input = join(folder, "input.f32");
    writeInput(input);
    const scripts = scriptsFor(input, installedSdk(folder));
    progress("warm");
    const warm = await interleave(
      scripts.map((script) => script.as("bench")),
      { rounds, passes: 5, warmUpPasses: 25 },
    );
    progress("whole processes");
    const cold = wholeProcesses(scripts, rounds);
    progress("quality");
    const quality = scripts.map(judge);
    return {
      title: "A Python user's audio script",
      tables: [
        { ...timingTable("Warm: the same process, pass after pass", warm, {}, { hasFirst: true }), note: WARM_NOTE },
        { ...timingTable("Cold: the whole process", cold, {}, { hasFirst: false }), note: COLD_NOTE },
        { ...qualityTable(quality), note: QUALITY_NOTE },
      ],
      verdicts: [warmVerdict(warm), coldVerdict(cold), errorVerdict(quality), segmentsVerdict(quality)],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The SDK as a wheel lays it out: Python, and the runtime in one file. */
function installedSdk(folder) {
  if (!existsSync(RUNTIME)) return { skipped: "not built" };
  const sdk = join(folder, "site-packages");
  cpSync(SDK, sdk, { recursive: true });
  return { sdk: [sdk] };
}

function scriptsFor(input, ours) {
  const script = (name, module, { command = "/usr/bin/python3", skipped, env, sdk = [] } = {}) => ({
    name,
    as: (mode) => ({ name, command, env, skipped, args: [path("contestant.py"), input, module, mode, ...sdk] }),
  });
  return [
    script("RemoteMedia", "sdk", ours),
    script("RemoteMedia without the runtime", "sdk", { ...ours, env: { REMOTEMEDIA_RUNTIME: "python" } }),
    script("numpy and scipy", "with_scipy"),
    script("librosa", "with_librosa", pythonWithLibrosa()),
  ];
}

/** One of each per round; the first round only fills the file cache. */
function wholeProcesses(scripts, rounds) {
  const results = scripts.map((script) => ({ ...script.as("once"), rounds: [] }));
  for (let round = -1; round < rounds; round++) {
    for (const result of results.filter(({ skipped }) => !skipped)) {
      const { elapsedMs, skipped } = wallTime(result.command, result.args, "", result.env);
      result.skipped = skipped;
      if (!skipped && round >= 0) result.rounds.push([elapsedMs]);
    }
  }
  return results;
}

function judge(script) {
  const { name, command, args, env, skipped } = script.as("judge");
  if (skipped) return { name, skipped };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env: { ...process.env, ...env } });
  return status === 0 ? { name, ...JSON.parse(stdout) } : { name, skipped: reasonFrom(stderr, `ended with ${status}`) };
}

function qualityTable(results) {
  const rows = results.map(({ name, skipped, errorDb, segments }) =>
    skipped ? [name, `skipped: ${skipped}`, ""] : [name, errorDb.toFixed(1), segments.map(([from, to]) => `${from}–${to}`).join(", ")],
  );
  return { title: "What comes out", head: ["", "error in the band, dB", "speech, frames"], rows };
}

function warmVerdict([ours, , peer]) {
  const bar = `Python audio script, warm: at least ${LIMITS.warm} × faster than numpy and scipy at the same filter quality`;
  const skipped = ours.skipped ?? peer.skipped;
  if (skipped) return verdict(bar, skipped);
  const ratio = pairedRatio(peer.rounds, ours.rounds);
  return verdict(bar, `${showRatio(ratio)} × faster`, ratio.median >= LIMITS.warm);
}

function coldVerdict([ours, , peer]) {
  const bar = "Python audio script, whole process: not slower than numpy and scipy with their imports";
  const skipped = ours.skipped ?? peer.skipped;
  if (skipped) return verdict(bar, skipped);
  const ratio = pairedRatio(ours.rounds, peer.rounds);
  return verdict(bar, `${showRatio(ratio)} × its time`, ratio.median <= 1);
}

function errorVerdict([ours, inNumpy]) {
  const bar = `Python audio script, error in the band: at most ${LIMITS.errorDb} dB`;
  const skipped = ours.skipped ?? inNumpy.skipped;
  if (skipped) return verdict(bar, skipped);
  const worst = Math.max(ours.errorDb, inNumpy.errorDb);
  return verdict(bar, `${worst.toFixed(1)} dB`, worst <= LIMITS.errorDb);
}

function segmentsVerdict([ours, inNumpy, peer]) {
  const bar = "Python audio script, speech: begins and ends where numpy says, within one frame";
  const skipped = ours.skipped ?? inNumpy.skipped ?? peer.skipped;
  if (skipped) return verdict(bar, skipped);
  const apart = Math.max(...[ours, inNumpy].map((one) => distance(one.segments, peer.segments)));
  return verdict(bar, Number.isFinite(apart) ? `${apart} frames apart` : "another number of segments", apart <= 1);
}

/** The most frames by which two lists of segments differ. */
function distance(ours, theirs) {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return Math.max(...ours.flat().map((frame, index) => Math.abs(frame - theirs.flat()[index])));
}
