/** Graphs nobody would draw, with nodes that misbehave: what they are made of, and one run of them with everything that must hold. */
import { type Watch, watched } from "@remotemedia/conformance";
import {
  BufferPool,
  eventFrame,
  Flags,
  type Frame,
  type NodeExecutor,
  type NodeSpec,
  type Output,
  type ProcessResult,
  type Session,
  sleep,
  type VirtualClock,
} from "@remotemedia/core";
import fc from "fast-check";
import { never, node } from "./nodes.ts";
import { wired } from "./wired.ts";

export interface RandomNode {
  readonly work: "pass" | "change" | "swallow" | "twice" | "async" | "rude" | "generator" | "async-generator" | "promise-of-nothing";
  readonly answers: boolean;
  readonly keepsStale: boolean;
  readonly delayMs: number;
  readonly fault: {
    readonly kind: "none" | "throw" | "reject" | "hang" | "garbage" | "throw-late" | "late";
    readonly at: number;
    readonly every: boolean;
  };
  readonly onError: {
    readonly action?: "stop" | "skip" | "bypass";
    readonly timeout_ms?: number;
    readonly retry?: { readonly attempts: number; readonly base_ms: number };
  };
  /** Nodes before it, as fractions of their number. */
  readonly from: readonly number[];
  readonly queue:
    | { readonly size?: number; readonly policy?: "block" | "drop-oldest" | "drop-newest" | "latest"; readonly max_age_ms?: number }
    | undefined;
  readonly hangs: "never" | "flush" | "stop" | "interrupt";
  readonly isLive: boolean;
}

export interface RandomGraph {
  readonly mode: "batch" | "live";
  readonly nodes: readonly RandomNode[];
  readonly frames: number;
  readonly acts: readonly {
    readonly afterMs: number;
    readonly what: "interrupt" | "hold" | "release" | "tap" | "untap" | "push" | "close" | "abort";
  }[];
  readonly reads: boolean;
  /** Sources wait until the outputs are read: what leaves before is let go. */
  readonly isPatient?: boolean;
}

const workArbitrary = fc.constantFrom<RandomNode["work"]>(
  "pass",
  "change",
  "swallow",
  "twice",
  "async",
  "rude",
  "generator",
  "async-generator",
  "promise-of-nothing",
);
const faultArbitrary = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constant("none" as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "throw" as const,
        "reject" as const,
        "hang" as const,
        "garbage" as const,
        "throw-late" as const,
        "late" as const,
      ),
    },
  ),
  at: fc.integer({ min: 0, max: 6 }),
  every: fc.boolean(),
});

const nodeArbitrary: fc.Arbitrary<RandomNode> = fc.record({
  work: workArbitrary,
  answers: fc.boolean(),
  keepsStale: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  delayMs: fc.integer({ min: 0, max: 30 }),
  fault: faultArbitrary,
  onError: fc.record(
    {
      action: fc.constantFrom("stop", "skip", "bypass"),
      timeout_ms: fc.integer({ min: 20, max: 200 }),
      retry: fc.record({ attempts: fc.integer({ min: 1, max: 3 }), base_ms: fc.integer({ min: 0, max: 20 }) }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<RandomNode["onError"]>,
  from: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 3 }),
  queue: fc.option(
    fc.record(
      {
        size: fc.integer({ min: 1, max: 8 }),
        policy: fc.constantFrom("block", "drop-oldest", "drop-newest", "latest"),
        max_age_ms: fc.integer({ min: 1, max: 100 }),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ) as fc.Arbitrary<RandomNode["queue"]>,
  hangs: fc.oneof(
    { weight: 6, arbitrary: fc.constant("never" as const) },
    { weight: 1, arbitrary: fc.constantFrom("flush" as const, "stop" as const, "interrupt" as const) },
  ),
  isLive: fc.boolean(),
});

export const graphArbitrary: fc.Arbitrary<RandomGraph> = fc.record({
  mode: fc.constantFrom("batch", "live"),
  nodes: fc.array(nodeArbitrary, { minLength: 1, maxLength: 8 }),
  frames: fc.integer({ min: 0, max: 60 }),
  acts: fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 40 }),
      what: fc.oneof(
        { weight: 4, arbitrary: fc.constant("interrupt") },
        { weight: 5, arbitrary: fc.constantFrom("hold", "release", "release", "tap", "untap", "push", "close", "abort") },
      ),
    }),
    { maxLength: 8 },
  ) as fc.Arbitrary<RandomGraph["acts"]>,
  reads: fc.boolean(),
});

