/** Batch runs: finite input, as fast as it goes, to the end. */
import { errors } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Graph } from "../graph/graph.ts";
import { Engine, type EngineParts } from "./engine.ts";
import { entryFrom, formatOfInput, framesOf, type Input } from "./entry.ts";
import type { Host } from "./host.ts";
import { type Metrics, reportOf } from "./metrics.ts";
import type { Outlet, ReadOptions } from "./outlet.ts";
import type { RunOptions } from "./run-options.ts";

/** What a run gives. */
export interface RunResult {
  /** Frames by output. */
  readonly outputs: Readonly<Record<string, readonly Frame[]>>;
  readonly metrics: Metrics;
}

/** Options of `pipeline.stream`. */
export interface StreamOptions extends RunOptions, ReadOptions {}

/** Runs a graph to its end and collects its outputs. */
export async function runBatch(graph: Graph, host: Host, input: Input | undefined, options: RunOptions): Promise<RunResult> {
  const engine = engineFor(graph, host, input, options, false);
  for (const outlet of engine.outlets.values()) outlet.collect();
  const stopListening = engine.cancelOn(options.signal);
  try {
    await engine.start();
    await engine.done;
  } catch (error) {
    options.onFailure?.(reportOf(engine, host.memoryBytes?.()));
    throw error;
  } finally {
    stopListening();
    await engine.close();
  }
  const outputs = Object.fromEntries([...engine.outlets].map(([name, outlet]) => [name, outlet.collected]));
  const durationUs = engine.nowUs();
  let report: Metrics | undefined;
  // Worked out when somebody looks: asking the system for the memory takes a fifth of the time that 10 s of speech take.
  return {
    outputs,
    get metrics() {
      report ??= reportOf(engine, host.memoryBytes?.(), durationUs);
      return report;
    },
  };
}

/** Runs a graph as fast as its outputs are read. */
export async function* streamBatch(
  graph: Graph,
  host: Host,
  input: Input | undefined,
  options: StreamOptions,
): AsyncGenerator<Frame, Metrics> {
  const engine = engineFor(graph, host, input, options, true);
  const outlet = engine.outlets.get("outputs") as Outlet | undefined;
  const stopListening = engine.cancelOn(options.signal);
  try {
    const frames = outlet?.read(options);
    await engine.start();
    void engine.done.catch(() => outlet?.close());
    if (frames !== undefined) yield* frames;
    if (engine.failure !== undefined) throw engine.failure;
    await engine.done;
    return reportOf(engine, host.memoryBytes?.());
  } catch (error) {
    options.onFailure?.(reportOf(engine, host.memoryBytes?.()));
    throw error;
  } finally {
    stopListening();
    await engine.close();
  }
}

function engineFor(graph: Graph, host: Host, input: Input | undefined, options: RunOptions, joinsOutputs: boolean): Engine {
  return new Engine(graph, host, "batch", options, { ...partsFor(graph, input), joinsOutputs });
}

function partsFor({ inlets }: Graph, input: Input | undefined): EngineParts {
  if (input === undefined) {
    if (inlets.length === 0) return {};
    const names = inlets.map(({ node }) => `"${node}"`).join(", ");
    throw errors.usage({
      message: `${names} wants input, and none was given`,
      fix: "Give it: pipeline.run(input); or put a source before it.",
    });
  }
  if (inlets.length === 0) throw errors.usage({ message: "input was given, but every node has a source", fix: "Run it without input." });
  return { order: "concatenate", entries: [entryFrom("input", inlets, () => framesOf(input), formatOfInput(input))] };
}
