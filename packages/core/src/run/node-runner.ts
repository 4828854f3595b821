/**
 * Runs one node: one call at a time, by plain function calls as long as the node answers at once. Everything a node may do wrong ends here.
 *
 * A call is a `CallOutput`. One is used again and again for calls that return at once; a call that waits keeps its own and the next gets
 * another, so that what a call that was given up still emits cannot pass for the work of a later one.
 */
import { errorFrom, errors, type RemoteMediaError } from "../errors.ts";
import { Flags, type Frame, type MediaStream } from "../frame/frame.ts";
import type { MediaFormat } from "../frame/media.ts";
import type { GraphNode } from "../graph/graph.ts";
import { outputFormats } from "../negotiation/outputs.ts";
import type { NodeExecutor, ProcessResult } from "../node/node.ts";
import { CallOutput, Voice } from "./call-output.ts";
import type { ConverterChain } from "./converter-chain.ts";
import { type Consumer, deepest, type Edge } from "./edge.ts";
import type { Engine } from "./engine.ts";
import { Breaker, type FailurePolicy, substituteFor } from "./failure.ts";
import { Iteration, isThenable } from "./iteration.ts";
import { NodeMetrics } from "./node-metrics.ts";
import { nowMs } from "./now.ts";
import { OutputSlot, type Target } from "./output-slot.ts";

type Waiting = PromiseLike<unknown>;

/** What a node is told of the place that a frame comes from. */
interface Inlet {
  readonly port: string;
  readonly queue: { readonly length: number };
  readonly isEnded: boolean;
}

/** One node of a running session. */
export class NodeRunner implements Consumer {
  readonly id: string;
  readonly node: GraphNode;
  readonly engine: Engine;
  readonly executor: NodeExecutor;
  readonly policy: FailurePolicy;
  readonly metrics = new NodeMetrics();
  readonly breaker: Breaker;
  /** In connection order. */
  readonly inputs: Edge[] = [];
  readonly slots: readonly OutputSlot[];
  readonly isSource: boolean;
  /** What `negotiate` said of the outputs, and what the declaration fixes. */
  outputFormats: Readonly<Record<string, MediaFormat>> = {};
  /** snake_case, as they are now. */
  params: GraphNode["params"];
  /** The kernels that run it. */
  runtime = "js";
  /** Whether it may be called: it is open and no call is under way. */
  isFree = false;
  hasEnded = false;
  /** The call that waits, if one does. */
  pending: CallOutput | undefined;
  /** A call that was given up and has not settled: until it does, the node must not be entered. */
  #lost: CallOutput | undefined;
  #out: CallOutput;
  readonly #loop: Int32Array;
  readonly #place: number;
  #isOpen = false;
  /** Something makes a call more than a call: a retry policy, failures, a lost call, or somebody who waits for the node to be idle. */
  #isGuarded: boolean;
  readonly #process: NonNullable<NodeExecutor["process"]>;
  readonly #answers: boolean;
  /** Whether it hands the flag `answer` on. */
  readonly #marksAnswers: boolean;
  #wasAnswer = false;
  #isDraining = false;
  #isFlushing = false;
  readonly #whenIdle: (() => void)[] = [];
  #highestTurn = 1;
  /** For what a node with inputs says between its calls. */
  #voice: CallOutput | undefined;
  #stream: MediaStream | undefined;
  #producedUs = 0;
  readonly #gets = new Map<Edge, MediaFormat>();
  readonly #iteration: Iteration;

  constructor(engine: Engine, node: GraphNode, executor: NodeExecutor, policy: FailurePolicy, place: number) {
    this.engine = engine;
    this.id = node.id;
    this.node = node;
    this.params = node.params;
    this.executor = executor;
    this.policy = policy;
    this.breaker = new Breaker(engine);
    this.slots = Object.keys(node.outputs).map((port) => new OutputSlot(port, engine.mode === "live"));
    this.isSource = Object.keys(node.inputs).length === 0;
    this.#out = new CallOutput(this);
    this.#iteration = new Iteration(this);
    this.#loop = engine.loop;
    this.#place = place;
    this.#isGuarded = policy.mayRetry;
    this.#process = executor.process ?? swallow;
    this.#answers = node.definition.answers;
    this.#marksAnswers = node.keepStale.size === 0;
  }

  /** Every node has started: frames may come. */
  open(): void {
    this.#isOpen = true;
    this.isFree = true;
  }

  // ports

  slot(port: string): OutputSlot | undefined {
    const first = this.slots[0];
    return first?.port === port ? first : this.slots.find((slot) => slot.port === port);
  }

