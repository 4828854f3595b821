/**
 * A running graph: makes runners and edges, starts them, keeps the turn, and ends them. `Session` and `Pipeline.run` are its two faces.
 */

import type { Clock } from "../clock.ts";
import { errorFrom, errors, type RemoteMediaError } from "../errors.ts";
import { BufferPool } from "../frame/buffer-pool.ts";
import { eventFrame, Flags, type Frame, type JsonValue, type MediaStream } from "../frame/frame.ts";
import type { MediaFormat } from "../frame/media.ts";
import type { Graph, GraphEdge, GraphNode, PortRef } from "../graph/graph.ts";
import type { Kernels } from "../node/kernels.ts";
import type { Capability, Heard, NodeContext, NodeExecutor, UpstreamRequest } from "../node/node.ts";
import { toCamelCase } from "../node/params.ts";
import { Activity } from "./activity.ts";
import { CallWatch } from "./call-watch.ts";
import { checkExecutor } from "./check-executor.ts";
import type { ConverterChain } from "./converter-chain.ts";
import { withDeadline } from "./deadline.ts";
import { type Consumer, Edge, type EdgeOptions } from "./edge.ts";
import { ErrorLog } from "./error-log.ts";
import { failurePolicy } from "./failure.ts";
import type { Host, KernelChoice, LoopWatch } from "./host.ts";
import { isNextInMerge, type MergeOrder } from "./merge-order.ts";
import { Negotiator } from "./negotiator.ts";
import { NodeRunner } from "./node-runner.ts";
import { Outlet } from "./outlet.ts";
import { randomFrom } from "./random.ts";
import type { RunOptions } from "./run-options.ts";
import { chooseKernels, warmUpOnce } from "./runtime-choice.ts";
import { TimeSlice } from "./time-slice.ts";
import { TurnWatch } from "./turn-watch.ts";
import { Turns } from "./turns.ts";
import { tapOptions, Wiring } from "./wiring.ts";

/** A source outside the graph that feeds some of its ports: what users push, or the input of a run. */
export interface Entry {
  readonly node: GraphNode;
  readonly to: readonly PortRef[];
}

/** How a graph is run, beyond what users choose. */
export interface EngineParts {
  readonly order?: MergeOrder;
  readonly entries?: readonly Entry[];
  /** All outputs in one outlet, in the order of arrival. */
  readonly joinsOutputs?: boolean;
}

