/** How tests run Python nodes. */
import { testHost } from "@remotemedia/conformance";
import { type Frame, type Host, type Input, type NodeSpec, Pipeline, type RemoteMediaError, systemClock } from "@remotemedia/core";
import { python } from "@remotemedia/python";
import { testPython } from "./python.ts";

if (testPython !== undefined) process.env.REMOTEMEDIA_PYTHON = testPython;

/** The folder of the nodes that tests run. */
export const nodes = `${import.meta.dirname}/nodes`;

/** A host that keeps what is logged. */
export function listening(): { readonly host: Host; readonly logged: string[] } {
  const logged: string[] = [];
  const keep = (level: string) => (message: string) => void logged.push(`${level}: ${message}`);
  return {
    host: {
      ...testHost({ clock: systemClock, capabilities: ["python"] }),
      log: { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") },
    },
    logged,
  };
}

/** A node of the tests' own. */
export const node = (spec: string, params: Readonly<Record<string, unknown>> = {}, rest: object = {}): NodeSpec<"python", "in", "out"> =>
  python({ class: `${nodes}/${spec}`, params, ...rest } as never) as never;

/** What leaves a chain of nodes for an input. */
export async function outputOf(input: Input, specs: readonly NodeSpec[], host: Host = listening().host): Promise<readonly Frame[]> {
  const pipeline = new Pipeline("test", host);
  specs.forEach((spec, index) => {
    pipeline.add(spec as NodeSpec<"python", "in", "out">, `n${index}`);
  });
  const { outputs } = await pipeline.run(input);
  return Object.values(outputs).flat();
}

/** The plain values of frames. */
export const valuesOf = (frames: readonly Frame[]): readonly unknown[] =>
  frames.map((frame) => ("value" in frame ? frame.value : "text" in frame ? frame.text : frame));

/** The error that a run ends with. */
export async function failureOf(run: Promise<unknown>): Promise<RemoteMediaError & { readonly cause?: unknown }> {
  try {
    await run;
  } catch (thrown) {
    return thrown as RemoteMediaError;
  }
  throw new Error("it did not fail");
}