  notAFrame(port: string, value: unknown): RemoteMediaError {
    return errors.nodeFailed({
      node: this.id,
      port,
      message: "emitted something that is not a frame",
      received: typeof value,
      fix: "Make frames with out.audio, textFrame, jsonFrame …",
    });
  }

  /** A reader of an output is gone. */
  removeTarget(target: Target): void {
    for (const slot of this.slots) slot.remove(target);
  }

  unknownPort(port: string): RemoteMediaError {
    const known = this.slots.map((slot) => slot.port).join(", ") || "none";
    return errors.portUnknown({
      node: this.id,
      port,
      message: `"${this.id}" emitted to "${port}"`,
      expected: `one of its outputs: ${known}`,
    });
  }

  /** The stream of what it makes without an input. */
  get stream(): MediaStream {
    this.#stream ??= this.engine.newStream();
    return this.#stream;
  }

  /** Running media time of a source whose frames say none. */
  nextTimestamp(frame: Frame): number {
    const timestamp = this.#producedUs;
    this.#producedUs += frame.duration;
    return timestamp;
  }

  /** What arrives on each port, as far as it is known. */
  get inputFormats(): Readonly<Record<string, MediaFormat>> {
    return Object.fromEntries(
      this.inputs.flatMap((edge) => (this.#gets.has(edge) ? [[edge.port, this.#gets.get(edge) as MediaFormat]] : [])),
    );
  }

  /** What other edges bring to the port of this one. */
  formatFromOthers(edge: Edge): MediaFormat | undefined {
    return this.inputs.filter((other) => other !== edge && other.port === edge.port).map((other) => this.#gets.get(other))[0];
  }

  /** An edge will bring this. Once frames flow, a change is told to the node. */
  gets(edge: Edge, format: MediaFormat): void {
    this.#gets.set(edge, format);
    const hasMedia = format.kind === "audio" || format.kind === "video";
    if (!this.#isOpen || !hasMedia || this.executor.negotiate === undefined) {
      if (this.#isOpen) this.outputFormats = outputFormats(this.node, this.inputFormats, {});
      return;
    }
    const said = this.executor.negotiate(this.inputFormats);
    if (isThenable(said)) throw errors.internal({ node: this.id, message: "negotiate must not wait once frames flow" });
    this.outputFormats = outputFormats(this.node, this.inputFormats, said ?? {});
  }

  adapt(edge: Edge, format: MediaFormat): ConverterChain | undefined {
    return this.engine.adapt(this, edge, format);
  }

  // input

  accept(frame: Frame, from: Inlet): void {
    this.isFree = false;
    if (this.#isGuarded && !this.#mayEnter()) this.#goAround(frame, from.port);
    else this.#call(frame, from.port, 0);
    if (this.isFree && (from.queue.length > 0 || from.isEnded || this.inputs.length > 1)) this.wake();
  }

  wake(): void {
    if (!this.isFree || this.#isDraining || !this.#hasWork()) return;
    if (this.engine.depth >= deepest) return this.engine.wakeLater(this);
    this.#isDraining = true;
    let isLate = false;
    for (let edge = this.#nextEdge(); edge !== undefined && !isLate; edge = this.isFree ? this.#nextEdge() : undefined) {
      const frame = edge.dequeue();
      if (frame !== undefined) this.accept(frame, edge);
      isLate = this.engine.slice.lap();
    }
    this.#isDraining = false;
    if (!this.isFree) return;
    if (isLate) this.engine.wakeLater(this);
    else this.#flushWhenDone();
  }

  #hasWork(): boolean {
    const { inputs } = this;
    for (let i = 0; i < inputs.length; i++) {
      const edge = inputs[i] as Edge;
      if (edge.queue.length > 0 || edge.isEnded) return true;
    }
    return false;
  }

  /** Which edge is served next: where a batch merges the order does not depend on time, elsewhere it is the order of arrival. */
  #nextEdge(): Edge | undefined {
    let next: Edge | undefined;
    for (const edge of this.inputs) {
      const head = edge.queue.at(0);
      if (head === undefined || this.engine.holdsBack(head)) continue;
      if (edge.options.merges && !this.engine.isNextInMerge(edge, this.inputs)) continue;
      if (next === undefined || edge.queue.headArrival < next.queue.headArrival) next = edge;
    }
    return next;
  }

  // calls

  #call(frame: Frame, port: string, attempt: number): void {
    const out = this.#out;
    if (frame.turn > this.#highestTurn) this.#highestTurn = frame.turn;
    this.#wasAnswer = this.#answers || ((frame.flags & Flags.answer) !== 0 && this.#marksAnswers);
    out.begin("process", frame, frame.turn, this.#wasAnswer);
    out.port = port;
    out.attempt = attempt;
    // What a failed attempt changed in place must not be seen by the next one.
    if (this.#isGuarded && this.policy.mayRetry && attempt === 0) frame.retain();
    const isTimed = this.metrics.beginCall();
    const loop = this.#loop;
    const above = loop[0] as number;
    loop[0] = this.#place;
    let result: ProcessResult;
    try {
      result = isTimed ? this.#callTimed(frame, port, out) : this.#process.call(this.executor, frame, port, out);
      if (result !== undefined) result = this.#iteration.run(result, out);
    } catch (thrown) {
      loop[0] = above;
      return this.#failed(out, thrown);
    }
    loop[0] = above;
    if (result !== undefined || out.wasBlocked || this.#isGuarded) return this.#continue(out, result as Waiting | undefined);
    out.input = undefined;
    out.close();
    frame.release();
    this.isFree = true;
  }

  #callTimed(frame: Frame, port: string, out: CallOutput): ProcessResult {
    out.takeTime();
    const startMs = nowMs();
    const result = this.#process.call(this.executor, frame, port, out);
    this.metrics.endCall((nowMs() - startMs - out.downstreamMs) * 1000);
    return result;
  }

  /** Lets a source run. */
  produce(): void {
    this.isFree = false;
    const out = this.#out;
    out.begin("produce", undefined, this.engine.turn, this.node.definition.answers);
    this.#enter(out, () => this.executor.produce?.(out));
  }

  /** A node with inputs may speak between its calls, from callbacks that it sets up here. */
  giveVoice(): void {
    if (this.executor.produce === undefined) return;
    const voice = new Voice(this, (thrown) => this.failedBetweenCalls(thrown));
    this.#voice = voice;
    voice.begin("produce", undefined, this.engine.turn, this.node.definition.answers);
    try {
      if (this.executor.produce(voice) !== undefined)
        throw errors.nodeFailed({ message: "produce of a node with inputs gave something back", fix: "Set callbacks up and return." });
    } catch (thrown) {
      this.failedBetweenCalls(thrown);
    }
  }

  /** There is no call that fails with it, and no frame that goes around it. */
  failedBetweenCalls(thrown: unknown): void {
    if (this.#isOver) return;
    const error = errorFrom(thrown, "node-failed", { node: this.id });
    this.metrics.errors++;
    this.engine.report(error, this);
    if (this.policy.action === "stop") this.engine.fail(error);
  }

  /** Flushes a converter, which answers at once and goes on afterwards. */
  flushNow(): void {
    const out = this.#out;
    out.begin("flush", undefined, this.#highestTurn, this.#wasAnswer);
    try {
      const result = this.executor.flush?.(out);
      if (result !== undefined) void this.#iteration.run(result, out);
    } catch (thrown) {
      this.#report(errorFrom(thrown, "node-failed", { node: this.id }), out);
    }
  }

  #flushWhenDone(): void {
    if (this.#isFlushing || this.inputs.length === 0) return;
    if (!this.inputs.every((edge) => edge.isEnded && edge.queue.length === 0)) return;
    this.#isFlushing = true;
    this.isFree = false;
    // A call that was given up still runs, perhaps for ever: what the node holds back is lost with it.
    if (this.#lost !== undefined) return this.#end(this.#out);
    this.#out.begin("flush", undefined, this.#highestTurn, this.#wasAnswer || this.#answers);
    this.#enter(this.#out, () => this.executor.flush?.(this.#out));
  }

  /** Calls `produce` or `flush`. */
  #enter(out: CallOutput, call: () => ProcessResult): void {
    let result: ProcessResult;
    const loop = this.#loop;
    const above = loop[0] as number;
    loop[0] = this.#place;
    try {
      result = call();
      // Callbacks that a source set up go on until a live session closes; in a batch nothing would ever end them.
      if (result === undefined && out.purpose === "produce" && this.engine.mode === "live") return;
      if (result !== undefined) result = this.#iteration.run(result, out);
    } catch (thrown) {
      return this.#failed(out, thrown);
    } finally {
      loop[0] = above;
    }
    this.#continue(out, result as Waiting | undefined);
  }

  #continue(out: CallOutput, result: Waiting | undefined): void {
    const room = result === undefined && out.wasBlocked ? this.room() : undefined;
    // Giving back what emit gave is waiting for room, which only the consumer can end.
    if (result !== undefined) this.#await(result, out, result !== out.lastWait);
    else if (room !== undefined) this.#await(room, out, false);
    else this.#done(out);
  }

  /** Keeps the call open until the promise settles. Waiting for room is no activity: only the consumer can end it. */
  #await(waiting: Waiting, out: CallOutput, isActivity: boolean): void {
    this.detach(out);
    out.isActive = isActivity;
    if (isActivity) this.engine.activity.began();
    const settle = (thrown: unknown, hasFailed: boolean): void => {
      this.engine.slice.enter();
      if (isActivity) this.engine.activity.settled();
      if (this.#lost === out) {
        this.#lost = undefined;
        this.#guard();
        this.#tellIdle();
      }
      if (!out.isClosed) {
        if (hasFailed) this.#failed(out, thrown);
        else this.#continue(out, undefined);
      }
      this.wake();
      this.engine.slice.leave();
    };
    // Through a real promise: a thenable may throw, or settle twice.
    Promise.resolve(waiting).then(
      () => settle(undefined, false),
      (thrown: unknown) => settle(thrown, true),
    );
  }

  /** The call will not end at once: it keeps its `out`. */
  detach(out: CallOutput): void {
    // A source may be silent for as long as the world is, unless its author says otherwise.
    const hasDeadline = out.purpose !== "produce" || this.node.onError.timeout_ms !== undefined;
    if (hasDeadline && this.policy.timeoutMs !== Number.POSITIVE_INFINITY) out.watch(this.engine.nowUs());
    if (this.pending === out) return;
    out.detach();
    this.pending = out;
    if (this.#out === out) this.#out = new CallOutput(this);
    if (out.isWatched) this.engine.watch(this);
  }

  #done(out: CallOutput): void {
    if (out.purpose === "process") this.#processed(out);
    else this.#end(out);
  }

  #processed(out: CallOutput): void {
    this.breaker.succeeded();
    this.#close(out);
    this.#guard();
  }

  /** Whether the node may be entered: no lost call, no open breaker. */
  #mayEnter(): boolean {
    return this.#lost === undefined && !this.breaker.isOpen();
  }

  #guard(): void {
    this.#isGuarded = this.policy.mayRetry || this.#lost !== undefined || this.breaker.hasFailures || this.#whenIdle.length > 0;
  }

  /** The call is over: its frame goes back, the node is free. */
  #close(out: CallOutput): void {
    const frame = out.input;
    out.input = undefined;
    if (frame !== undefined) {
      if (this.policy.mayRetry) frame.release();
      frame.release();
    }
    this.#iteration.forget();
    out.close();
    if (this.pending === out) this.pending = undefined;
    this.isFree = true;
    this.#tellIdle();
  }

  #end(out: CallOutput): void {
    this.#close(out);
    this.isFree = false;
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#voice?.close();
    for (const slot of this.slots) slot.end();
    this.engine.activity.ended();
  }

  /** Whether it waits for room. */
  get isBlocked(): boolean {
    return this.room() !== undefined;
  }

  /** A promise while an output that must be waited for is full. */
  room(): Waiting | undefined {
    const targets = this.slots.flatMap((slot) => slot.targets);
    const waits = targets.map((target) => target.room()).filter((wait) => wait !== undefined);
    if (waits.length === 0) return undefined;
    // Live, a branch that has stopped must not starve the others; its queue says what is lost.
    if (this.engine.mode === "live" && waits.length < targets.length) return undefined;
    return waits.length === 1 ? waits[0] : this.engine.mode === "live" ? Promise.race(waits) : Promise.all(waits);
  }

  // failure

  #failed(out: CallOutput, thrown: unknown): void {
    // A call that was told to stop and says so has not failed.
    if (out.isAborted) return this.#done(out);
    const error = errorFrom(thrown, "node-failed", { node: this.id, ...(out.purpose === "process" && { port: out.port }) });
    const delayMs =
      out.purpose === "process" && out.emitted === 0 ? this.policy.retryDelayMs(error.code, out.attempt, this.#maxAgeMs) : undefined;
    if (delayMs !== undefined && !this.engine.isStopping) return this.#retryLater(out, delayMs);
    this.#report(error, out);
    // First: the end of the last node would end the run well.
    if (this.policy.action === "stop") this.engine.fail(error);
    this.#closeFailed(out);
  }

  #closeFailed(out: CallOutput): void {
    if (out.purpose !== "process") return this.#end(out);
    this.#close(out);
    // What it was to end is over: it is not entered with the next frame.
    if (this.policy.action === "stop") this.isFree = false;
  }

