import { spawnSync } from "node:child_process";
import { reasonFrom } from "./reason.mjs";

/** Fractions of f, half the lower rate: where the tone must pass, and where nothing may come through. */
const PASSBAND = [0.013, 0.107, 0.31, 0.503, 0.707, 0.803, 0.85, 0.88, 0.9, 0.925];
const STOPBAND = [1.05, 1.057, 1.07, 1.09, 1.13, 1.19, 1.27, 1.39, 1.57, 1.81, 2.13, 2.47, 2.71, 2.93, 3.7, 4.9, 5.83];
const IMAGED = [0.93, 0.94, 0.95]; // passes in part, but its image lies at 1.05 f and above when the rate goes up
const AMPLITUDE = 0.5;
const SECONDS = 0.6;
const EDGE_SECONDS = 0.2; // a tone that begins is not a tone yet: five times the longest filter here

/**
 * The quality of a resampler by single tones, the same for everybody: `ripple` is the largest deviation in dB from 0 dB up to 0.925 f, `worst` the
 * loudest thing in dB below the tone that is not the tone: aliases of tones from 1.05 f, images, noise and distortion.
 */
export function measureQuality({ command }, from, to) {
  const half = Math.min(from, to) / 2;
  const tones = plan(half, from, to);
  const outputs = runFilter(
    command("filter", from, to, 0),
    tones.map(({ hertz }) => tone(hertz, from)),
  );
  if (outputs.skipped) return outputs;
  let ripple = 0;
  let worst = -Infinity;
  for (const [index, { hertz, kind }] of tones.entries()) {
    const { gainDb, restDb } = analyze(outputs[index], hertz, to, kind === "stop");
    if (kind === "pass") ripple = Math.max(ripple, Math.abs(gainDb));
    worst = Math.max(worst, restDb);
  }
  return { ripple, worst };
}

function plan(half, from, to) {
  const at = (kind) => (fraction) => ({ hertz: fraction * half, kind });
  const stop = STOPBAND.map(at("stop")).filter(({ hertz }) => hertz < 0.995 * (from / 2));
  return [...PASSBAND.map(at("pass")), ...(to > from ? IMAGED.map(at("image")) : stop)];
}

function tone(hertz, rate) {
  return Float32Array.from({ length: Math.round(SECONDS * rate) }, (_, n) => AMPLITUDE * Math.sin((2 * Math.PI * hertz * n) / rate));
}

/** Sends streams through a contestant in filter mode: `[u32 samples][f32…]` each way. */
export function runFilter([command, args], streams) {
  const input = Buffer.concat(
    streams.flatMap((samples) => [Buffer.from(Uint32Array.of(samples.length).buffer), Buffer.from(samples.buffer)]),
  );
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, maxBuffer: 1 << 30 });
  if (error || status !== 0) return { skipped: error?.message ?? complaintOf(stdout, stderr) };
  const outputs = [];
  for (let at = 0; at < stdout.length; ) {
    const bytes = stdout.readUInt32LE(at) * 4;
    outputs.push(new Float32Array(Uint8Array.from(stdout.subarray(at + 4, at + 4 + bytes)).buffer));
    at += 4 + bytes;
  }
  return outputs;
}

function complaintOf(stdout, stderr) {
  return /"skipped":"(.*)"/.exec(stdout.toString())?.[1] ?? reasonFrom(stderr.toString(), "ended without an answer");
}

/** Fits the tone by least squares in the middle of the output; what is left over counts against the resampler. */
function analyze(samples, hertz, rate, isAllRest) {
  const start = Math.round(EDGE_SECONDS * rate);
  const end = Math.min(samples.length, Math.round((SECONDS - EDGE_SECONDS) * rate));
  const step = (2 * Math.PI * hertz) / rate;
  let [ss, cc, sc, sy, cy] = [0, 0, 0, 0, 0];
  for (let n = start; n < end; n++) {
    const [s, c, y] = [Math.sin(step * n), Math.cos(step * n), samples[n]];
    ss += s * s;
    cc += c * c;
    sc += s * c;
    sy += s * y;
    cy += c * y;
  }
  const determinant = ss * cc - sc * sc;
  const a = isAllRest ? 0 : (sy * cc - cy * sc) / determinant;
  const b = isAllRest ? 0 : (cy * ss - sy * sc) / determinant;
  let rest = 0;
  for (let n = start; n < end; n++) rest += (samples[n] - a * Math.sin(step * n) - b * Math.cos(step * n)) ** 2;
  return { gainDb: decibels(Math.hypot(a, b) / AMPLITUDE), restDb: decibels(Math.sqrt((2 * rest) / (end - start)) / AMPLITUDE) };
}

const decibels = (ratio) => 20 * Math.log10(Math.max(ratio, 1e-12));
