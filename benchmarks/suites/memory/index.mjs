import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { reasonFrom } from "../../lib/reason.mjs";
import { median, quantile } from "../../lib/statistics.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { productionInstall } from "./production-install.mjs";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const NODE = process.execPath;
const LIMITS = { garbageBytes: 2_000, growthBytes: 1e6, installBytes: 50e6, timesScipy: 2 };

/** What the product leaves behind: garbage per frame, a heap that must stay flat, the resident memory of a job, and the disk. */
export async function run({ quick, progress }) {
  progress("garbage per frame");
  const garbage = json(NODE, ["--expose-gc", "--min-semi-space-size=512", "--max-semi-space-size=512", script("garbage.mjs")]);
  progress("ten minutes of live audio");
  const minutes = json(NODE, ["--expose-gc", script("ten-minutes.mjs")]);
  progress("resident memory");
  const peaks = measurePeaks(quick ? 2 : 5);
  progress("production install");
  const install = productionInstall();
  return {
    title: "Memory and disk",
    tables: [garbageTable(garbage, minutes), peakTable(peaks), installTable(install)],
    verdicts: [garbageVerdict(garbage), flatVerdict(minutes), peakVerdict(peaks), installVerdict(install)],
  };
}

/** Runs a program that prints one line of JSON. */
function json(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (error) return { skipped: `${command} is not installed` };
  if (status !== 0) return { skipped: reasonFrom(stderr, `ended with ${status}`) };
  return JSON.parse(stdout);
}

const bytes = (value) => `${Math.round(value).toLocaleString("en")} B`;
const mebibytes = (kib) => `${(kib / 1024).toFixed(1)} MiB`;

function garbageTable(garbage, minutes) {
  const row = ({ skipped }, cells) => (skipped ? [`skipped: ${skipped}`] : cells());
  return {
    title: "Live audio in frames of 20 ms through five audio nodes",
    note: "remix, resample 48 → 16 kHz, gain, vad, format-convert; the header of the frame that is pushed counts as garbage too. The output is borrowed; a copy of it would add its 640 bytes of samples.",
    head: ["", "measured"],
    rows: [
      ["garbage per frame, median of the slices", ...row(garbage, () => [bytes(median(garbage.perFrame))])],
      [
        "garbage per frame, worst slice",
        ...row(garbage, () => [
          `${bytes(quantile(garbage.perFrame, 1))} (${garbage.perFrame.length} of ${garbage.slices} slices of 10,000 frames)`,
        ]),
      ],
      ["heap after each of ten minutes, MB", ...row(minutes, () => [minutes.minutes.map((used) => (used / 1e6).toFixed(2)).join(", ")])],
    ],
  };
}

function garbageVerdict({ skipped, perFrame }) {
  const bar = `garbage per 20 ms frame through five audio nodes: at most ${LIMITS.garbageBytes / 1000} kB`;
  if (skipped) return verdict(bar, skipped);
  if (perFrame.length === 0) return verdict(bar, "a collection ran in every slice");
  return verdict(bar, bytes(median(perFrame)), median(perFrame) <= LIMITS.garbageBytes);
}

/** Flat: from the second minute, when every tier of code is compiled, to the last, less than 1 MB more. */
function flatVerdict({ skipped, minutes }) {
  const bar = "heap flat over ten minutes of live audio: less than 1 MB from the second minute to the tenth";
  if (skipped) return verdict(bar, skipped);
  const growth = minutes.at(-1) - minutes[1];
  return verdict(bar, bytes(growth), growth < LIMITS.growthBytes);
}

function measurePeaks(count) {
  const programs = [
    ["RemoteMedia", NODE, [script("peak.mjs")]],
    ["numpy and scipy", "/usr/bin/python3", [fileURLToPath(new URL("../pipeline/scipy_pipeline.py", import.meta.url)), "memory"]],
    ["Node.js alone", NODE, ["-e", PEAK_OF_NODE]],
  ];
  return programs.map(([name, command, args]) => {
    const runs = Array.from({ length: count }, () => json(command, args));
    const skipped = runs.find((run) => run.skipped)?.skipped;
    return skipped ? { name, skipped } : { name, peakKib: median(runs.map(({ peakKib }) => peakKib)) };
  });
}

const PEAK_OF_NODE = `console.log(JSON.stringify({ peakKib: Number(/VmHWM:\\s*(\\d+)/.exec(require("fs").readFileSync("/proc/self/status", "utf8"))[1]) }))`;

function peakTable(peaks) {
  return {
    title: "Peak resident memory of a process that does the ten-second job once",
    head: ["", "peak"],
    rows: peaks.map(({ name, skipped, peakKib }) => [name, skipped ? `skipped: ${skipped}` : mebibytes(peakKib)]),
  };
}

function peakVerdict([ours, scipy]) {
  const bar = `peak resident memory of the ten-second job: at most ${LIMITS.timesScipy} × numpy and scipy`;
  if (ours.skipped || scipy.skipped) return verdict(bar, ours.skipped ?? scipy.skipped);
  const ratio = ours.peakKib / scipy.peakKib;
  return verdict(bar, `${ratio.toFixed(2)} × (${mebibytes(ours.peakKib)} to ${mebibytes(scipy.peakKib)})`, ratio <= LIMITS.timesScipy);
}

function installTable({ skipped, bytes: size, packages }) {
  const row = skipped ? [`skipped: ${skipped}`, ""] : [`${(size / 1e6).toFixed(2)} MB`, packages];
  return {
    title: "Production install of `remotemedia`",
    head: ["", "on disk", "packages"],
    rows: [["`npm install remotemedia --omit=dev`", ...row]],
  };
}

function installVerdict({ skipped, bytes: size }) {
  const bar = `production install: at most ${LIMITS.installBytes / 1e6} MB on disk`;
  return skipped ? verdict(bar, skipped) : verdict(bar, `${(size / 1e6).toFixed(2)} MB`, size <= LIMITS.installBytes);
}
