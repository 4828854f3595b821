// npm run demo: a recording with a whistle in it becomes clean speech, and every claim about it is measured before your eyes.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { callbackSink, fileSink, fileSource, level, Pipeline, remix, resample, vad } from "remotemedia";
import { levelOfTone } from "./goertzel.mjs";
import { heading, line, strip, table } from "./show.mjs";

const folder = fileURLToPath(new URL("out/", import.meta.url));
const input = `${folder}in.wav`;
const output = `${folder}speech.wav`;
const shown = (path) => relative(process.cwd(), path);

mkdirSync(folder, { recursive: true });
// In a process of its own, so that the first run below is really a cold one.
if (!existsSync(input))
  execFileSync(process.execPath, [fileURLToPath(new URL("make-input.mjs", import.meta.url)), input], { stdio: "inherit" });

const clean = (onEvent) =>
  new Pipeline("demo")
    .add(fileSource({ path: input }))
    .add(resample({ sampleRate: 16_000 }))
    .add(remix({ channels: 1 }))
    .add(vad({ segments: true }))
    .branch("vad.events", (branch) => branch.add(callbackSink(onEvent), "segments"))
    .add(level())
    .add(fileSink({ path: output }));

const segments = [];
const noteSegment = ({ name, value, timestamp }) => {
  if (name === "speech-stopped") segments.push({ start: value.started_us / 1e6, end: timestamp / 1e6 });
};
const timed = async (pipeline) => {
  const startMs = performance.now();
  const { metrics } = await pipeline.run();
  return { metrics, tookMs: performance.now() - startMs };
};
const cold = await timed(clean(noteSegment));
const warm = await timed(clean(() => {}));
const seconds = statSync(input).size / (48_000 * 2 * Int16Array.BYTES_PER_ELEMENT);

heading("Input");
line(`${shown(input)}: 48 kHz, stereo, ${seconds.toFixed(1)} s; on the right a tone of 12 kHz and noise`);
line("file-source → resample 16 kHz → remix to mono → vad → level → file-sink");

heading("Speech");
for (const { start, end } of segments) {
  line(
    `${start.toFixed(2).padStart(6)} … ${end.toFixed(2).padStart(6)} s  ${(end - start).toFixed(2).padStart(5)} s  ${strip(start / seconds, end / seconds)}`,
  );
}
line(segments.length > 0 ? `${segments.length} segments, written to ${shown(output)}` : "none was found");

heading("What each node did");
table(
  ["node", "runtime", "calls", "frames out", "total ms", "p50 µs", "p99 µs"],
  cold.metrics.node_metrics.map((node) => [
    node.node_id,
    node.runtime,
    node.execution_count,
    node.frames_out,
    (node.total_duration_us / 1000).toFixed(1),
    node.p50_us.toFixed(0),
    node.p99_us.toFixed(0),
  ]),
);

heading("Speed");
const speed = ({ tookMs }) => `${tookMs.toFixed(0)} ms, ${((seconds * 1000) / tookMs).toFixed(0)}× real time`;
line(`${seconds.toFixed(1)} s of audio, first run: ${speed(cold)}; second run: ${speed(warm)}`);

const before = await levelOfTone(input, 12_000, 1);
const after = await levelOfTone(output, 4_000, 0);
const isGone = before > -30 && after < before - 60;

heading("The tone");
line(`before: ${before.toFixed(1)} dB at 12 kHz`);
line(`after:  ${after.toFixed(1)} dB at 4 kHz, where it would have landed; ${isGone ? "it is gone" : "it is NOT gone"}`);

process.exitCode = isGone && segments.length > 0 ? 0 : 1;
