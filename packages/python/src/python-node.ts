/** A Python node as the executor sees it: forwards frames to where the node lives, and gives it a new life when its worker dies. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  errors,
  type Frame,
  type JsonValue,
  type Log,
  type NodeContext,
  type NodeExecutor,
  type Output,
  type RemoteMediaError,
} from "@remotemedia/core";
import { writeBlock } from "./frame-block.ts";
import { NodeMemory } from "./node-memory.ts";
import { type NodeRequest, NodeRequests } from "./node-requests.ts";
import { type Caller, PythonCall } from "./python-call.ts";
import { errorOfFailure, type PythonFailure } from "./python-error.ts";
import type { PythonWorker } from "./python-worker.ts";
import { Bits, jsonOf, type Message, Op } from "./wire.ts";
import type { Home, Resident } from "./worker-group.ts";

/** What CREATE says of a node. */
export interface NodeSpecification {
  readonly class?: string;
  readonly object?: string;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly is_streaming?: boolean;
  /** What it gives answers the user. */
  readonly answers?: boolean;
  readonly paths: readonly string[];
}

const timedOutGraceMs = 2_000;
const watchMs = 50;
const stopMs = 1_000;
const mostDeaths = 2;
const ports = ["out", "events"];

/** One node. */
export class PythonNode implements NodeExecutor, Caller, Resident {
  readonly #specification: NodeSpecification;
  readonly #findHome: (context: NodeContext) => Promise<Home>;
  #home: Home | undefined;
  #worker: PythonWorker | undefined;
  #number = 0;
  #params: Readonly<Record<string, JsonValue>> | undefined;
  #nodeId = "";
  #context: NodeContext | undefined;
  #log: Log | undefined;
  readonly #answers: boolean;
  #turn = 1;
  #calls = 0;
  #call: PythonCall | undefined;
  /** For what a node over the whole stream says between calls. */
  #voice: Output | undefined;
  #stream: Frame["stream"] | undefined;
  #buried: unknown;
  #watch: NodeJS.Timeout | undefined;
  /** The call that was there when it was last looked at. */
  #lastLooked: PythonCall | undefined;
  readonly #requests = new NodeRequests();
  #memory: NodeMemory | undefined;

  constructor(specification: NodeSpecification, findHome: (context: NodeContext) => Promise<Home>) {
    this.#specification = specification;
    this.#findHome = findHome;
    this.#answers = specification.answers === true;
  }

  // hooks of the executor

  async start(context: NodeContext): Promise<void> {
    this.#nodeId = context.nodeId;
    this.#requests.nodeId = context.nodeId;
    this.#context = context;
    this.#log = context.log;
    const home = await this.#findHome(context);
    this.#home = home;
    home.add(this);
    const worker = await home.worker();
    await this.#live(worker, "start-failed");
    this.#worker = worker;
    this.#watch = setInterval(() => this.#look(), watchMs).unref();
  }

  produce(out: Output): void | PythonCall {
    this.#voice = out;
  }

  process(frame: Frame, _port: string, out: Output): PythonCall {
    this.#stream = frame.stream;
    return this.#begin(Op.process, frame, out);
  }

  flush(out: Output): PythonCall {
    return this.#begin(Op.flush, undefined, out);
  }

  interrupt(turn: number, heard?: { readonly durationUs: number; readonly text?: string }): void {
    this.#turn = turn;
    const said = heard && { duration_us: heard.durationUs, text: heard.text ?? "" };
    this.#worker?.sendJson(Op.interrupt, this.#number, 0, { turn, heard: said });
  }

