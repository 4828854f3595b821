/** Converters that negotiation put on an edge. They are ordinary nodes, run inline: what they emit goes straight on. */
import { errors } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { GraphNode } from "../graph/graph.ts";
import type { Engine } from "./engine.ts";
import type { NodeRunner } from "./node-runner.ts";
import type { Target } from "./output-slot.ts";

/** What a converter feeds. */
const into = (deliver: (frame: Frame) => void): Target => ({ deliver, room: () => undefined, end: () => undefined });

// A converter has no queue: it is fed when it is free, which it always is.
const inline = { port: "in", queue: { length: 0 }, isEnded: false };

/** One or more converters in a row. */
export class ConverterChain {
  readonly #engine: Engine;
  readonly runners: readonly NodeRunner[];

  /** @param last where the converted frames go */
  constructor(engine: Engine, nodes: readonly GraphNode[], last: (frame: Frame) => void) {
    this.#engine = engine;
    this.runners = nodes.map((node) => engine.createRunner(node));
    this.runners.forEach((runner, i) => {
      const next = this.runners[i + 1];
      runner.slots[0]?.add(into(next === undefined ? last : (frame) => next.accept(frame, inline)));
      const started = runner.executor.start?.(engine.contextFor(runner));
      if (started !== undefined) throw errors.internal({ node: runner.id, message: "a converter must start at once" });
      runner.open();
    });
    engine.addConverters(this.runners);
  }

  convert(frame: Frame): void {
    (this.runners[0] as NodeRunner).accept(frame, inline);
  }

  /** Gives what the converters hold back. */
  flush(): void {
    for (const runner of this.runners) runner.flushNow();
  }

  close(): void {
    for (const runner of this.runners) this.#engine.stopConverter(runner);
  }
}
