import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { extname } from "node:path";
import { errors, type Input, type InputValue } from "@remotemedia/core";
import type { Draft } from "./draft.ts";
import { standardInputAsFile } from "./standard-input.ts";

/** How an input is read. */
export const inputFormats = ["auto", "wav", "text", "json", "raw"] as const;
/** One of {@link inputFormats}. */
export type InputFormat = (typeof inputFormats)[number];

/** How inputs are given on the command line. */
export interface InputOptions {
  readonly input?: readonly string[] | undefined;
  readonly "input-format"?: string | undefined;
  readonly "sample-rate"?: string | undefined;
  readonly channels?: string | undefined;
}

/** Values for the pipeline, beside the files that its own sources read. */
export interface BoundInput {
  /** For every node that wants input and has none. */
  readonly all: Input | undefined;
  /** By node. */
  readonly byNode: ReadonlyMap<string, Input>;
}

/** Binds `-i` to the open beginnings of a pipeline; media become sources of it, values are given to its run. */
export async function bindInputs(draft: Draft, options: InputOptions, inputData: unknown, signal?: AbortSignal): Promise<BoundInput> {
  const byNode = new Map<string, Input>();
  let all = inputData as Input | undefined;
  let hasSound = false;
  for (const argument of options.input ?? []) {
    const { node, file } = splitBinding(argument, draft);
    const values = await bind(draft, node, file, options, signal);
    if (values === undefined) hasSound = true;
    else if (node === undefined) all = values;
    else byNode.set(node, values);
  }
  // Beside a sound, a node that takes only text would wait in vain.
  if (hasSound) for (const id of draft.openInputs) if (!byNode.has(id) && !draft.takesAudio(id)) byNode.set(id, []);
  return { all, byNode };
}

/**
 * Whether every node gets what it wants.
 *
 * @throws `usage` that names those that do not.
 */
export function requireInputs(draft: Draft, { all, byNode }: BoundInput): void {
  const given = new Set([...byNode.keys()].map((end) => draft.idOf(end)));
  const waiting = draft.openInputs.filter((id) => !given.has(id));
  if (all !== undefined || waiting.length === 0) return;
  const fix = waiting.length === 1 ? "-i FILE" : waiting.map((id) => `-i ${id}=FILE`).join(" ");
  throw errors.usage({ message: `${waiting.map((id) => `"${id}"`).join(", ")} wants input, and none was given`, fix: `Give it: ${fix}.` });
}

/** `NODE=FILE`, where the pipeline has such a node; else all of it is a file. */
export function splitBinding(argument: string, draft: Draft): { readonly node?: string; readonly file: string } {
  const at = argument.indexOf("=");
  const node = argument.slice(0, Math.max(at, 0));
  if (at > 0 && draft.idOf(node) !== undefined) return { node, file: argument.slice(at + 1) };
  if (at > 0 && /^[\w-]+(\.\w+)?$/.test(node)) throw draft.unknown(node);
  return { file: argument };
}

/** Gives values that are not media, for the run. */
async function bind(
  draft: Draft,
  node: string | undefined,
  given: string,
  options: InputOptions,
  signal: AbortSignal | undefined,
): Promise<Input | undefined> {
  const targets = node === undefined ? targetsOf(draft) : [node];
  const reader = draft.fileNode(targets[0] as string);
  const isRaw = reader === undefined ? askedFormat(options, given) === "raw" : reader === "pcm-source";
  // Only raw samples are read from front to back, as they come through a pipe.
  const file = given === "-" && !isRaw ? await standardInputAsFile(signal) : given;
  if (reader !== undefined) {
    draft.configure(targets[0] as string, { path: file });
    return undefined;
  }
  const asked = askedFormat(options, given);
  const format = asked === "auto" ? sniff(file, given) : asked;
  if (format === "json") return parseValues(read(file, given), given);
  if (format === "text") return read(file, given).replace(/\r?\n$/, "");
  const hearing = targets.filter((id) => draft.takesAudio(id));
  const listeners = hearing.length > 0 ? hearing : targets;
  if (format === "raw") draft.feed(listeners, "pcm-source", { path: file, ...rawParams(options) });
  else draft.feed(listeners, "file-source", { path: file });
  return undefined;
}

function targetsOf(draft: Draft): readonly string[] {
  const { unboundSources, openInputs } = draft;
  if (unboundSources.length === 1) return unboundSources;
  if (unboundSources.length === 0 && openInputs.length > 0) return openInputs;
  if (unboundSources.length === 0) {
    throw errors.usage({ message: "input was given, but every node has a source", fix: "Leave out -i, or the path of a file-source." });
  }
  const fix = `Name the node: ${unboundSources.map((id) => `-i ${id}=FILE`).join(" ")}.`;
  throw errors.usage({ message: `${unboundSources.length} sources wait for a file`, fix });
}

const byExtension: Readonly<Record<string, InputFormat>> = { ".wav": "wav", ".json": "json", ".txt": "text", ".raw": "raw", ".pcm": "raw" };

function askedFormat(options: InputOptions, file: string): InputFormat {
  const format = (options["input-format"] ?? "auto") as InputFormat;
  if (!inputFormats.includes(format)) throw errors.usage({ message: `no input format "${format}"`, expected: inputFormats.join(", ") });
  return format === "auto" ? (byExtension[extname(file).toLowerCase()] ?? "auto") : format;
}

/** WAV says that it is; what looks like JSON is; the rest is text if it can be. */
function sniff(file: string, given: string): InputFormat {
  const bytes = headOf(file, given);
  if (/^(RIFF|RF64|BW64)/.test(bytes.toString("latin1", 0, 4))) return "wav";
  // As a stream: the last character may be cut in two.
  const text = new TextDecoder().decode(bytes, { stream: true });
  if (/[\0\uFFFD]/.test(text)) {
    const fix = "Say what it is: --input-format wav|text|json|raw. Other audio files are not read yet: ffmpeg -i FILE out.wav";
    throw errors.usage({ message: `${nameOf(given)} is neither WAV, JSON nor text`, fix });
  }
  return /^\s*([[{"\d-]|true\b|false\b|null\b)/.test(text) ? "json" : "text";
}

function headOf(file: string, given: string): Buffer {
  const handle = attempt(given, () => openSync(file, "r"));
  try {
    const bytes = Buffer.alloc(256);
    return bytes.subarray(
      0,
      attempt(given, () => readSync(handle, bytes)),
    );
  } finally {
    closeSync(handle);
  }
}

const read = (file: string, given: string): string => attempt(given, () => readFileSync(file, "utf8"));

function attempt<T>(given: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const what = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "permission denied" }[code ?? ""];
    throw errors.ioFailed({ message: `cannot read ${nameOf(given)}: ${what ?? String(thrown)}`, cause: thrown });
  }
}

/** A list is a list of inputs, anything else one. */
function parseValues(text: string, file: string): Input {
  try {
    return JSON.parse(text) as InputValue;
  } catch (cause) {
    throw errors.usage({
      message: `${nameOf(file)} is not JSON: ${(cause as Error).message}`,
      fix: "Mend it, or say --input-format text.",
      cause,
    });
  }
}

function rawParams(options: InputOptions) {
  const number = (name: "sample-rate" | "channels", fallback: number): number => {
    const value = Number(options[name] ?? fallback);
    if (Number.isInteger(value) && value > 0) return value;
    throw errors.usage({ message: `--${name} wants a whole number`, received: options[name] });
  };
  return { sample_rate: number("sample-rate", 16_000), channels: number("channels", 1) };
}

const nameOf = (file: string): string => (file === "-" ? "standard input" : file);