  async configure({ params }: { readonly params: Readonly<Record<string, JsonValue>> }): Promise<void> {
    await this.#request(this.#worker, Op.configure, { params }, "node-failed");
    this.#params = params;
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch);
    try {
      const stopped = this.#worker === undefined ? undefined : this.#request(this.#worker, Op.stop, {}, "node-failed");
      // Code that does not give the loop back is not waited for: whoever leaves a worker last ends it.
      await Promise.race([stopped, sleep(stopMs, undefined, { ref: false })]);
    } finally {
      this.#worker?.removeNode(this.#number);
      this.#worker = undefined;
      this.#memory?.close();
      // Memory that is on its way has a name until somebody answers, and nobody will.
      this.#requests.lose("the node has stopped");
      this.#home?.remove(this);
    }
  }

  /** Everything that a source has. */
  produceAll(out: Output): PythonCall {
    return this.#begin(Op.produce, undefined, out);
  }

  // life

  async revive(worker: PythonWorker): Promise<void> {
    await this.#live(worker, "node-failed");
    if (this.#turn > 1) worker.sendJson(Op.interrupt, this.#number, 0, { turn: this.#turn });
    if (this.#params !== undefined) await this.#request(worker, Op.configure, { params: this.#params }, "node-failed");
    this.#worker = worker;
    const call = this.#call;
    if (call !== undefined) this.begin(call);
  }

  orphan(how: string): void {
    const wasAlive = this.#worker !== undefined;
    this.#worker = undefined;
    this.#memory?.close();
    this.#requests.lose(how);
    const call = this.#call;
    // A worker that died before the node lived in it never had the call.
    if (call === undefined || !wasAlive) return;
    call.deaths++;
    if (call.isCancelled) this.#finish(call, () => call.end());
    else if (call.given > 0 || call.deaths >= mostDeaths) this.#finish(call, () => call.fail(lostWith(call, how, this.#nodeId)));
  }

  bury(thrown: unknown): void {
    this.#buried = thrown;
    const call = this.#call;
    if (call !== undefined) this.#finish(call, () => call.fail(thrown));
  }

  /** Makes the node anew in a worker. No call is sent there before it is over: the worker is not yet `#worker`. */
  async #live(worker: PythonWorker, code: "start-failed" | "node-failed"): Promise<void> {
    this.#number = worker.addNode((message) => this.#handle(message));
    await this.#request(worker, Op.create, { ...this.#specification }, code);
    await this.#request(worker, Op.start, {}, code);
    // It belongs to this worker: what is under way in it when the worker dies must not reach the next.
    this.#memory = new NodeMemory((offer, atOnce) => this.#request(worker, Op.memory, { ...offer }, "node-failed", atOnce));
    await this.#memory.open();
  }

  #request(
    worker: PythonWorker | undefined,
    op: number,
    value: NodeRequest["value"],
    code: NodeRequest["code"],
    atOnce?: () => void,
  ): Promise<void> {
    return this.#requests.ask(worker, { op, node: this.#number, call: this.#nextCall(), value, code }, atOnce);
  }

  // calls

  #nextCall(): number {
    this.#calls = (this.#calls % 0xffff_ffff) + 1;
    return this.#calls;
  }

  #begin(op: number, frame: Frame | undefined, out: Output): PythonCall {
    const call = new PythonCall(this, op, this.#nextCall(), frame, out);
    this.#call = call;
    return call;
  }

  begin(call: PythonCall): void {
    if (this.#buried !== undefined) return this.#finish(call, () => call.fail(this.#buried));
    const worker = this.#worker;
    // It is made when the node lives again.
    if (worker === undefined) return;
    const { op, number, frame } = call;
    if (frame === undefined) return worker.send(op, this.#number, number);
    try {
      this.#sendFrame(worker, op, number, frame);
    } catch (thrown) {
      this.#finish(call, () => call.fail(thrown));
    }
  }

  #sendFrame(worker: PythonWorker, op: number, call: number, frame: Frame): void {
    const block = this.#memory?.put(frame);
    if (block === undefined) return worker.send(op, this.#number, call, Bits.hasFrame | Bits.inMemory);
    worker.send(op, this.#number, call, Bits.hasFrame, block.bytes, (target) => writeBlock(block, target));
  }

  next(call: PythonCall): void {
    this.#worker?.send(Op.next, this.#number, call.number);
  }

  cancel(call: PythonCall): void {
    if (this.#worker === undefined) return this.#finish(call, () => call.end());
    this.#worker.send(Op.cancel, this.#number, call.number);
    // An interruption waits for the node; what has run into its timeout, or is to stop, has had its time.
    if (!isOfLaterTurn(call, this.#turn)) setTimeout(() => call.isOver || this.#home?.kill(), timedOutGraceMs).unref();
  }

  #look(): void {
    if (this.#call === this.#lastLooked) this.#call?.watch();
    this.#lastLooked = this.#call;
  }

  #finish(call: PythonCall, settle: () => void): void {
    if (this.#call === call) this.#call = undefined;
    settle();
  }

  // answers

  #handle(message: Message): void {
    const { op, flags, call: number, payload } = message;
    if (this.#requests.answers(message)) return;
    const call = this.#call;
    if (number === 0) return this.#hear(op, flags, payload);
    if (call?.number !== number) return;
    if ((flags & Bits.kept) !== 0) this.#memory?.leave();
    if (op === Op.failed) {
      const error = errorOfFailure(jsonOf(payload) as unknown as PythonFailure, "node-failed", this.#nodeId);
      return this.#finish(call, () => call.fail(error));
    }
    try {
      if ((flags & Bits.hasFrame) !== 0 && !call.isCancelled) call.give(this.#read(flags, payload, call.out));
      if (op === Op.done) this.#tellWords(call);
    } catch (thrown) {
      return this.#finish(call, () => call.fail(thrown));
    }
    if (op === Op.done) this.#finish(call, () => call.end());
    else if (call.isCancelled) this.next(call);
  }

  /** The sound that a call made of a text says that text. */
  #tellWords({ frame, soundUs, isCancelled, out }: PythonCall): void {
    if (this.#answers && frame?.kind === "text" && soundUs > 0 && !isCancelled)
      this.#context?.said(out.turn, { text: frame.text.trim(), durationUs: soundUs });
  }

  #read(flags: number, payload: Uint8Array, out: Output): readonly [string, Frame] {
    const { frame, port } = (this.#memory as NodeMemory).take(flags, payload, out);
    if (this.#stream !== undefined) frame.stream = this.#stream;
    return [ports[port] ?? "out", frame];
  }

  /** A stream node speaks between calls, or a hook that nobody waits for has failed. */
  #hear(op: number, flags: number, payload: Uint8Array): void {
    const out = this.#voice;
    const goOn = (): void => this.#worker?.send(Op.next, this.#number, 0);
    try {
      if (op === Op.failed) throw errorOfFailure(jsonOf(payload) as unknown as PythonFailure, "node-failed", this.#nodeId);
      if (op !== Op.item || out === undefined) return;
      const [port, frame] = this.#read(flags, payload, out);
      const wait = this.#answers && frame.turn < this.#turn ? undefined : out.emit(port, frame);
      if (wait === undefined) goOn();
      else void wait.then(goOn);
    } catch (thrown) {
      // There is no call that could fail with it.
      this.#log?.error(String(thrown));
      if (op === Op.item) goOn();
    }
  }
}

const isOfLaterTurn = (call: PythonCall, turn: number): boolean => call.frame !== undefined && call.frame.turn < turn;

function lostWith(call: PythonCall, how: string, node: string): RemoteMediaError {
  const { frame } = call;
  const what = frame === undefined ? "it was giving its last frames" : `it had frame ${frame.sequence} of stream ${frame.stream.id}`;
  const why = call.given > 0 ? `after ${call.given} of its outputs` : `${call.deaths} times`;
  return errors.nodeFailed({ node, message: `the Python worker died while ${what}, ${why}: ${how}`, fix: "Look at the log of the node." });
}