  #report(error: RemoteMediaError, out: CallOutput): void {
    this.metrics.errors++;
    this.breaker.failed(error, this);
    this.#guard();
    this.engine.report(error, this);
    if (out.input !== undefined && out.emitted === 0) this.#substitute(out.input);
  }

  get #maxAgeMs(): number {
    return Math.min(...this.inputs.map((edge) => edge.options.maxAgeMs), Number.POSITIVE_INFINITY);
  }

  #retryLater(out: CallOutput, delayMs: number): void {
    this.metrics.retries++;
    const { input, port, attempt } = out;
    this.detach(out);
    out.close();
    out.progressUs = Number.POSITIVE_INFINITY;
    this.engine.activity.began();
    this.engine.clock.setTimer(delayMs, () => {
      this.engine.activity.settled();
      if (this.pending !== out) return;
      if (out.isAborted) this.#close(out);
      else {
        this.pending = undefined;
        out.input = undefined;
        this.#call(input as Frame, port, attempt + 1);
      }
      this.wake();
    });
  }

  /** The call has been silent for too long. */
  timedOut(): void {
    const out = this.pending as CallOutput;
    const error = errors.timeout({
      node: this.id,
      message: `"${this.id}" has given no sign of life for ${this.policy.timeoutMs} ms`,
      fix: "Make it faster, or raise on_error.timeout_ms.",
    });
    out.abort();
    out.close();
    this.#lost = out;
    this.#isGuarded = true;
    this.pending = undefined;
    this.#report(error, out);
    if (this.policy.action === "stop") this.engine.fail(error);
    this.#closeFailed(out);
    this.wake();
  }

  /** The frame goes around a node that cannot take it. */
  #goAround(frame: Frame, port: string): void {
    this.metrics.skipped++;
    this.#out.port = port;
    this.#substitute(frame);
    frame.release();
    this.isFree = true;
  }

  /** What listeners get instead: the frame itself where the formats allow it, silence as long as it, or nothing. */
  #substitute(frame: Frame): void {
    // What a node that answers was asked is no answer: the agent would say the user's own words.
    if (this.#answers && (frame.flags & Flags.answer) === 0) return;
    const slot = this.slots[0];
    const instead =
      slot === undefined || this.policy.action !== "bypass"
        ? undefined
        : substituteFor(frame, this.node.outputs[slot.port], this.outputFormats[slot.port]);
    if (instead === undefined || slot === undefined) return;
    const out = new CallOutput(this);
    out.begin("process", frame, frame.turn, (frame.flags & Flags.answer) !== 0);
    try {
      void out.emit(slot.port, instead);
    } catch (thrown) {
      this.engine.report(errorFrom(thrown, "overflow", { node: this.id }), this);
    }
  }

  /** What is emitted after the end of its call is let go, and counted. */
  lateFrame(frame: Frame, isOwned: boolean): void {
    this.metrics.late++;
    if (isOwned) frame.release();
  }

  /** Hands changed parameters over between two calls. */
  async configure(params: never): Promise<void> {
    if (this.isSource) return void (await this.executor.configure?.(params));
    while ((!this.isFree || this.#lost !== undefined) && !this.#isOver) await this.#idle();
    if (this.#isOver) throw errors.usage({ node: this.id, message: `"${this.id}" has ended` });
    this.isFree = false;
    try {
      await this.executor.configure?.(params);
    } finally {
      this.isFree = !this.#isOver;
      this.#tellIdle();
      this.wake();
    }
  }

  #idle(): Promise<void> {
    this.#isGuarded = true;
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  get #isOver(): boolean {
    return this.hasEnded || this.engine.isStopping;
  }

  #tellIdle(): void {
    if (this.#whenIdle.length > 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  // interruption and end

  /** The pending call answers a turn that is over. */
  cutStaleCall(): void {
    const out = this.pending ?? (this.isFree ? undefined : this.#out);
    if (out === undefined || !out.isAnswer || out.turn >= this.engine.turn || out.purpose === "produce") return;
    out.abort();
    this.#iteration.return();
  }

  /** The session ends: whatever still runs is told so, and heard no more. */
  abandon(): void {
    const out = this.pending ?? this.#out;
    out.abort();
    this.#iteration.return();
    this.#close(out);
    out.close();
    this.#out.close();
    this.#voice?.abort();
    this.#voice?.close();
    this.isFree = false;
  }

  /** A live source shall give no more; what it gave goes on. */
  endSource(): void {
    const out = this.pending ?? this.#out;
    out.abort();
    this.#iteration.return();
    out.close();
    this.#end(out);
  }
}

/** What a node without `process` does with frames. */
const swallow = (): undefined => undefined;
