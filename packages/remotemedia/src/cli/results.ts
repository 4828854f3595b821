import { writeFileSync } from "node:fs";
import { type AudioFrame, errors, type Frame, type JsonValue, type Kernels } from "@remotemedia/core";
import { note, print, printLine } from "./terminal.ts";
import { textTable } from "./text-table.ts";
import { lineOf, plainValueOf, unwrapped } from "./values.ts";

/** How values are printed. */
export const outputFormats = ["text", "json", "table"] as const;
/** One of {@link outputFormats}. */
export type OutputFormat = (typeof outputFormats)[number];

// A list that is printed whole at the end has to end.
const mostValues = 1_000_000;

/** What leaves one output of a pipeline, on its way to standard output or into a JSON file. */
export class Result {
  readonly from: string;
  readonly values: { readonly value: JsonValue; readonly timestampUs: number }[] = [];
  /** Media that came and were not kept. */
  seconds = 0;
  #media: Frame["kind"] | undefined;
  readonly #file: string | undefined;
  readonly #printsAtOnce: boolean;
  readonly #pcm: Kernels | undefined;

  /** @param destination a JSON file, or `print`: as soon as it comes; `pcm` are the kernels, where audio is wanted as raw samples */
  constructor(from: string, destination: { readonly file?: string; readonly print?: boolean; readonly pcm?: Kernels | undefined }) {
    this.from = from;
    this.#file = destination.file;
    this.#printsAtOnce = destination.print === true;
    this.#pcm = destination.pcm;
  }

  /** Whether it goes to standard output. */
  get isPrinted(): boolean {
    return this.#file === undefined;
  }

  /** Takes a frame that is only lent. */
  readonly take = (frame: Frame): void | Promise<void> => {
    const value = plainValueOf(frame);
    if (value === undefined) return this.#takeMedia(frame);
    if (this.#printsAtOnce) return print(`${lineOf(value)}\n`);
    if (this.values.push({ value, timestampUs: frame.timestamp }) <= mostValues) return;
    const fix = "Print them as they come (-O text), or write -o FILE.jsonl.";
    throw errors.limitExceeded({ message: `more than ${mostValues} values to keep until the end`, fix });
  };

  #takeMedia(frame: Frame): void | Promise<void> {
    if (frame.kind === "text") return;
    if (frame.kind === "audio" && this.#pcm !== undefined) return print(pcmOf(frame, this.#pcm));
    this.#media = frame.kind;
    this.seconds += frame.duration / 1e6;
  }

  /** Media that nobody kept, in words. */
  get lost(): string | undefined {
    if (this.#media === undefined) return undefined;
    const advice = this.#media === "audio" ? "-o out.wav writes it" : "a sink of the pipeline can take it";
    return `${this.from} gave ${this.seconds.toFixed(2)} s of ${this.#media} that nobody keeps; ${advice}`;
  }

  /** Writes its file, if it has one. */
  finish(): void {
    if (this.#file === undefined) return;
    try {
      writeFileSync(this.#file, `${JSON.stringify(unwrapped(this.values.map(({ value }) => value)))}\n`);
    } catch (cause) {
      throw errors.ioFailed({ message: `cannot write ${this.#file}: ${(cause as Error).message}`, cause });
    }
  }
}

/** Samples as they go through a pipe: s16, interleaved, little-endian. */
function pcmOf({ data, format, numberOfChannels, numberOfFrames }: AudioFrame, kernels: Kernels): Uint8Array {
  const samples = new Int16Array(numberOfChannels * numberOfFrames);
  kernels.convert(data, format, samples, "s16", numberOfChannels, numberOfFrames);
  return new Uint8Array(samples.buffer);
}

/** Prints what was not printed as it came. */
export function printResults(results: readonly Result[], format: OutputFormat): void {
  const printed = results.filter(({ isPrinted }) => isPrinted);
  const values = printed.flatMap(({ values }) => values.map(({ value }) => value));
  const lost = lostBy(results);
  if (format === "table") printLine(tableOf(printed));
  if (format === "json" && (values.length > 0 || lost.length === 0) && printed.length > 0) printLine(JSON.stringify(unwrapped(values)));
}

/** Says on standard error which media nobody kept. */
export function noteLost(results: readonly Result[]): void {
  for (const text of lostBy(results)) note(`note: ${text}`);
}

const lostBy = (results: readonly Result[]): readonly string[] =>
  results.flatMap((result) => (result.isPrinted && result.lost !== undefined ? [result.lost] : []));

function tableOf(results: readonly Result[]): string {
  const rows = results.flatMap(({ from, values }) =>
    values.map(({ value, timestampUs }) => [from, (timestampUs / 1e6).toFixed(3), lineOf(value)]),
  );
  return textTable([["output", "s", "value"], ...rows], [1]);
}
