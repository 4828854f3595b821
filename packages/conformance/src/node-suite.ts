import { type AudioFrame, Flags, type Frame, isRemoteMediaError, validateManifest } from "@remotemedia/core";
import { describeFrame, joinedSamples, restamped, shifted, withBadSamples } from "./frames.ts";
import { createKeeper } from "./keeper.ts";
import type { NodeCase, NodeRule } from "./node-case.ts";
import { type BatchRun, hostOf, inputOf, type LiveRun, openLive, portsOf, runBatchOf } from "./node-runs.ts";
import type { TestApi } from "./test-api.ts";

/**
 * Proves the node contract for one node: one test per rule, each in sample memory that turns to NaN when it is released.
 *
 * @example
 * import { describe, expect, it } from "vitest";
 * nodeSuite("gain", { node: gain({ factor: 2 }), input: () => sounds() }, { describe, it, expect });
 */
export function nodeSuite(title: string, given: NodeCase, { describe, it, expect }: TestApi): void {
  const isFed = given.input !== undefined;
  const isSink = portsOf(given).length === 0;
  const same = (received: unknown, expected: unknown, message?: string): void => expect(received, message).toEqual(expected);
  const rule = (name: NodeRule, says: string, prove: () => Promise<void>, applies = true): void => {
    if (applies && given.deviations?.[name] === undefined) it(says, prove);
  };

  describe(`${title} keeps the node contract`, () => {
    rule("declaration", "is declared so that a manifest can name it", () => provesDeclaration(given, same));
    rule("lifecycle", "is started, fed, flushed and stopped in order and once each", async () => {
      const { watch } = await runBatchOf(given);
      same([watch.breaches, watch.hooks.at(-1)], [[], "stop"]);
      if (isFed) same(watch.calls, given.input?.().length);
    });
    rule("buffers", "gives every buffer back and reads none that it gave back", async () => {
      const { pool, outputs } = await runBatchOf(given);
      same(pool.inUse, 0, "buffers in use at the end");
      same(framesOf({ outputs }).filter(hasNaN).map(describeFrame), []);
    });
    rule("metadata", "keeps the metadata of what it makes its output from", () => provesMetadata(given, same), isFed && !isSink);
    rule("time", "follows the time of its input, in whole microseconds", () => provesTime(given, same), isFed && !isSink);
    rule("sequence", "leaves no hole in what it gives", async () => provesSequence(await runBatchOf(given), same), !isSink);
    rule("turns", "gives its output the turn of its input", () => provesTurns(given, same), isFed);
    rule(
      "answers",
      "passes on that something answers, and lets it go when it is stale",
      () => provesAnswers(given, same),
      isFed && !isSink,
    );
    rule("shared-input", "leaves samples alone that others hold", () => provesSharing(given, same), isFed);
    rule("framings", "gives the same samples however its input is cut", () => provesFramings(given, same), given.reframed !== undefined);
    rule("interruptions", "bears an interruption between any two frames", () => provesInterruptions(given, same), isFed);
    rule("closing", "lets itself be closed at any time", () => provesClosing(given, same));
    rule("repeatable", "gives the same again, also beside another one of its kind", async () => {
      const runs = await Promise.all([runBatchOf(given), runBatchOf(given)]);
      const [first, second] = runs.map((run) => framesOf(run).map(describeFrame));
      same(second, first);
    });
    rule(
      "empty",
      "bears a stream without a frame",
      async () => {
        const { watch, pool } = await runBatchOf(given, { input: [] });
        same([watch.breaches, pool.inUse], [[], 0]);
      },
      isFed,
    );
    rule("bad-samples", "bears samples that are none", () => provesBadSamples(given, same), isFed && given.input?.()[0]?.kind === "audio");
  });
}

type Same = (received: unknown, expected: unknown, message?: string) => void;

const framesOf = ({ outputs }: Pick<BatchRun | LiveRun, "outputs">): Frame[] => Object.values(outputs).flatMap((frames) => [...frames]);
const hasNaN = (frame: Frame): boolean => frame.kind === "audio" && frame.data.some((sample) => Number.isNaN(sample));
const inputFrames = (given: NodeCase): readonly Frame[] => inputOf(given) as readonly Frame[];

async function provesDeclaration(given: NodeCase, same: Same): Promise<void> {
  const { definition, params, type } = given.node;
  same([type, /^[a-z][a-z0-9-]*$/.test(type)], [definition.type, true]);
  const { registry } = hostOf(given);
  const known = registry.find(type) === undefined ? registry.copy().register({ definition }) : registry;
  const { faults } = validateManifest(
    { version: "v1", nodes: [{ id: "node", node_type: type, params: JSON.parse(JSON.stringify(params)) }] },
    known,
  );
  same(faults, []);
}

async function provesMetadata(given: NodeCase, same: Same): Promise<void> {
  const input = inputFrames(given).map((frame, mark) => restamped(frame, { metadata: { ...frame.metadata, mark } }));
  const { outputs } = await runBatchOf(given, { input });
  for (const [port, frames] of Object.entries(outputs)) {
    // An event may be told at the end, when no frame is there whose metadata it could carry; samples always come from one.
    const marked = frames.filter(({ kind, metadata }) => kind !== "event" || "mark" in metadata);
    const marks = marked.map(({ metadata }) => metadata["mark"] as number);
    same(
      marks.filter((mark) => !Number.isInteger(mark)),
      [],
      `every frame of "${port}" carries metadata`,
    );
    same(
      marks,
      [...marks].sort((a, b) => a - b),
      `metadata of "${port}" in the order of the input`,
    );
  }
}