/** Everything well behaved: no faults, no drops, no interruptions. */
export const calm = (graph: RandomGraph): RandomGraph => ({
  ...graph,
  acts: [{ afterMs: 4_000, what: "release" }],
  reads: true,
  isPatient: true,
  frames: Math.min(graph.frames, 12),
  nodes: graph.nodes.map((one) => ({
    ...one,
    fault: { kind: "none", at: 0, every: false },
    hangs: "never",
    delayMs: Math.min(one.delayMs, 5),
    queue: { ...(one.queue?.policy !== undefined && { policy: one.queue.policy }), size: 1_000 },
    onError: {},
  })),
});

/** What one run showed. */
export interface Shown {
  /** What must never happen, in words. */
  readonly breaches: string[];
  /** Events that left by each output. */
  readonly events: Readonly<Record<string, number>>;
  readonly watches: readonly Watch[];
}

const sequencesOf = (): Map<number, number> => new Map();
const injected = "injected";

/** Runs it under a virtual clock and looks at everything that must hold whatever the nodes do. */
export async function runRandom(graph: RandomGraph): Promise<Shown> {
  const breaches: string[] = [];
  const pool = new BufferPool({ poison: true });
  const watches: Watch[] = [];
  let clock!: VirtualClock;
  let session: Session | undefined;
  const ins = graph.nodes.map((one, i) => [...new Set(one.from.map((at) => Math.floor(at * i)))].filter((at) => i > 0 && at < i));
  const specOf = (one: RandomNode, i: number): NodeSpec<string, string, string> => {
    const isSource = (ins[i] as number[]).length === 0;
    const check = (frame: Frame, sequences: Map<number, number>): void => {
      if (frame.kind === "audio" && !Number.isInteger(frame.data[0])) breaches.push(`n${i} was given released samples`);
      if (frame.holders <= 0) breaches.push(`n${i} was given a released frame`);
      const isStale = (frame.flags & Flags.answer) !== 0 && session !== undefined && frame.turn < session.turn;
      if (isStale && !one.keepsStale) breaches.push(`n${i} was given a stale answer`);
      if ((ins[i] as number[]).length !== 1) return;
      const last = sequences.get(frame.stream.id);
      const isNext = last === undefined || frame.sequence > last || (one.onError.retry !== undefined && frame.sequence === last);
      if (!isNext) breaches.push(`n${i} was given frame ${frame.sequence} after ${last}`);
      sequences.set(frame.stream.id, frame.sequence);
    };
    const create = (): NodeExecutor => {
      const sequences = sequencesOf();
      let calls = 0;
      const shared: NodeExecutor = {
        ...(one.hangs === "stop" && { stop: never }),
        ...(one.hangs === "flush" && { flush: never }),
        ...(one.hangs === "interrupt" && {
          interrupt: () => {
            throw new Error(injected);
          },
        }),
      };
      if (isSource) return { ...shared, produce: (out) => produce(one, graph, i, out, clock) };
      return {
        ...shared,
        process(frame, _port, out) {
          check(frame, sequences);
          const call = calls++;
          const isHit = one.fault.every ? call >= one.fault.at : call === one.fault.at;
          return isHit ? faulty(one, frame, out, clock) : work(one, frame, out, call, clock);
        },
      };
    };
    const declaration = { answers: one.answers, live: one.isLive && isSource, ...(isSource && { inputs: {} }) };
    const { spec, watch } = watched(node(`n${i}`, create, declaration));
    watches.push(watch);
    return spec;
  };
  const nodes = Object.fromEntries(
    graph.nodes.map((one, i) => [
      `n${i}`,
      [
        specOf(one, i),
        { on_error: one.onError, ...(one.keepsStale && (ins[i] as number[]).length > 0 && { inputs: { in: { keep_stale: true } } }) },
      ] as const,
    ]),
  );
  const wires = graph.nodes.flatMap((one, i) =>
    (ins[i] as number[]).map((from) => (one.queue === undefined ? `n${from} > n${i}` : ([`n${from} > n${i}`, one.queue] as const))),
  );
  const { pipeline, clock: own } = wired({ nodes, wires });
  clock = own;
  const events: Record<string, number> = {};
  const count = (name: string, frame: Frame): void => {
    if (frame.kind === "event") events[name] = (events[name] ?? 0) + 1;
    if (frame.kind === "audio" && !Number.isInteger(frame.data[0])) breaches.push(`${name} gave released samples`);
  };
  const abort = new AbortController();
  let ended = false;
  const end = async (): Promise<void> => {
    if (graph.mode === "batch") {
      const { outputs } = await pipeline.run(undefined, { pool, clock, signal: abort.signal });
      for (const [name, frames] of Object.entries(outputs)) for (const frame of frames) count(name, frame);
      return;
    }
    const opened = await pipeline.open({ pool, clock, signal: abort.signal });
    session = opened;
    void watchErrors(opened, breaches);
    const names = graph.nodes.map((_, i) => `n${i}`).filter((_, i) => !ins.some((from) => from.includes(i)));
    if (graph.reads) for (const name of names) void read(opened, name, count, breaches);
    await act(graph, opened, abort, clock);
    await opened.close();
  };
  const done = end().then(
    () => (ended = true),
    (error: unknown) => {
      ended = true;
      if (!isExpected(error)) breaches.push(`ended with ${String(error)}`);
    },
  );
  const deadlineMs = graph.mode === "live" ? graph.acts.reduce((sum, { afterMs }) => sum + afterMs, 0) + 5_250 : 10_000;
  for (let ms = 0; ms < deadlineMs && !ended; ms += 250) await clock.advance(250);
  if (!ended) {
    // A batch has no deadline: whoever hangs there is waited for until somebody cancels. So is, behind a short queue where edges meet,
    // a deadlock of nodes that await what emit gave: nobody can tell what they wait for.
    const mayHang = graph.nodes.some(
      ({ fault, hangs, queue }, i) =>
        fault.kind === "hang" || hangs === "flush" || (queue !== undefined && (ins[i] as number[]).length > 1),
    );
    if (graph.mode === "live" || !mayHang) breaches.push(`${graph.mode} has not ended`);
    abort.abort();
    for (let ms = 0; ms < 6_000 && !ended; ms += 500) await clock.advance(500);
    if (!ended) return { breaches: [...breaches, "cannot be cancelled"], events, watches };
  }
  await done;
  await clock.advance(2_500);
  for (const [i, watch] of watches.entries()) {
    for (const breach of watch.breaches) breaches.push(`n${i}: ${breach}`);
    if (watch.hooks.includes("start") && !watch.hooks.includes("stop")) breaches.push(`n${i} was never stopped`);
  }
  const losesReferences = graph.nodes.some(({ fault }) => fault.kind === "throw-late");
  if (pool.inUse !== 0 && !losesReferences) breaches.push(`${pool.inUse} buffers are still in use`);
  return { breaches, events, watches };
}

