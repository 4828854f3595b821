/** A running live instance of a pipeline, as users see it. */
import { errorFrom, errors } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { firstPort, type Graph, type PortRef } from "../graph/graph.ts";
import { nearest } from "../nearest.ts";
import { applyDefaults, toCamelCase, toSnakeCase, validateAgainst } from "../node/params.ts";
import { Engine } from "./engine.ts";
import { type InputValue, pushEntry, toFrame } from "./entry.ts";
import type { ErrorLog } from "./error-log.ts";
import type { Host } from "./host.ts";
import { type LatencyReport, latencyOf } from "./latency.ts";
import { type Metrics, reportOf } from "./metrics.ts";
import type { NodeRunner } from "./node-runner.ts";
import type { ReadOptions } from "./outlet.ts";
import type { RunOptions } from "./run-options.ts";
import type { TurnListener, TurnTrace } from "./turn-watch.ts";

type Push = (frame: Frame) => void | Promise<void>;

/**
 * A live session: takes frames until it is closed. Close it, or open it with `await using`.
 *
 * @example
 * await using session = await pipeline.open();
 * void (async () => { for await (const frame of session.output("vad")) play(frame); })();
 * session.push({ samples, sampleRate: 48_000 });
 */
export class Session implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #host: Host;
  readonly #inlets: Map<string, Push>;

  private constructor(engine: Engine, host: Host, inlets: Map<string, Push>) {
    this.#engine = engine;
    this.#host = host;
    this.#inlets = inlets;
  }

  /** @internal use `pipeline.open()` */
  static async open(graph: Graph, host: Host, options: RunOptions): Promise<Session> {
    const pushes = graph.inlets.map((to) => pushEntry(`input:${nameOf(to)}`, to, options.input));
    const engine = new Engine(graph, host, "live", options, { entries: pushes.map(({ entry }) => entry) });
    const stopListening = engine.cancelOn(options.signal);
    await engine.start().finally(stopListening);
    const session = new Session(engine, host, new Map(pushes.map(({ push }, i) => [nameOf(graph.inlets[i] as PortRef), push])));
    void engine.done.catch(() => engine.close());
    options.signal?.addEventListener("abort", () => void session.close(), { once: true });
    return session;
  }

  /** The current turn, from 1. */
  get turn(): number {
    return this.#engine.turn;
  }

  /** Errors as values; it ends with the session. Unread errors are logged. */
  get errors(): ErrorLog {
    return this.#engine.errors;
  }

  /** Resolves when the session has ended, rejects with the error that ended it. */
  get done(): Promise<void> {
    return this.#engine.done;
  }

  /**
   * Gives a frame, or a plain value, to every node that wants input and has no connection, or to the named port (`"id"`, `"id.port"`).
   * A promise means: await it before pushing more.
   *
   * @throws `port-unknown`, `usage` when nothing takes input or the session is closed, `overflow` when promises were not awaited.
   */
  push(value: InputValue, to?: string): void | Promise<void> {
    if (this.#engine.isClosing) throw errors.usage({ message: "the session is closed", fix: "Open another one." });
    const frame = toFrame(value);
    if (to !== undefined) return this.#pushTo(to)(frame);
    if (this.#inlets.size === 0)
      throw errors.usage({
        message: "no node of this pipeline takes input from outside",
        fix: 'Name a port: session.push(frame, "node.in").',
      });
    let waits: Promise<void> | undefined;
    for (const push of this.#inlets.values()) {
      const wait = push(frame);
      if (wait !== undefined) waits = waits === undefined ? wait : Promise.all([waits, wait]).then(() => undefined);
    }
    return waits;
  }

  /**
   * The frames of an output, from now on. Without a name: the only output.
   *
   * @throws `port-unknown` when there is no such output.
   */
  output(name?: string, options?: ReadOptions): AsyncIterableIterator<Frame> {
    const { outlets } = this.#engine;
    const outlet = name === undefined && outlets.size === 1 ? [...outlets.values()][0] : outlets.get(name ?? "");
    if (outlet !== undefined) return outlet.read(options);
    throw errors.portUnknown({
      message: name === undefined ? "name the output" : `no output "${name}"`,
      expected: `one of: ${[...outlets.keys()].join(", ")}`,
    });
  }

  /** What passes a port, from now on, as copies; it never holds the pipeline back: what is not read is dropped, oldest first. */
  tap(name: string, options?: ReadOptions): AsyncIterableIterator<Frame> {
    const { node, port } = this.#resolve(name, "outputs");
    return this.#engine.tap(this.#engine.runner(node) as NodeRunner, port).read(options);
  }

  /** Raises the turn: answers to the older ones are dropped wherever they are. */
  interrupt(reason = "interrupted by the user"): void {
    this.#engine.interrupt(reason);
  }

  /** Pauses answers; they queue. For an interruption that may be a false one. */
  hold(): void {
    this.#engine.hold();
  }

  /** Lets answers go on that `hold` paused. */
  release(): void {
    this.#engine.release();
  }

  /**
   * Tells that you have played a frame of an output: so what was heard is known when an answer is interrupted, and its turn ends with its last sound.
   * Only audio of the current answer counts; where a sink of the pipeline plays, leave it to the sink.
   */
  played(frame: Frame): void {
    this.#engine.playedOutside(frame);
  }

  /**
   * Tells every change of a turn as it happens: interrupted, held, released, played. Gives what stops listening.
   *
   * @example
   * session.onTurn(({ type, turn, heard }) => console.log(turn, type, heard?.text));
   */
  onTurn(listener: TurnListener): () => void {
    return this.#engine.turnWatch.listen(listener);
  }

  /** When the stages of the latest 8 turns came, the current one last: what the delay of answers is made of. */
  turns(): readonly TurnTrace[] {
    return this.#engine.turnWatch.traces();
  }

  /**
   * Changes parameters of a running node; the others stay. Keys are camelCase, as in TypeScript.
   *
   * @throws `node-unknown`, `params-invalid`, or `usage` when the node cannot change while it runs.
   */
  async configure(id: string, params: Record<string, unknown>): Promise<void> {
    const runner = this.#runner(id);
    const { definition } = runner.node;
    const merged = applyDefaults({ ...runner.params, ...toSnakeCase(params, definition.params) }, definition.params);
    const faults = validateAgainst(definition.params, merged, "");
    if (faults.length > 0) throw errors.paramsInvalid({ node: id, message: `the parameters do not fit ${definition.type}`, faults });
    if (runner.executor.configure === undefined)
      throw errors.usage({
        node: id,
        message: `${definition.type} cannot change while it runs`,
        fix: "Close the session and open one with other parameters.",
      });
    try {
      await runner.configure(toCamelCase(merged, definition.params) as never);
    } catch (thrown) {
      throw errorFrom(thrown, "node-failed", { node: id });
    }
    runner.params = merged;
  }

  /** Counts and times; see {@link Metrics}. */
  metrics(): Metrics {
    return reportOf(this.#engine, this.#host.memoryBytes?.());
  }

  /** The delay that nodes add, summed along the slowest path to each end of the graph. */
  latency(): LatencyReport {
    return latencyOf(this.#engine);
  }

  /** Flushes, stops every node once, and ends outputs; within its deadline (5 s) whatever the nodes do. Calling it again waits for the same end. */
  close(): Promise<void> {
    return this.#engine.close({ flush: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #runner(id: string): NodeRunner {
    const runner = this.#engine.runner(id);
    if (runner !== undefined) return runner;
    const near = nearest(
      id,
      this.#engine.graph.nodes.map((node) => node.id),
    );
    throw errors.nodeUnknown({
      message: `no node "${id}" in this pipeline`,
      ...(near !== undefined && { fix: `Did you mean "${near}"?` }),
    });
  }

  #pushTo(name: string): Push {
    const ref = this.#resolve(name, "inputs");
    const known = this.#inlets.get(nameOf(ref));
    if (known !== undefined) return known;
    const { entry, push } = pushEntry(`input:${nameOf(ref)}`, ref);
    this.#engine.addEntry(entry);
    return push;
  }

  #resolve(name: string, side: "inputs" | "outputs"): PortRef {
    const whole = this.#engine.runner(name);
    const dot = name.lastIndexOf(".");
    const runner = whole ?? this.#runner(dot < 0 ? name : name.slice(0, dot));
    const port = whole !== undefined || dot < 0 ? firstPort(runner.node[side]) : name.slice(dot + 1);
    if (port !== undefined && Object.hasOwn(runner.node[side], port)) return { node: runner.id, port };
    throw errors.portUnknown({
      node: runner.id,
      message: `"${name}" is no ${side.slice(0, -1)}`,
      expected: `one of: ${Object.keys(runner.node[side]).join(", ") || "none"}`,
    });
  }
}

const nameOf = ({ node, port }: PortRef): string => `${node}.${port}`;
