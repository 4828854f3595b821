import { errors, type Host, type Input, type JsonValue, jsonFrame, type Manifest, textFrame } from "@remotemedia/core";
import { callbackSink, callbackSource } from "@remotemedia/nodes";
import { nodejsHost } from "../nodejs-host.ts";
import { loadNodes } from "../optional-nodes.ts";
import { Pipeline } from "../pipeline.ts";
import { bindInputs, type InputOptions, inputFormats, requireInputs } from "./bind-input.ts";
import { bindOutputs } from "./bind-output.ts";
import type { Options } from "./command.ts";
import { Draft } from "./draft.ts";
import { installNeeds } from "./install-needs.ts";
import { readManifest } from "./read-manifest.ts";
import type { Result } from "./results.ts";

/** Options of every command that takes a pipeline. */
export const pipelineOptions = {
  input: {
    type: "string",
    short: "i",
    multiple: true,
    value: "[NODE=]FILE",
    help: "What goes in: .wav, .json, .txt, .raw, or - (standard input)",
  },
  output: {
    type: "string",
    short: "o",
    multiple: true,
    value: "[NODE=]FILE",
    help: "Where it goes: .wav, .json, .jsonl, .txt, .raw, or -",
  },
  "input-format": { type: "string", value: inputFormats.join("|"), help: "How to read the input (default: by name and content)" },
  "sample-rate": { type: "string", value: "HZ", help: "Of raw input (default: 16000)" },
  channels: { type: "string", value: "N", help: "Of raw input, 16 bit (default: 1)" },
  params: { type: "string", value: "JSON", help: 'Parameters by node: {"NODE": {"name": value}}' },
} as const satisfies Options;

/** What the options of a pipeline were given. */
export interface PipelineValues extends InputOptions {
  readonly output?: readonly string[] | undefined;
  readonly params?: string | undefined;
}

/** A pipeline with its ends bound. */
export interface Prepared {
  readonly pipeline: Pipeline;
  readonly manifest: Manifest;
  readonly input: Input | undefined;
  readonly results: readonly Result[];
}

/** How a pipeline is wanted. */
export interface Preparation {
  readonly host: Host;
  /** Whether it is going to run, so that every node must get what it wants. */
  readonly runs?: boolean;
  /** Whether the models and Python packages that it needs are fetched where they are not there. Default: if it runs. */
  readonly installs?: boolean;
  /** Whether values are printed as they come. */
  readonly printsAtOnce?: boolean;
  /** Ends the wait for standard input. */
  readonly signal?: AbortSignal;
}

/** Reads a manifest or launch line and binds its ends to what the options name. */
export async function prepare(
  operand: string,
  options: PipelineValues,
  { host, runs = false, installs = runs, printsAtOnce = false, signal }: Preparation,
): Promise<Prepared> {
  const { manifest, inputData } = readManifest(operand);
  // Too broken to be completed: validation says why.
  if (!Draft.canHold(manifest)) return { pipeline: Pipeline.fromManifest(manifest, host), manifest, input: undefined, results: [] };
  await loadNodes(manifest.nodes);
  if (installs) await installNeeds(manifest, signal);
  const draft = new Draft(manifest);
  if (runs && options.input !== undefined) draft.requireTypes();
  for (const [id, params] of Object.entries(parseParams(options.params))) draft.configure(id, params);
  const input = await bindInputs(draft, options, inputData, signal);
  const { wasm, js } = await nodejsHost.kernels();
  const results = runs || options.output !== undefined ? bindOutputs(draft, options.output ?? [], printsAtOnce, wasm ?? js) : [];
  const pipeline = Pipeline.fromManifest(draft.manifest, host);
  // Faults first: a node that does not exist would else be said to want input.
  if (runs) pipeline.warnings();
  if (runs) requireInputs(draft, input);
  attach(pipeline, draft, input.byNode, results);
  return { pipeline, manifest: draft.manifest, input: input.all, results };
}

/** What exists in this process only, and so not in the manifest: values that go in, and what takes those that come out. */
function attach(pipeline: Pipeline, draft: Draft, values: ReadonlyMap<string, Input>, results: readonly Result[]): void {
  for (const [end, given] of values) {
    const id = draft.freeId("input");
    pipeline.add(callbackSource(framesOf(given)), id).connect(id, end);
  }
  for (const { from, take } of results) pipeline.branch(from, (branch) => branch.add(callbackSink(take), draft.freeId("output")));
}

const framesOf = (values: Input) =>
  [values].flat().map((value) => (typeof value === "string" ? textFrame(value) : jsonFrame(value as JsonValue)));

function parseParams(text = "{}"): Readonly<Record<string, Readonly<Record<string, JsonValue>>>> {
  const isRecord = (value: unknown): value is Record<string, never> => typeof value === "object" && value !== null && !Array.isArray(value);
  const wanted = { expected: '{"NODE": {"name": value}}', received: text };
  try {
    const params: unknown = JSON.parse(text);
    if (isRecord(params) && Object.values(params).every(isRecord)) return params;
  } catch (cause) {
    throw errors.usage({ message: `--params is not JSON: ${(cause as Error).message}`, ...wanted, cause });
  }
  throw errors.usage({ message: "--params wants parameters by node", ...wanted });
}
