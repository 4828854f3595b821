/** The two ways in which the suite runs a node: a batch over all its input, and a session that a test drives. Sample memory is poisoned. */
import {
  type AudioFrame,
  any,
  BufferPool,
  defineNode,
  type Frame,
  type Host,
  type NodeSpec,
  Pipeline,
  type Session,
  sameAs,
  systemClock,
  VirtualClock,
} from "@remotemedia/core";
import { type Collected, collect } from "./collect.ts";
import type { NodeCase } from "./node-case.ts";
import { testHost } from "./test-host.ts";
import { type Watch, watched } from "./watched.ts";

/** What a batch gave. */
export interface BatchRun {
  /** By output port. */
  readonly outputs: Readonly<Record<string, readonly Frame[]>>;
  readonly watch: Watch;
  readonly pool: BufferPool;
}

/** A session with the node in it. */
export interface LiveRun {
  readonly session: Session;
  /** By output port, as they come. */
  readonly outputs: Readonly<Record<string, Collected<Frame>>>;
  readonly errors: Collected<unknown>;
  readonly watch: Watch;
  readonly pool: BufferPool;
  /** Lets everything that is ready run. */
  settle(): Promise<void>;
  /** Closes it; whatever hangs is left behind. */
  close(): Promise<void>;
}

const stillMs = 100;

/** How the node is fed. */
export interface Feeding {
  /** Default: the input of the case. */
  readonly input?: readonly Frame[] | undefined;
  /** Whether what is fed answers somebody. */
  readonly answers?: boolean;
  /** Stands beside the node and gets the same frames. */
  readonly sibling?: NodeSpec;
}

export const hostOf = ({ host }: NodeCase): Host => host?.() ?? testHost();

/** The output ports of a case's node. */
export const portsOf = ({ node }: NodeCase): readonly string[] => Object.keys(node.definition.outputs);

/** Runs it over all its input. */
export async function runBatchOf(given: NodeCase, feeding: Feeding = {}): Promise<BatchRun> {
  const { pipeline, watch } = pipelineOf(given, feeding);
  const pool = new BufferPool({ poison: true });
  const { outputs } = await pipeline.run(inputOf(given, feeding) as Frame[] | undefined, { pool });
  return { outputs: Object.fromEntries(portsOf(given).map((port) => [port, outputs[`node.${port}`] ?? []])), watch, pool };
}

/** Opens a session with it. Everything is read at once unless `reads` is false. */
export async function openLive(
  given: NodeCase,
  { reads = true, ...feeding }: Feeding & { readonly reads?: boolean } = {},
): Promise<LiveRun> {
  const { pipeline, watch } = pipelineOf(given, feeding);
  const pool = new BufferPool({ poison: true });
  const virtual = hostOf(given).clock instanceof VirtualClock ? new VirtualClock() : undefined;
  const session = await pipeline.open({ pool, ...(virtual !== undefined && { clock: virtual }) });
  const ports = reads ? portsOf(given) : [];
  const outputs = Object.fromEntries(ports.map((port) => [port, collect(session.output(`node.${port}`))]));
  const settle = (): Promise<void> => virtual?.advance(0) ?? untilStill(() => watch.calls + framesIn(outputs));
  const close = async (): Promise<void> => {
    const closed = session.close();
    for (let ms = 0; ms < 5_000; ms += 500) await virtual?.advance(500);
    await closed;
    await settle();
  };
  return { session, outputs, errors: collect(session.errors), watch, pool, settle, close };
}

const framesIn = (outputs: LiveRun["outputs"]): number => Object.values(outputs).reduce((sum, { length }) => sum + length, 0);

/** Waits until a number has not changed for as long as a node in a process of its own may take for a frame. */
async function untilStill(count: () => number): Promise<void> {
  for (let last = -1; last !== count(); ) {
    last = count();
    await new Promise<void>((resolve) => void systemClock.setTimer(stillMs, resolve));
  }
}

/** What goes in; undefined for a source. */
export const inputOf = (given: NodeCase, { input }: Feeding = {}): readonly Frame[] | undefined => input ?? given.input?.();

function pipelineOf(given: NodeCase, { answers = false, sibling }: Feeding): { pipeline: Pipeline; watch: Watch } {
  const { spec, watch } = watched(given.node);
  const pipeline: Pipeline = new Pipeline("suite", hostOf(given));
  if (given.input !== undefined) pipeline.add(feed(answers), "feed");
  if (sibling !== undefined) pipeline.branch("feed", (branch) => branch.add(sibling, "sibling"));
  pipeline.add(spec, "node");
  const ports = portsOf(given);
  if (ports.length > 0 || sibling !== undefined) pipeline.outputs(...ports.map((port) => `node.${port}`));
  return { pipeline, watch };
}

/** Gives every sound in samples of the session's pool, so that whoever looks at them after their release sees it. */
const feed = (answers: boolean): NodeSpec<"feed", "in", "out"> => {
  const factory = defineNode({
    type: "feed",
    inputs: { in: any() },
    outputs: { out: sameAs("in") },
    answers,
    create: () => ({
      process(frame, _port, out) {
        if (frame.kind !== "audio") return out.emit("out", frame);
        const { format, sampleRate, numberOfChannels, numberOfFrames, flags } = frame as AudioFrame;
        const pooled = out.audio({ format, sampleRate, numberOfChannels, numberOfFrames, flags });
        pooled.data.set(frame.data);
        return out.emit("out", pooled);
      },
    }),
  });
  return factory();
};
