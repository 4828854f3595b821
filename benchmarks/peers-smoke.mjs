/**
 * A quick comparison with the peers for `npm test`: builds the native ones where their libraries are, and compares our output of 48 → 16 kHz with
 * theirs, sample by sample. Prints `part NAME passed|failed|skipped: reason`; ends with 0, 1 after a failure, or 77 if every part was skipped.
 */
import { spawnSync } from "node:child_process";
import { buildNativePeers } from "./lib/native-peers.mjs";
import { runFilter } from "./lib/quality.mjs";
import { resamplers } from "./lib/resamplers.mjs";

const [FROM, TO, SECONDS] = [48_000, 16_000, 1];
const EDGE = 0.06 * TO; // a tone that begins is wide-band, and filters of different lengths answer differently
const LEVEL = 0.1;

/** Tones up to 0.85 f and from 1.06 f (f = 8 kHz): the passband and stopband that `high` and libsoxr HQ both promise. */
const WIDE = [97, 440, 1234.5, 3100, 5000.3, 6800, 8480, 12_345.6, 20_000];
/** Tones up to 0.6 f and from 1.3 f, where FFmpeg's cheaper default is flat and shut as well. */
const NARROW = [97, 440, 1234.5, 3100, 4800, 10_400, 12_345.6, 20_000];

/**
 * Full scale 1. Against libsoxr HQ: six tones of 0.1, each within 0.0005 dB = 6e-6 of unity on either side, and three aliases below -120 dB, so 1e-4
 * has room; one sample of misalignment would differ by 0.5, a hundredth of one by 2e-3. libsoxr HQ and FFmpeg's default differ by 8e-6 on the
 * narrow signal. GStreamer's converter is not compared: its output lies about a quarter of an input sample off ours, libsoxr's and FFmpeg's.
 */
const TOLERANCE = 1e-4;
const PARTS = [
  { name: "libsoxr", peer: "libsoxr HQ", tones: WIDE },
  { name: "libswresample", peer: "FFmpeg swr default", tones: NARROW },
];
const PROGRAMS = [
  ["ffmpeg", ["-version"]],
  ["gst-launch-1.0", ["--version"]],
];

const native = buildNativePeers();
try {
  const results = [...comparisons(), ...PROGRAMS.map(presence)];
  for (const { name, state, reason } of results) console.log(`part ${name} ${state}: ${reason}`);
  if (results.some(({ state }) => state === "failed")) process.exitCode = 1;
  else if (results.every(({ state }) => state === "skipped")) process.exitCode = 77;
} finally {
  native.remove();
}

function comparisons() {
  const all = resamplers(native);
  return PARTS.map(({ name, peer, tones }) => {
    const theirs = all.find((entry) => entry.name === peer);
    if (theirs.skipped) return { name, state: "skipped", reason: theirs.skipped };
    const signal = sumOfTones(tones);
    const [ourOutput, theirOutput] = [all[0], theirs].map(({ command }) => runFilter(command("filter", FROM, TO, 0), [signal]));
    if (theirOutput.skipped) return { name, state: "skipped", reason: theirOutput.skipped };
    if (ourOutput.skipped) return { name, state: "failed", reason: ourOutput.skipped };
    return { name, ...judge(ourOutput[0], theirOutput[0]) };
  });
}

/** The middle must agree sample by sample, without any shift: both sides compensate their delay. */
function judge(ours, theirs) {
  const expected = TO * SECONDS;
  if (ours.length !== expected) return { state: "failed", reason: `${ours.length} samples instead of ${expected}` };
  let worst = 0;
  for (let n = EDGE; n < expected - EDGE; n++) worst = Math.max(worst, Math.abs(ours[n] - theirs[n]));
  const isClose = worst <= TOLERANCE; // false for NaN as well
  return { state: isClose ? "passed" : "failed", reason: `differs by ${worst.toExponential(1)} at most, ${TOLERANCE} allowed` };
}

function sumOfTones(tones) {
  const at = (n) => tones.reduce((sum, hertz, index) => sum + LEVEL * Math.sin((2 * Math.PI * hertz * n) / FROM + index), 0);
  return Float32Array.from({ length: FROM * SECONDS }, (_, n) => at(n));
}

/** The benchmark runs these programs; here it is enough that they start. */
function presence([name, args]) {
  const { status, error, stdout } = spawnSync(name, args, { encoding: "utf8" });
  if (error) return { name, state: "skipped", reason: "not installed" };
  return { name, state: status === 0 ? "passed" : "failed", reason: stdout.split("\n")[0] };
}
