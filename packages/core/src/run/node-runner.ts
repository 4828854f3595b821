/**
 * Runs one node: one call at a time, by plain function calls as long as the node answers at once. Everything a node may do wrong ends here.
 *
 * A call is a `CallOutput`. One is used again and again for calls that return at once; a call that waits keeps its own and the next gets
 * another, so that what a call that was given up still emits cannot pass for the work of a later one.
 */
import { errorFrom, errors, type RemoteMediaError } from "../errors.ts";
import { Flags, type Frame, type MediaStream } from "../frame.ts";
import type { GraphNode } from "../graph/graph.ts";
import type { MediaFormat } from "../media.ts";
import { outputFormats } from "../negotiation/outputs.ts";
import type { Emission, NodeExecutor, ProcessResult } from "../node.ts";
import { CallOutput } from "./call-output.ts";
import type { ConverterChain } from "./converter-chain.ts";
import type { Consumer, Edge } from "./edge.ts";
import type { Engine } from "./engine.ts";
import { Breaker, type FailurePolicy, substituteFor } from "./failure.ts";
import { NodeMetrics } from "./node-metrics.ts";
import { OutputSlot, type Target } from "./output-slot.ts";

type Waiting = PromiseLike<unknown>;

const isThenable = (value: unknown): value is Waiting => typeof (value as Waiting | null)?.then === "function";

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
  /** Set for all at once, when every node has started. */
  isOpen = false;
  hasEnded = false;
  /** The call that waits, if one does. */
  pending: CallOutput | undefined;
  /** A call that was given up and has not settled: until it does, the node must not be entered. */
  #lost: CallOutput | undefined;
  #out: CallOutput;
  #isBusy = false;
  #isDraining = false;
  #isFlushing = false;
  readonly #whenIdle: (() => void)[] = [];
  #highestTurn = 1;
  #stream: MediaStream | undefined;
  #producedUs = 0;
  readonly #gets = new Map<Edge, MediaFormat>();
  #iterator: { return?(): unknown } | undefined;

  constructor(engine: Engine, node: GraphNode, executor: NodeExecutor, policy: FailurePolicy) {
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
    if (!this.isOpen || !hasMedia || this.executor.negotiate === undefined) {
      if (this.isOpen) this.outputFormats = outputFormats(this.node, this.inputFormats, {});
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

  isReady(edge: Edge): boolean {
    return !this.#isBusy && this.isOpen && !edge.options.merges;
  }

  accept(frame: Frame, edge: { readonly port: string }): void {
    this.#isBusy = true;
    if (this.#lost !== undefined || this.breaker.isOpen()) this.#goAround(frame, edge.port);
    else this.#process(frame, edge.port, 0);
    if (!this.#isBusy && !this.#isDraining && this.#hasWork()) this.wake();
  }

  wake(): void {
    if (this.#isBusy || this.#isDraining || !this.isOpen) return;
    this.#isDraining = true;
    let isLate = false;
    for (let edge = this.#nextEdge(); edge !== undefined && !isLate; edge = this.#isBusy ? undefined : this.#nextEdge()) {
      const frame = edge.dequeue();
      if (frame !== undefined) this.accept(frame, edge);
      isLate = this.engine.slice.lap();
    }
    this.#isDraining = false;
    if (this.#isBusy) return;
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

  #process(frame: Frame, port: string, attempt: number): void {
    const out = this.#out;
    if (frame.turn > this.#highestTurn) this.#highestTurn = frame.turn;
    const isAnswer = this.node.definition.answers || ((frame.flags & Flags.answer) !== 0 && this.node.keepStale.size === 0);
    out.begin("process", frame, frame.turn, isAnswer);
    out.port = port;
    out.attempt = attempt;
    // What a failed attempt changed in place must not be seen by the next one.
    if (this.policy.mayRetry && attempt === 0) frame.retain();
    const isTimed = this.metrics.beginCall();
    const startMs = isTimed ? performance.now() : 0;
    out.isTimed = isTimed;
    out.downstreamMs = 0;
    let result: ProcessResult;
    try {
      result = this.executor.process?.(frame as never, port, out);
      if (result !== undefined) result = this.#run(result, out);
    } catch (thrown) {
      return this.#failed(out, thrown);
    }
    if (isTimed) this.metrics.endCall((performance.now() - startMs - out.downstreamMs) * 1000);
    if (result === undefined && !out.wasBlocked) this.#processed(out);
    else this.#continue(out, result as Waiting | undefined);
  }

  /** Lets a source run. */
  produce(): void {
    this.#isBusy = true;
    const out = this.#out;
    out.begin("produce", undefined, this.engine.turn, this.node.definition.answers);
    this.#enter(out, () => this.executor.produce?.(out));
  }

  /** Flushes a converter, which answers at once and goes on afterwards. */
  flushNow(): void {
    const out = this.#out;
    out.begin("flush", undefined, this.#highestTurn, false);
    try {
      const result = this.executor.flush?.(out);
      if (result !== undefined) this.#run(result, out);
    } catch (thrown) {
      this.#report(errorFrom(thrown, "node-failed", { node: this.id }), out);
    }
  }

  #flushWhenDone(): void {
    if (this.#isFlushing || this.inputs.length === 0) return;
    if (!this.inputs.every((edge) => edge.isEnded && edge.queue.length === 0)) return;
    this.#isFlushing = true;
    this.#isBusy = true;
    // A call that was given up still runs, perhaps for ever: what the node holds back is lost with it.
    if (this.#lost !== undefined) return this.#end(this.#out);
    this.#out.begin("flush", undefined, this.#highestTurn, this.node.definition.answers);
    this.#enter(this.#out, () => this.executor.flush?.(this.#out));
  }

  /** Calls `produce` or `flush`. */
  #enter(out: CallOutput, call: () => ProcessResult): void {
    let result: ProcessResult;
    try {
      result = call();
      // Callbacks that a source set up go on until a live session closes; in a batch nothing would ever end them.
      if (result === undefined && out.purpose === "produce" && this.engine.mode === "live") return;
      if (result !== undefined) result = this.#run(result, out);
    } catch (thrown) {
      return this.#failed(out, thrown);
    }
    this.#continue(out, result as Waiting | undefined);
  }

  #continue(out: CallOutput, result: Waiting | undefined): void {
    const room = result === undefined && out.wasBlocked ? this.#room() : undefined;
    // Giving back what emit gave is waiting for room, which only the consumer can end.
    if (result !== undefined) this.#await(result, out, result !== out.lastWait);
    else if (room !== undefined) this.#await(room, out, false);
    else this.#done(out);
  }

  /** Keeps the call open until the promise settles. Waiting for room is no activity: only the consumer can end it. */
  #await(waiting: Waiting, out: CallOutput, isActivity: boolean): void {
    this.#detach(out);
    if (isActivity) this.engine.began();
    const settle = (thrown: unknown, hasFailed: boolean): void => {
      this.engine.slice.enter();
      if (isActivity) this.engine.settled();
      if (this.#lost === out) {
        this.#lost = undefined;
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
  #detach(out: CallOutput): void {
    // A source may be silent for as long as the world is, unless its author says otherwise.
    const hasDeadline = out.purpose !== "produce" || this.node.onError.timeout_ms !== undefined;
    out.isWatched = hasDeadline && this.policy.timeoutMs !== Number.POSITIVE_INFINITY;
    if (out.isWatched) out.progressUs = this.engine.nowUs();
    if (this.pending === out) return;
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
  }

  /** The call is over: its frame goes back, the node is free. */
  #close(out: CallOutput): void {
    const frame = out.input;
    out.input = undefined;
    if (frame !== undefined) {
      if (this.policy.mayRetry) frame.release();
      frame.release();
    }
    this.#iterator = undefined;
    if (this.pending === out) {
      out.isClosed = true;
      this.pending = undefined;
    }
    this.#isBusy = false;
    this.#tellIdle();
  }

  #end(out: CallOutput): void {
    this.#close(out);
    this.#isBusy = true;
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const slot of this.slots) slot.end();
    this.engine.ended();
  }

  /** Whether it waits for room. */
  get isBlocked(): boolean {
    return this.#room() !== undefined;
  }

  /** A promise while an output that must be waited for is full. */
  #room(): Waiting | undefined {
    const targets = this.slots.flatMap((slot) => slot.targets);
    const waits = targets.map((target) => target.room()).filter((wait) => wait !== undefined);
    if (waits.length === 0) return undefined;
    // Live, a branch that has stopped must not starve the others; its queue says what is lost.
    if (this.engine.mode === "live" && waits.length < targets.length) return undefined;
    return waits.length === 1 ? waits[0] : this.engine.mode === "live" ? Promise.race(waits) : Promise.all(waits);
  }

  // iterators

  #run(result: NonNullable<ProcessResult>, out: CallOutput): ProcessResult {
    if (isThenable(result)) return result;
    if (typeof result === "object" && result !== null) {
      if (Symbol.iterator in result) return this.#pull((result as Iterable<Emission>)[Symbol.iterator](), out);
      if (Symbol.asyncIterator in result) return this.#pullAsync((result as AsyncIterable<Emission>)[Symbol.asyncIterator](), out);
    }
    throw errors.nodeFailed({
      node: this.id,
      message: `${out.purpose} gave back ${describe(result)}`,
      expected: "nothing, a promise, or an iterator of frames",
      fix: "Emit frames with out.emit, or yield them from a generator.",
    });
  }

  /** Takes items while there is room; goes on later when there is none, or when the event loop has waited long enough. */
  #pull(iterator: Iterator<Emission>, out: CallOutput): void | Waiting {
    this.#iterator = iterator;
    for (;;) {
      if (out.isAborted || out.isClosed) return void iterator.return?.();
      const { done, value } = iterator.next();
      if (done === true) return;
      this.#emitItemOf(iterator, value, out);
      const isLate = this.engine.slice.lap();
      const wait = out.wasBlocked ? this.#room() : undefined;
      out.wasBlocked = false;
      if (wait !== undefined) return this.#resume(wait, iterator, out, false);
      if (isLate) return this.#resume(this.engine.slice.yield(), iterator, out, true);
    }
  }

  // Only the consumer can end a wait for room, so it does not count as activity; `#await` has counted the whole call.
  async #resume(wait: Waiting, iterator: Iterator<Emission>, out: CallOutput, isActivity: boolean): Promise<void> {
    this.#detach(out);
    if (!isActivity) this.engine.settled();
    await wait;
    if (!isActivity) this.engine.began();
    this.engine.slice.enter();
    try {
      await this.#pull(iterator, out);
    } finally {
      this.engine.slice.leave();
    }
  }

  async #pullAsync(iterator: AsyncIterator<Emission>, out: CallOutput): Promise<void> {
    this.#iterator = iterator;
    for (;;) {
      if (out.isAborted || out.isClosed) return void (await iterator.return?.());
      this.engine.slice.enter();
      const { done, value } = await iterator.next();
      this.engine.slice.leave();
      if (done === true) return;
      this.#emitItemOf(iterator, value, out);
      const wait = out.wasBlocked ? this.#room() : undefined;
      out.wasBlocked = false;
      if (wait !== undefined) {
        this.engine.settled();
        await wait;
        this.engine.began();
      }
      if (this.engine.slice.isOver) await this.engine.slice.yield();
    }
  }

  /** An iterator whose item cannot be emitted is told that nobody will ask again. */
  #emitItemOf(iterator: { return?(): unknown }, item: Emission, out: CallOutput): void {
    try {
      this.#emitItem(item, out);
    } catch (thrown) {
      this.#returnIterator(iterator);
      throw thrown;
    }
  }

  /** What an iterator gave: a frame for the first port, or a port and a frame. */
  #emitItem(item: Emission, out: CallOutput): void {
    const wait = Array.isArray(item)
      ? out.emit(item[0] as string, item[1] as Frame)
      : out.emit(this.slots[0]?.port ?? "out", item as Frame);
    if (wait !== undefined) out.wasBlocked = true;
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
    if (out.purpose !== "process") this.#end(out);
    else this.#close(out);
  }

  #report(error: RemoteMediaError, out: CallOutput): void {
    this.metrics.errors++;
    this.breaker.failed(error, this);
    this.engine.report(error, this);
    if (out.input !== undefined && out.emitted === 0) this.#substitute(out.input);
  }

  get #maxAgeMs(): number {
    return Math.min(...this.inputs.map((edge) => edge.options.maxAgeMs), Number.POSITIVE_INFINITY);
  }

  #retryLater(out: CallOutput, delayMs: number): void {
    this.metrics.retries++;
    const { input, port, attempt } = out;
    this.#detach(out);
    out.isClosed = true;
    out.progressUs = Number.POSITIVE_INFINITY;
    this.engine.began();
    this.engine.clock.setTimer(delayMs, () => {
      this.engine.settled();
      if (this.pending !== out) return;
      if (out.isAborted) this.#close(out);
      else {
        this.pending = undefined;
        out.input = undefined;
        this.#process(input as Frame, port, attempt + 1);
      }
      if (!this.#isBusy) this.wake();
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
    out.isClosed = true;
    this.#lost = out;
    this.pending = undefined;
    this.#report(error, out);
    if (this.policy.action === "stop") this.engine.fail(error);
    if (out.purpose === "process") this.#close(out);
    else this.#end(out);
    if (this.policy.action !== "stop") this.wake();
  }

  /** The frame goes around a node that cannot take it. */
  #goAround(frame: Frame, port: string): void {
    this.metrics.skipped++;
    this.#out.port = port;
    this.#substitute(frame);
    frame.release();
    this.#isBusy = false;
  }

  /** What listeners get instead: the frame itself where the formats allow it, silence as long as it, or nothing. */
  #substitute(frame: Frame): void {
    const slot = this.slots[0];
    const instead =
      slot === undefined || this.policy.action !== "bypass"
        ? undefined
        : substituteFor(frame, this.node.outputs[slot.port], this.outputFormats[slot.port]);
    if (instead === undefined || slot === undefined) return;
    const out = new CallOutput(this);
    out.begin("process", frame, frame.turn, (frame.flags & Flags.answer) !== 0);
    try {
      out.emit(slot.port, instead);
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
    while ((this.#isBusy || this.#lost !== undefined) && !this.#isOver) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    if (this.#isOver) throw errors.usage({ node: this.id, message: `"${this.id}" has ended` });
    this.#isBusy = true;
    try {
      await this.executor.configure?.(params);
    } finally {
      this.#isBusy = this.#isOver;
      this.#tellIdle();
      this.wake();
    }
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
    const out = this.pending ?? (this.#isBusy ? this.#out : undefined);
    if (out === undefined || !out.isAnswer || out.turn >= this.engine.turn || out.purpose === "produce") return;
    out.abort();
    this.#returnIterator();
  }

  /** The session ends: whatever still runs is told so, and heard no more. */
  abandon(): void {
    const out = this.pending ?? this.#out;
    out.abort();
    this.#returnIterator();
    this.#close(out);
    out.isClosed = true;
    this.#out.isClosed = true;
    this.#isBusy = true;
  }

  /** A live source shall give no more; what it gave goes on. */
  endSource(): void {
    const out = this.pending ?? this.#out;
    out.abort();
    this.#returnIterator();
    out.isClosed = true;
    this.#end(out);
  }

  #returnIterator(iterator = this.#iterator): void {
    try {
      // Async generators queue `return` behind the step that runs; its result and its errors concern nobody.
      Promise.resolve(iterator?.return?.()).catch(() => undefined);
    } catch {
      // A sync generator that runs refuses `return`; it looks at `isAborted` after its step.
    }
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `${typeof value} ${String(value).slice(0, 40)}`;
}