/** One running instance of a graph. */
export class Engine {
  readonly graph: Graph;
  readonly mode: "batch" | "live";
  readonly clock: Clock;
  readonly pool: BufferPool;
  readonly slice = new TimeSlice();
  readonly errors: ErrorLog;
  readonly activity: Activity;
  readonly runners: NodeRunner[];
  readonly edges: Edge[] = [];
  readonly outlets = new Map<string, Outlet>();
  readonly converters: NodeRunner[] = [];
  /** Resolves when everything has ended, rejects with the error that ended it. */
  readonly done: Promise<void>;
  readonly turns = new Turns(() => this.#turnRose());
  readonly turnWatch = new TurnWatch(
    () => this.nowUs(),
    () => this.turns.heardToTheEnd(),
    (thrown) => this.report(errorFrom(thrown, "internal"), { id: "session" }),
  );
  /** Which node runs now; a watchdog of the host reads it. */
  readonly loop: Int32Array;
  readonly #loopWatch: LoopWatch | undefined;
  /** Nodes that run in the call stack now. */
  depth = 0;
  isStopping = false;
  readonly startedUs: number;
  readonly #host: Host;
  readonly #identity = {};
  readonly #options: RunOptions;
  readonly #order: MergeOrder;
  readonly #granted: ReadonlySet<Capability>;
  readonly #stopped = new Set<NodeRunner>();
  readonly #startCalled = new Set<NodeRunner>();
  /** Runners that bring what comes from outside. */
  readonly #entries: Set<string>;
  readonly #byId = new Map<string, NodeRunner>();
  readonly #wiring: Wiring;
  readonly #negotiator: Negotiator;
  readonly #watch: CallWatch;
  readonly #ended = new AbortController();
  #kernels: KernelChoice | undefined;
  #arrivals = 0;
  #streams = 0;
  #resolveDone = (): void => {};
  #rejectDone = (_error: RemoteMediaError): void => {};
  #closing: Promise<void> | undefined;
  failure: RemoteMediaError | undefined;

  constructor(
    graph: Graph,
    host: Host,
    mode: "batch" | "live",
    options: RunOptions,
    { order = "time", entries = [], joinsOutputs = false }: EngineParts = {},
  ) {
    this.graph = graph;
    this.mode = mode;
    this.#host = host;
    this.#options = options;
    this.#order = order;
    this.clock = options.clock ?? host.clock;
    this.pool = options.pool ?? new BufferPool();
    this.errors = new ErrorLog(() => this.nowUs(), host.log);
    this.startedUs = this.clock.nowUs();
    this.#granted = new Set(options.grants ?? host.capabilities);
    this.#loopWatch = host.watchLoop?.(mode);
    this.loop = this.#loopWatch?.current ?? new Int32Array(1);
    this.activity = new Activity(this, () => this.#resolveDone());
    this.#wiring = new Wiring(graph, mode);
    this.#negotiator = new Negotiator(this, host.registry);
    this.#watch = new CallWatch(this.clock, () => this.nowUs());
    this.done = new Promise((resolve, reject) => {
      this.#resolveDone = resolve;
      this.#rejectDone = reject;
    });
    this.done.catch(() => undefined);
    try {
      this.runners = [...entries.map(({ node }) => node), ...graph.nodes].map((node) => this.#addRunner(node));
    } catch (thrown) {
      this.#loopWatch?.stop();
      throw thrown;
    }
    this.#entries = new Set(entries.map(({ node }) => node.id));
    for (const { node, to } of entries) for (const port of to) this.#linkEntry(this.runner(node.id) as NodeRunner, port);
    this.#connect(joinsOutputs);
  }

  // making

  /** A runner with its executor made and nothing started. */
  createRunner(node: GraphNode): NodeRunner {
    const { definition } = node;
    for (const capability of definition.requires) {
      if (!this.#granted.has(capability))
        throw errors.grantMissing({
          node: node.id,
          message: `${definition.type} wants "${capability}", which this pipeline was not granted`,
          fix: `Grant it: open({ grants: ["${capability}"] }).`,
        });
    }
    let executor: NodeExecutor;
    try {
      executor = definition.create(toCamelCase(node.params, definition.params) as never);
    } catch (thrown) {
      throw errorFrom(thrown, "start-failed", { node: node.id });
    }
    checkExecutor(executor, node);
    return new NodeRunner(this, node, executor, failurePolicy(node.onError, this.mode), this.#loopWatch?.add(node.id) ?? 1);
  }

  #addRunner(node: GraphNode): NodeRunner {
    const runner = this.createRunner(node);
    this.#byId.set(node.id, runner);
    return runner;
  }

  runner(id: string): NodeRunner | undefined {
    return this.#byId.get(id);
  }

  #connect(joinsOutputs: boolean): void {
    for (const edge of this.graph.edges) {
      const to = this.runner(edge.to.node) as NodeRunner;
      this.link(this.runner(edge.from.node) as NodeRunner, edge, to, this.#wiring.between(edge, to.node));
    }
    for (const [name, from] of this.graph.outputs) {
      const outlet = this.#outlet(joinsOutputs ? "outputs" : name);
      const ends = { from, to: { node: name, port: "output" } };
      outlet.edges.push(this.link(this.runner(from.node) as NodeRunner, ends, outlet, this.#wiring.outOf(from.node)));
    }
    for (const { node, port, event } of this.graph.interruptOn) this.runner(node)?.slot(port)?.interruptOn.add(event);
    this.activity.expect(this.runners.length + this.outlets.size);
  }

  #outlet(name: string): Outlet {
    const outlet = this.outlets.get(name) ?? new Outlet(this, name);
    this.outlets.set(name, outlet);
    return outlet;
  }

  /** Puts an edge between an output and a consumer. */
  link(from: NodeRunner, ends: Pick<GraphEdge, "from" | "to">, consumer: Consumer, options: EdgeOptions): Edge {
    const edge = new Edge(this, ends, consumer, options);
    edge.requestKeyframe = () => this.#grants(from, "keyframe", null) || this.request(from, "keyframe", null);
    from.slot(ends.from.port)?.add(edge);
    if (consumer instanceof NodeRunner) consumer.inputs.push(edge);
    this.edges.push(edge);
    return edge;
  }

  #linkEntry(from: NodeRunner, to: PortRef): void {
    const runner = this.runner(to.node) as NodeRunner;
    this.link(from, { from: { node: from.id, port: "out" }, to }, runner, this.#wiring.into(to, runner.node));
  }

  /** Lets users push into a port that had no entry. */
  addEntry({ node, to }: Entry): void {
    const runner = this.#addRunner(node);
    this.runners.push(runner);
    this.activity.expect(1);
    for (const port of to) this.#linkEntry(runner, port);
    this.#entries.add(node.id);
    runner.open();
    runner.produce();
  }

  /** A tap: sees what passes and never holds anything back. */
  tap(runner: NodeRunner, port: string): Outlet {
    const outlet = new Outlet(this, `${runner.id}.${port}`, (left) => this.#removeTap(left));
    const edge = this.link(runner, { from: { node: runner.id, port }, to: { node: "tap", port } }, outlet, tapOptions);
    outlet.edges.push(edge);
    this.activity.expect(1);
    if (runner.hasEnded || this.isStopping) edge.end();
    return outlet;
  }

  /** Nobody reads the tap any more. */
  #removeTap(outlet: Outlet): void {
    for (const edge of outlet.edges) {
      edge.close();
      this.runner(edge.producerId)?.removeTarget(edge);
      this.edges.splice(this.edges.indexOf(edge), 1);
    }
    outlet.close();
  }

  // starting

  /** Everything that comes before `start`: it looks, and does not act. */
  async plan(): Promise<void> {
    this.#kernels = await this.#host.kernels();
    warmUpOnce(this.#kernels.wasm ?? this.#kernels.js);
    await this.#negotiator.plan((runner) =>
      this.#startingWithin(runner, "negotiated", async () => runner.executor.negotiate?.(runner.inputFormats)),
    );
  }

  adapt(runner: NodeRunner, edge: Edge, format: MediaFormat): ConverterChain | undefined {
    return this.#negotiator.adapt(runner, edge, format);
  }

  /**
   * Negotiates, starts every node, and lets the sources run.
   *
   * @throws `start-failed` naming the node, after everything that was started has been stopped.
   */
  async start(): Promise<void> {
    try {
      await this.#unlessEnded(this.plan());
      if (!this.isStopping) await this.#unlessEnded(Promise.all(this.runners.map((runner) => this.#startNode(runner))));
    } catch (thrown) {
      const error = errorFrom(thrown, "start-failed");
      this.fail(error);
      await this.close();
      throw error;
    }
    if (this.isStopping) throw this.failure ?? errors.cancelled({ message: "the session was closed while it started" });
    for (const runner of this.runners) runner.open();
    for (const runner of this.runners) if (!runner.isSource) runner.giveVoice();
    for (const id of this.#entries) this.runner(id)?.produce();
    // Live, whoever opened the session gets to read its outputs before the first frame leaves them.
    if (this.mode === "batch") this.#produce();
    else void this.slice.yield().then(() => this.#produce());
  }

  #produce(): void {
    if (this.isStopping) return;
    this.slice.enter();
    for (const runner of this.runners) if (runner.isSource && !this.#entries.has(runner.id)) runner.produce();
    for (const runner of this.runners) runner.wake();
    this.slice.leave();
    this.activity.checkSoon();
  }

  /** Waits for `work`, but no longer than until the session is cancelled. */
  async #unlessEnded(work: Promise<unknown>): Promise<void> {
    await Promise.race([work, this.done]);
  }

  async #startNode(runner: NodeRunner): Promise<void> {
    const { executor } = runner;
    const context = this.contextFor(runner);
    if (executor.start === undefined && executor.stop === undefined) return;
    this.#startCalled.add(runner);
    try {
      await this.#startingWithin(runner, "started", async () => executor.start?.(context));
    } catch (thrown) {
      throw errorFrom(thrown, "start-failed", { node: runner.id });
    }
  }

  get #startMs(): number {
    return this.#options.deadlines?.startMs ?? 30_000;
  }

  #startingWithin<T>(runner: NodeRunner, what: string, work: () => Promise<T>): Promise<T | undefined> {
    const ms = this.#startMs;
    const late = (): Error =>
      errors.startFailed({
        node: runner.id,
        message: `"${runner.id}" has not ${what} within ${ms} ms`,
        fix: "Make it faster, or raise deadlines.startMs.",
      });
    return withDeadline(work, { clock: this.clock, ms, signal: this.#ended.signal, late });
  }

  contextFor(runner: NodeRunner): NodeContext {
    const { log } = this.#host;
    return {
      nodeId: runner.id,
      session: this.#identity,
      mode: this.mode,
      clock: this.clock,
      startMs: this.#startMs,
      log,
      kernels: this.chooseRuntime(runner),
      grants: new Set(runner.node.definition.requires),
      random: randomFrom(this.#options.seed ?? 1, runner.id),
      report: (thrown) => runner.failedBetweenCalls(thrown),
      request: (name, value = null) => this.request(runner, name, value),
      interrupt: (reason) => this.interrupt(reason),
      played: (turn, heard) => this.turns.played(turn, heard),
      said: (turn, words) => this.turns.said(turn, words),
      answer: () => this.turns.answer(),
      hold: () => this.hold(),
      release: () => this.release(),
    };
  }

  chooseRuntime(runner: NodeRunner): Kernels {
    const kernels = chooseKernels(runner.node, this.#kernels as KernelChoice, this.#host.log);
    runner.runtime = kernels.runtime;
    return kernels;
  }

  // time and order

  nowUs(): number {
    return this.clock.nowUs() - this.startedUs;
  }

  nextArrival(): number {
    return this.#arrivals++;
  }

  newStream(): MediaStream {
    return Object.freeze({ id: ++this.#streams, epochUs: this.nowUs() });
  }

  isNextInMerge(edge: Edge, inputs: readonly Edge[]): boolean {
    return isNextInMerge(edge, inputs, this.#order);
  }

  // turns

  get turn(): number {
    return this.turns.current;
  }

  holdsBack(frame: Frame): boolean {
    return this.turns.holdsBack(frame);
  }

  /** Raises the turn: what answers older ones is dropped wherever it is. */
  interrupt(reason: string): void {
    if (this.isStopping) return;
    const { turn } = this;
    const heard = this.turns.raise();
    this.#host.log.debug(`turn ${this.turn}: ${reason}`);
    for (const edge of this.edges) edge.purgeStale();
    for (const runner of this.runners) {
      runner.cutStaleCall();
      this.#tell(runner, heard);
    }
    for (const converter of this.converters) this.#tell(converter, heard);
    this.turnWatch.changed({ type: "interrupted", turn, reason, heard });
    this.#wakeAll();
  }

  /** What turns are made of leaves a node. Neither what comes from outside nor converters are stages of an answer. */
  watchTurn(runner: NodeRunner, frame: Frame, isAnswer: boolean): void {
    if (this.mode === "live" && this.#byId.has(runner.id) && !this.#entries.has(runner.id)) this.turnWatch.left(runner.id, frame, isAnswer);
  }

  #turnRose(): void {
    this.turnWatch.raised(this.turn);
  }

  /** An answer was heard to its end. Nothing is left of it to hold. */
  endTurn(turn: number): void {
    const { isHeld } = this.turns;
    this.turns.end(turn);
    if (isHeld) this.#wakeAll();
  }

  /** Somebody outside of the graph has played a frame of an output. */
  playedOutside(frame: Frame): void {
    if (frame.kind !== "audio" || (frame.flags & Flags.answer) === 0 || frame.turn < this.turn) return;
    const { turn } = frame;
    const tell = (name: string): void => this.turnWatch.left("session", eventFrame(name, { turn }, { timestamp: this.nowUs() }), false);
    if (!this.turns.isPlaying) tell("playback-started");
    this.turns.played(turn, { durationUs: frame.duration });
    if ((frame.flags & Flags.end) === 0) return;
    tell("playback-ended");
    this.endTurn(turn);
  }

  #tell(runner: NodeRunner, heard: Heard): void {
    try {
      if (runner.node.definition.answers) runner.executor.interrupt?.(this.turn, heard);
      else runner.executor.interrupt?.(this.turn);
    } catch (thrown) {
      this.report(errorFrom(thrown, "node-failed", { node: runner.id }), runner);
    }
  }

  hold(): void {
    if (this.turns.isHeld || this.isStopping) return;
    this.turns.isHeld = true;
    this.turnWatch.changed({ type: "held", turn: this.turn });
  }

  release(): void {
    if (!this.turns.isHeld) return;
    this.turns.isHeld = false;
    this.turnWatch.changed({ type: "released", turn: this.turn });
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const edge of this.edges) edge.consumer.wake();
  }

  /** Sends a wish upstream until a node grants it. */
  request(from: NodeRunner, name: UpstreamRequest, value: Parameters<NodeContext["request"]>[1], seen = new Set<string>()): boolean {
    for (const { from: source, to } of this.graph.edges) {
      if (to.node !== from.id || seen.has(source.node)) continue;
      seen.add(source.node);
      const runner = this.runner(source.node) as NodeRunner;
      if (this.#grants(runner, name, value ?? null) || this.request(runner, name, value, seen)) return true;
    }
    return false;
  }

  /** Whoever fails to answer has not granted it; the one who asked is not to blame. */
  #grants(runner: NodeRunner, name: UpstreamRequest, value: JsonValue): boolean {
    try {
      return runner.executor.request?.(name, value) === true;
    } catch (thrown) {
      this.report(errorFrom(thrown, "node-failed", { node: runner.id }), runner);
      return false;
    }
  }

  // activity

  /** Goes on with a node's queue when the event loop has had its turn. */
  wakeLater(runner: NodeRunner): void {
    this.activity.began();
    void this.slice.yield().then(() => {
      this.slice.enter();
      this.activity.settled();
      runner.wake();
      this.slice.leave();
    });
  }

  /** A call of this node waits. */
  watch(runner: NodeRunner): void {
    this.#watch.add(runner);
  }

  // errors and the end

  report(error: RemoteMediaError, at: { readonly id: string }): void {
    this.errors.add(error, at.id);
  }

  /** A frame came that a consumer cannot take: its policy decides. */
  refused(error: RemoteMediaError, consumer: Consumer): void {
    this.report(error, consumer);
    if (consumer instanceof NodeRunner && consumer.policy.action === "stop") this.fail(error);
  }

  /** A cancellation by the user ends the session as a failure does. Gives what stops listening. */
  cancelOn(signal: AbortSignal | undefined): () => void {
    const cancel = (): void => this.fail(errors.cancelled({ message: "the run was cancelled", cause: signal?.reason }));
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    return () => signal?.removeEventListener("abort", cancel);
  }

  /** The policy says that this ends the session. */
  fail(error: RemoteMediaError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.#rejectDone(error);
  }

  addConverters(runners: readonly NodeRunner[]): void {
    this.converters.push(...runners);
    for (const runner of runners) this.#startCalled.add(runner);
  }

  /** Its edge needs another one, or has ended. What was replaced is forgotten, as formats may change for ever. */
  stopConverter(runner: NodeRunner): void {
    void this.#stopNode(runner);
    if (this.isStopping) return;
    this.#startCalled.delete(runner);
    this.#stopped.delete(runner);
    this.converters.splice(this.converters.indexOf(runner), 1);
  }

  /** Whether nothing more is taken in. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Ends what still runs, within the deadline: flushes if it may, then stops every started node once. */
  close({ flush = false }: { readonly flush?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(flush);
    return this.#closing;
  }

  async #close(flush: boolean): Promise<void> {
    const { closeMs = 5_000, stopMs = 2_000, flushMs = 5_000 } = this.#options.deadlines ?? {};
    if (flush && this.failure === undefined) await this.#flush(Math.min(flushMs, Math.max(closeMs - stopMs, 0)));
    this.isStopping = true;
    // With a reason: making the default one takes longer than all the rest.
    this.#ended.abort("closed");
    this.#watch.stop();
    for (const runner of this.runners) runner.abandon();
    for (const edge of this.edges) edge.close();
    for (const outlet of this.outlets.values()) outlet.close();
    await Promise.all([...this.#startCalled].reverse().map((runner) => this.#stopNode(runner, stopMs)));
    this.#loopWatch?.stop();
    if (this.#options.pool === undefined) this.pool.clear();
    this.errors.close(this.mode === "batch" ? this.failure : undefined);
    this.#resolveDone();
  }

  /** Outputs and taps. */
  #readOutlets(): Set<Outlet> {
    return new Set(this.edges.map(({ consumer }) => consumer).filter((consumer) => consumer instanceof Outlet));
  }

  /** Sources stop, and what they gave goes to its end. */
  async #flush(ms: number): Promise<void> {
    this.release();
    for (const outlet of this.#readOutlets()) outlet.drain();
    for (const runner of this.runners) if (runner.isSource) runner.endSource();
    await withDeadline(() => this.done.catch(() => undefined), { clock: this.clock, ms });
  }

  async #stopNode(runner: NodeRunner, stopMs = 2_000): Promise<void> {
    if (this.#stopped.has(runner)) return;
    this.#stopped.add(runner);
    try {
      const late = (): Error =>
        errors.timeout({
          node: runner.id,
          message: `"${runner.id}" has not stopped within ${stopMs} ms; it is left behind`,
          fix: "Make stop faster.",
        });
      await withDeadline(async () => runner.executor.stop?.(), { clock: this.clock, ms: stopMs, late });
    } catch (thrown) {
      this.report(errorFrom(thrown, "node-failed", { node: runner.id }), runner);
    }
  }
}
