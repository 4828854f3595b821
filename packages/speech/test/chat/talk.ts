import { type Collected, collect, testHost } from "@remotemedia/conformance";
import { Flags, type Frame, type NodeSpec, Pipeline, type Session, type SessionError, VirtualClock } from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { until } from "../openai/stub-server.ts";

/** A session with one node, over the real network and a clock that stands still. */
export interface Talk extends AsyncDisposable {
  readonly session: Session;
  readonly clock: VirtualClock;
  readonly out: Collected<Frame>;
  readonly errors: Collected<SessionError>;
  /** The text of everything that came. */
  text(): string;
  /** Says something and waits for the end of the answer; gives it. Time passes meanwhile, at 20 ms per look. */
  ask(words: string): Promise<string>;
}

const ends = (frames: readonly Frame[]): number => frames.filter(({ flags }) => (flags & Flags.end) !== 0).length;
const textOf = (frames: readonly Frame[]): string => frames.map((frame) => (frame.kind === "text" ? frame.text : "")).join("");

/** What a chain of nodes makes of what is pushed. */
export async function talk(...specs: readonly NodeSpec[]): Promise<Talk> {
  const clock = new VirtualClock();
  const host = testHost({ nodes: builtInNodes, clock, kernels: referenceKernels, capabilities: ["net"] });
  const session = await specs.reduce((pipeline, spec) => pipeline.add(spec), new Pipeline("talk", host) as Pipeline).open();
  const out = collect(session.output());
  const errors = collect(session.errors);
  return {
    session,
    clock,
    out,
    errors,
    text: () => textOf(out),
    async ask(words) {
      const [before, from] = [ends(out), out.length];
      void session.push(words);
      await until(
        () => ends(out) > before,
        () => clock.advance(20),
      );
      await clock.advance(0);
      return textOf(out.slice(from));
    },
    async [Symbol.asyncDispose]() {
      const closed = session.close();
      await clock.advance(6_000);
      await closed;
    },
  };
}