/** Plays what the users do, then what time does. */
async function act(graph: RandomGraph, session: Session, abort: AbortController, clock: VirtualClock): Promise<void> {
  let tap: AsyncIterableIterator<Frame> | undefined;
  for (const { afterMs, what } of graph.acts) {
    await sleep(clock, afterMs);
    if (what === "interrupt") session.interrupt();
    else if (what === "hold") session.hold();
    else if (what === "release") session.release();
    else if (what === "tap") tap ??= session.tap("n0");
    else if (what === "untap") tap = void tap?.return?.();
    else if (what === "close") return;
    else if (what === "abort") abort.abort();
    else if (graph.nodes.length > 1) await pushQuietly(session);
  }
}

/** Into the last node if it has inputs; a closed or full session says so. */
async function pushQuietly(session: Session): Promise<void> {
  try {
    void session.push(eventFrame("pushed"), "n1");
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
}

const expectedCodes = [
  "node-failed",
  "timeout",
  "circuit-open",
  "overflow",
  "cancelled",
  "port-unknown",
  "usage",
  "limit-exceeded",
  "deadlock",
];

/** Of all that may go wrong here only what was injected may show, and what follows from it. */
function isExpected(error: unknown): boolean {
  const { code, cause, message } = error as { code?: string; cause?: unknown; message?: string };
  if (code === undefined || !expectedCodes.includes(code)) return false;
  return code !== "node-failed" || message === injected || cause === undefined || (cause as Error).message === injected;
}

async function watchErrors(session: Session, breaches: string[]): Promise<void> {
  for await (const { error } of session.errors)
    if (!isExpected(error)) breaches.push(`error ${error.toString()} ${String((error.cause as Error)?.stack)}`);
}

/** Reads an output. What comes was not stale when it was asked for. */
async function read(session: Session, name: string, count: (name: string, frame: Frame) => void, breaches: string[]): Promise<void> {
  const output = session.output(name);
  for (;;) {
    const { turn } = session;
    const { done, value } = await output.next();
    if (done) return;
    count(name, value);
    if ((value.flags & Flags.answer) !== 0 && value.turn < turn)
      breaches.push(`${name} gave an answer of turn ${value.turn} in turn ${turn}`);
  }
}

function produce(one: RandomNode, { frames, isPatient = false }: RandomGraph, id: number, out: Output, clock: VirtualClock): ProcessResult {
  const make = (i: number): Frame => {
    if (i % 3 === 2) return eventFrame(`n${id}:${i}`);
    const made = out.audio({ numberOfFrames: 16, sampleRate: 16_000 });
    made.data.fill(i);
    return made;
  };
  const list = function* (): Generator<Frame> {
    for (let i = 0; i < frames; i++) yield make(i);
  };
  const stream = async function* (): AsyncGenerator<Frame> {
    for (let i = 0; i < frames; i++) {
      if (one.delayMs > 0) await sleep(clock, one.delayMs / 5);
      yield make(i);
    }
  };
  const pushes = async (): Promise<void> => {
    for (let i = 0; i < frames && !out.signal.aborted; i++) {
      await out.emit("out", make(i));
      if (one.delayMs > 0) await sleep(clock, one.delayMs / 5);
    }
  };
  const patiently = async function* (): AsyncGenerator<Frame> {
    await sleep(clock, 1);
    yield* list();
  };
  if (isPatient) return patiently();
  if (one.work === "async" || one.work === "promise-of-nothing") return pushes();
  return one.work === "async-generator" ? stream() : list();
}

function work(one: RandomNode, frame: Frame, out: Output, call: number, clock: VirtualClock): ProcessResult {
  const pause = (): Promise<void> => (one.delayMs === 0 ? Promise.resolve() : sleep(clock, one.delayMs / 5, out.signal));
  switch (one.work) {
    case "pass":
      return out.emit("out", frame);
    case "change": {
      if (frame.kind !== "audio") return out.emit("out", frame);
      const own = frame.writable();
      for (let i = 0; i < own.data.length; i++) own.data[i] = (own.data[i] as number) + 1;
      return out.emit("out", own);
    }
    case "swallow":
      return call % 2 === 0 || frame.kind === "event" ? out.emit("out", frame) : undefined;
    case "twice": {
      const wait = out.emit("out", frame);
      return wait === undefined ? out.emit("out", frame) : wait.then(() => out.emit("out", frame));
    }
    case "rude":
      void out.emit("out", frame);
      return;
    case "generator":
      return (function* () {
        yield frame;
      })();
    case "async":
      return pause().then(() => out.emit("out", frame));
    case "promise-of-nothing":
      void out.emit("out", frame);
      return pause();
    case "async-generator":
      return (async function* () {
        await pause();
        yield frame;
      })();
  }
}

function faulty(one: RandomNode, frame: Frame, out: Output, clock: VirtualClock): ProcessResult {
  const { kind } = one.fault;
  if (kind === "throw") throw new Error(injected);
  if (kind === "reject") return Promise.reject(new Error(injected));
  if (kind === "hang") return never();
  if (kind === "garbage") return 5 as never;
  // Long after it was given up, deaf to its signal.
  if (kind === "late") return sleep(clock, 150).then(() => out.emit("out", frame));
  if (kind === "throw-late") {
    void out.emit("out", frame);
    throw new Error(injected);
  }
  return out.emit("out", frame);
}

/** How many events must leave by each output of a calm graph: one for each way there. */
export function expectedEvents(graph: RandomGraph): Record<string, number> {
  const ins = graph.nodes.map((one, i) => [...new Set(one.from.map((at) => Math.floor(at * i)))].filter((at) => i > 0 && at < i));
  const made = Math.floor(graph.frames / 3);
  const leaving: number[] = [];
  graph.nodes.forEach((one, i) => {
    const from = ins[i] as number[];
    const arriving = from.reduce((sum, at) => sum + (leaving[at] as number), 0);
    leaving.push(from.length === 0 ? made : arriving * (one.work === "twice" ? 2 : 1));
  });
  const ends = leaving
    .map((count, i) => [`n${i}`, count] as const)
    .filter(([, count], i) => count > 0 && !ins.some((from) => from.includes(i)));
  return Object.fromEntries(ends);
}
