import { errors, type RunResult } from "@remotemedia/core";
import { Cancellation } from "./cancellation.ts";
import { defineCommand } from "./command.ts";
import { parseDurationMs } from "./duration.ts";
import { hostFor, observed } from "./host.ts";
import { metricsFormats, metricsText } from "./metrics-table.ts";
import { pipelineOptions, prepare } from "./prepare.ts";
import { Progress } from "./progress.ts";
import { noteLost, outputFormats, printResults, type Result } from "./results.ts";
import { note, printLine } from "./terminal.ts";
import { unwrapped } from "./values.ts";

/** `remotemedia run` */
export const run = defineCommand({
  usage: "MANIFEST|'LAUNCH LINE' [options]",
  description: "Runs a pipeline to its end. Values that leave it are printed, unless -o says where they go.",
  operands: [1, 1],
  options: {
    ...pipelineOptions,
    "output-format": { type: "string", short: "O", value: outputFormats.join("|"), help: "How values are printed (default: text)" },
    timeout: { type: "string", value: "TIME", help: "Give up after: 500ms, 300s, 5m" },
    metrics: { type: "string", value: `[=${metricsFormats.join("|")}]`, help: "Show on standard error what each node did" },
  },
  examples: [
    "remotemedia run 'file-source path=in.wav ! resample sample_rate=16000 ! file-sink path=out.wav'",
    "remotemedia run 'resample sample_rate=16000 ! vad segments=true' -i in.wav -o speech.wav --metrics",
    "remotemedia run pipeline.json -i input.json -O json",
    "arecord -f S16_LE -r 16000 -t raw | remotemedia run 'gain factor=2' -i - --input-format raw -o - | aplay -f S16_LE -r 16000",
  ],
  async run({ options, operands }) {
    const format = oneOf("output-format", options["output-format"] ?? "text", outputFormats);
    const metricsFormat = options.metrics === undefined ? undefined : oneOf("metrics", options.metrics, metricsFormats);
    using cancellation = new Cancellation(options.timeout === undefined ? undefined : parseDurationMs(options.timeout));
    const progress = process.stderr.isTTY && options.quiet !== true && options.json !== true ? new Progress() : undefined;
    const host = progress === undefined ? hostFor(options) : observed(hostFor(options), progress.follow);
    const printsAtOnce = format === "text" && options.json !== true;
    const { signal } = cancellation;
    const done = await unlessInterrupted(cancellation, async () => {
      const prepared = await prepare(operands[0] as string, options, { host, runs: true, printsAtOnce, signal });
      const { metrics } = await prepared.pipeline.run(prepared.input, { signal });
      return { results: prepared.results, metrics };
    }).finally(() => progress?.finish());
    if (done === undefined) return interrupted(cancellation, options.json === true);
    const { results, metrics } = done;
    for (const result of results) result.finish();
    if (options.json === true) printLine(JSON.stringify(report(results, metricsFormat === undefined ? undefined : metrics)));
    else printResults(results, format);
    if (options.quiet !== true) noteLost(results);
    if (metricsFormat !== undefined && options.json !== true) note(metricsText(metrics, metricsFormat));
    return undefined;
  },
});

/** What the work gives, or undefined when a signal ended it. */
async function unlessInterrupted<T>(cancellation: Cancellation, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (cancellation.exitCode === undefined) throw cancellation.reasonOf(thrown);
    return undefined;
  }
}

function interrupted({ exitCode }: Cancellation, asJson: boolean): number | undefined {
  const error = errors.cancelled({ message: "the run was interrupted", fix: "Nothing: what was written so far can be read." });
  if (asJson) printLine(JSON.stringify({ status: "error", error }));
  else note("interrupted: what was written so far can be read");
  return exitCode;
}

/** The shape of the earlier SDK's results. */
function report(results: readonly Result[], metrics: RunResult["metrics"] | undefined) {
  const values = results.filter(({ isPrinted }) => isPrinted).flatMap((result) => result.values.map(({ value }) => value));
  return { status: "success", outputs: unwrapped(values), ...(metrics !== undefined && { metrics }) };
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw errors.usage({ message: `--${option} does not know "${value}"`, expected: allowed.join(", ") });
}