async function provesTime(given: NodeCase, same: Same): Promise<void> {
  const lateUs = 1_000_000;
  const now = framesOf(await runBatchOf(given));
  const later = framesOf(await runBatchOf(given, { input: inputFrames(given).map((frame) => shifted(frame, lateUs)) }));
  const times = now.map(({ timestamp }) => timestamp);
  same(
    times.filter((time) => !Number.isInteger(time)),
    [],
  );
  same(
    later.map(({ timestamp }) => timestamp - lateUs),
    times,
  );
}

async function provesSequence({ outputs }: BatchRun, same: Same): Promise<void> {
  for (const [port, frames] of Object.entries(outputs)) {
    const counts = new Map<number, number>();
    for (const { stream, sequence } of frames) {
      const expected = counts.get(stream.id) ?? 0;
      same(sequence, expected, `sequence on "${port}"`);
      counts.set(stream.id, expected + 1);
    }
  }
}

async function provesTurns(given: NodeCase, same: Same): Promise<void> {
  const live = await openLive(given);
  const input = inputFrames(given);
  const half = Math.ceil(input.length / 2);
  for (const frame of input.slice(0, half)) await live.session.push(frame, "feed");
  await live.settle();
  live.session.interrupt();
  const before = framesOf(live);
  for (const frame of input.slice(half)) await live.session.push(frame, "feed");
  await live.close();
  same(before.filter(({ turn }) => turn !== 1).map(describeFrame), []);
  for (const frames of Object.values(live.outputs)) {
    const turns = frames.map(({ turn }) => turn);
    same(turns, [...turns].sort(), "turns never fall");
  }
  if (!given.node.definition.answers) same(framesOf(live).filter(isAnswer).map(describeFrame), []);
  provesPeace(live, same);
}

const isAnswer = ({ flags }: Frame): boolean => (flags & Flags.answer) !== 0;

async function provesAnswers(given: NodeCase, same: Same): Promise<void> {
  const live = await openLive(given, { answers: true });
  for (const frame of inputFrames(given)) await live.session.push(frame, "feed");
  await live.settle();
  const before = new Set(framesOf(live));
  live.session.interrupt();
  for (const frame of inputFrames(given)) await live.session.push(frame, "feed");
  await live.close();
  const after = framesOf(live).filter((frame) => !before.has(frame));
  same([...before, ...after].filter((frame) => !isAnswer(frame)).map(describeFrame), [], "every output of an answer is one");
  same(after.filter(({ turn }) => turn !== 2).map(describeFrame), [], "nothing stale is given");
  provesPeace(live, same);
}

async function provesSharing(given: NodeCase, same: Same): Promise<void> {
  const keeper = createKeeper();
  await runBatchOf(given, { sibling: keeper.spec });
  same(keeper.changed.map(describeFrame), []);
}

async function provesFramings(given: NodeCase, same: Same): Promise<void> {
  const [one, other] = [await runBatchOf(given), await runBatchOf(given, { input: given.reframed?.() })];
  for (const port of portsOf(given)) {
    const [expected, received] = [joinedSamples(one.outputs[port] ?? []), joinedSamples(other.outputs[port] ?? [])];
    same(received.length, expected.length, `samples of "${port}"`);
    const worst = received.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (expected[i] as number))), 0);
    same(worst <= (given.tolerance ?? 0) ? "alike" : `off by ${worst}`, "alike", `samples of "${port}"`);
  }
}

async function provesInterruptions(given: NodeCase, same: Same): Promise<void> {
  for (const answers of [false, true]) {
    const live = await openLive(given, { answers });
    for (const frame of inputFrames(given)) {
      await live.session.push(frame, "feed");
      live.session.interrupt();
    }
    await live.close();
    same(framesOf(live).filter(hasNaN).map(describeFrame), []);
    provesPeace(live, same);
  }
}

async function provesClosing(given: NodeCase, same: Same): Promise<void> {
  const live = await openLive(given, { reads: false });
  for (const frame of inputOf(given)?.slice(0, 3) ?? []) void live.session.push(frame, "feed");
  await live.close();
  provesPeace(live, same);
  const again = await openLive(given, { reads: false });
  await again.close();
  provesPeace(again, same);
}

async function provesBadSamples(given: NodeCase, same: Same): Promise<void> {
  const input = inputFrames(given).map((frame) => withBadSamples(frame as AudioFrame));
  const run = await runBatchOf(given, { input }).catch((error: unknown) => error);
  if (isRemoteMediaError(run)) return;
  same(run instanceof Error ? String(run) : (run as BatchRun).pool.inUse, 0, "buffers in use at the end");
}

/** Nothing went wrong, and nothing is left behind. */
function provesPeace({ watch, errors, pool }: LiveRun, same: Same): void {
  same([...watch.breaches], []);
  same(
    errors.map((one) => String((one as { error: unknown }).error)),
    [],
  );
  same(pool.inUse, 0, "buffers in use at the end");
}
