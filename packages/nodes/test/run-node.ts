import {
  BufferPool,
  type Clock,
  type Frame,
  type Host,
  type Input,
  type Kernels,
  type NodeSpec,
  Pipeline,
  quietLog,
  Registry,
  type RunOptions,
  systemClock,
} from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { nodejsNodes } from "@remotemedia/nodes/nodejs";

export interface Given extends RunOptions {
  readonly kernels?: Kernels;
  /** Gets what is logged. */
  readonly lines?: string[];
  readonly clock?: Clock;
}

/** A host with every node of this package. */
export const testHost = ({ kernels = referenceKernels, lines = [], clock = systemClock }: Given = {}): Host => ({
  name: "test",
  registry: new Registry([...builtInNodes, ...nodejsNodes]),
  kernels: async () => ({ js: kernels }),
  clock,
  log: quietLog((line) => lines.push(line)),
  capabilities: ["fs"],
});

/** A pipeline on that host; its sample memory is poisoned after release. */
export const pipelineOf = (specs: readonly NodeSpec[], given: Given = {}): Pipeline =>
  specs.reduce((pipeline, spec) => pipeline.add(spec), new Pipeline("test", testHost(given)) as Pipeline);

/** What a chain of nodes makes of an input: the frames of each output port of the last one, by port. */
export async function runNodes(specs: readonly NodeSpec[], input?: Input, given: Given = {}): Promise<Record<string, Frame[]>> {
  const { kernels: _kernels, lines: _lines, ...options } = given;
  const last = specs.at(-1) as NodeSpec;
  const ports = Object.keys(last.definition.outputs);
  const pipeline = specs.slice(0, -1).reduce((built, spec) => built.add(spec), new Pipeline("test", testHost(given)) as Pipeline);
  pipeline.add(last, "last");
  if (ports.length > 0) pipeline.outputs(...ports.map((port) => `last.${port}`));
  const { outputs } = await pipeline.run(input, { pool: new BufferPool({ poison: true }), ...options });
  return Object.fromEntries(ports.map((port) => [port, [...(outputs[`last.${port}`] ?? [])]]));
}
