/** The `out` of one call: stamps what is emitted, makes pooled frames, and dies with its call. */
import { errors } from "../errors.ts";
import { AudioFrame, type AudioInit, detachedStream, Flags, type Frame, noMetadata, tightLayout, VideoFrame } from "../frame/frame.ts";
import type { SampleFormat } from "../node/kernels.ts";
import type { NewAudio, NewVideo, Output } from "../node/node.ts";
import type { NodeRunner } from "./node-runner.ts";
import { nowMs } from "./now.ts";
import type { OutputSlot } from "./output-slot.ts";

const arrayFor = { "f32-planar": "f32", f32: "f32", s16: "s16", "s16-planar": "s16", s32: "s32" } as const;

// Making an object for every frame, or spreading one, is more garbage than all the rest of a frame. Nothing of the caller's runs while it is read.
const reused: { -readonly [K in keyof AudioInit]: AudioInit[K] } = { sampleRate: 0, data: new Float32Array(0) };

function reusedInit(init: NewAudio, format: SampleFormat, sampleRate: number, numberOfChannels: number, data: Float32Array): AudioInit {
  const target = reused as Record<keyof AudioInit, unknown>;
  target.timestamp = init.timestamp;
  target.duration = init.duration;
  target.stream = init.stream;
  target.flags = init.flags;
  target.metadata = init.metadata;
  target.turn = init.turn;
  target.sequence = init.sequence;
  target.numberOfFrames = init.numberOfFrames;
  target.format = format;
  target.sampleRate = sampleRate;
  target.numberOfChannels = numberOfChannels;
  target.data = data;
  return reused;
}

// Bits of a call's state.
const closed = 1;
const watched = 2;
const timed = 4;
const aborted = 8;
const detached = 16;

/** One call's `out`. A runner uses one for all calls that return at once, and lets a waiting call keep its own. */
export class CallOutput implements Output {
  readonly #runner: NodeRunner;
  readonly #first: OutputSlot | undefined;
  /** The borrowed input frame; undefined in `produce`, `flush` and after the call. */
  input: Frame | undefined;
  /** The same, still known after a call that waited: a late emit of it must not release what it does not own. */
  #borrowed: Frame | undefined;
  port = "";
  purpose: "process" | "produce" | "flush" = "process";
  /** How often this frame was tried before. */
  attempt = 0;
  turn = 1;
  /** Whether what is emitted goes stale when the turn rises. */
  isAnswer = false;
  /** Frames emitted in this call. */
  emitted = 0;
  /** Whether an emit found a target full. */
  wasBlocked = false;
  /** The promise that the last full target gave: whoever gives it back waits for room and for nothing else. */
  lastWait: Promise<void> | undefined;
  /** Whether the call waits for something that ends by itself. */
  isActive = false;
  /** Whether its iterator waits for room, which is no activity. */
  waitsForRoom = false;
  /** How long what it emitted took downstream, ms; only while its time is taken. */
  downstreamMs = 0;
  /** When it last showed life, µs; kept for calls that wait. */
  progressUs = 0;
  /** What makes an emit of this call more than a delivery: one test for all, because it is made for every frame. */
  #state = 0;
  #abort: AbortController | undefined;

  constructor(runner: NodeRunner) {
    this.#runner = runner;
    this.#first = runner.slots[0];
  }

  /** Starts a call. */
  begin(purpose: CallOutput["purpose"], input: Frame | undefined, turn: number, isAnswer: boolean): void {
    this.purpose = purpose;
    this.input = input;
    this.turn = turn;
    this.isAnswer = isAnswer;
    this.emitted = 0;
    this.wasBlocked = false;
    this.#state = 0;
    if (this.#abort !== undefined) this.#abort = undefined;
  }

  /** The time of this call is taken: what happens downstream is not the node's. */
  takeTime(): void {
    this.#state |= timed;
    this.downstreamMs = 0;
  }

  /** The call waits: it will be over some time after its frame is. */
  detach(): void {
    this.#state |= detached;
    this.#borrowed = this.input;
  }

  /** A call that waits and has a deadline must show life. */
  watch(nowUs: number): void {
    this.#state |= watched;
    this.progressUs = nowUs;
  }

  /** The call is over or was given up: what comes now is let go. */
  close(): void {
    this.#state |= closed;
  }

  get isClosed(): boolean {
    return (this.#state & closed) !== 0;
  }

  get isWatched(): boolean {
    return (this.#state & watched) !== 0;
  }

  emit(port: string, frame: Frame): void | Promise<void> {
    if ((this.#state & (closed | watched)) !== 0 || (frame as Frame | undefined)?.isTimed === undefined) {
      if (!this.#mayEmit(port, frame)) return;
    }
    if (frame === this.input) frame.holders++;
    this.emitted++;
    const slot = this.#first?.port === port ? this.#first : this.#slot(port, frame);
    const stamped = this.#stamp(frame, slot);
    if (this.isAnswer || stamped.kind === "event" || stamped.kind === "text") this.#watch(stamped, slot);
    const wait = (this.#state & timed) === 0 ? slot.deliver(stamped) : this.#deliverTimed(stamped, slot);
    if (wait === undefined) return;
    this.wasBlocked = true;
    this.lastWait = wait;
    return wait;
  }

  #mayEmit(port: string, frame: Frame): boolean {
    if ((frame as Frame | undefined)?.isTimed === undefined) throw this.#runner.notAFrame(port, frame);
    this.progressUs = this.#runner.engine.nowUs();
    if (!this.isClosed) return true;
    // Whose frame it is, is known for calls that waited; else it is left to the collector.
    this.#runner.lateFrame(frame, (this.#state & detached) !== 0 && frame !== this.#borrowed);
    return false;
  }

  #slot(port: string, frame: Frame): OutputSlot {
    const slot = this.#runner.slot(port);
    if (slot !== undefined) return slot;
    frame.release();
    throw this.#runner.unknownPort(port);
  }

  /** What turns are made of leaves. */
  #watch(frame: Frame, slot: OutputSlot): void {
    const { engine } = this.#runner;
    if (frame.kind === "event" && slot.interruptOn.has(frame.name)) engine.interrupt(frame.name);
    engine.watchTurn(this.#runner, frame, this.isAnswer);
    if (frame.kind === "event" && frame.name === "playback-ended") engine.endTurn(frame.turn);
  }

  #deliverTimed(frame: Frame, slot: OutputSlot): void | Promise<void> {
    const startMs = nowMs();
    try {
      return slot.deliver(frame);
    } finally {
      this.downstreamMs += nowMs() - startMs;
    }
  }

  audio(init: NewAudio): AudioFrame & { readonly data: Float32Array } {
    const like = this.input?.kind === "audio" ? this.input : undefined;
    const format = init.format ?? "f32-planar";
    const sampleRate = init.sampleRate ?? like?.sampleRate;
    if (sampleRate === undefined)
      throw errors.usage({ node: this.#runner.id, message: "out.audio needs a sampleRate where no audio came in" });
    const numberOfChannels = init.numberOfChannels ?? like?.numberOfChannels ?? 1;
    const buffer = this.#runner.engine.pool.acquire(arrayFor[format], numberOfChannels * init.numberOfFrames);
    const frame = new AudioFrame(reusedInit(init, format, sampleRate, numberOfChannels, buffer.data as Float32Array), buffer);
    return this.#inherit(frame, init) as AudioFrame & { readonly data: Float32Array };
  }

  video(init: NewVideo): VideoFrame {
    const format = init.format ?? "I420";
    const layout = tightLayout(format, init.codedWidth, init.codedHeight);
    const last = layout[layout.length - 1] as { offset: number; stride: number };
    const rows = format === "I420" || format === "NV12" ? (init.codedHeight + 1) >> 1 : init.codedHeight;
    const buffer = this.#runner.engine.pool.acquire("u8", last.offset + last.stride * rows);
    return this.#inherit(new VideoFrame({ ...init, format, layout, data: buffer.data as Uint8Array }, buffer), init);
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.isAborted) this.#abort.abort(errors.cancelled({ node: this.#runner.id, message: "the call was given up" }));
    return this.#abort.signal;
  }

  get isAborted(): boolean {
    return (this.#state & aborted) !== 0;
  }

  /** Tells the call that its work has become pointless. */
  abort(): void {
    this.#state |= aborted;
    this.#abort?.abort(errors.cancelled({ node: this.#runner.id, message: "the call was given up" }));
  }

  #inherit<F extends AudioFrame | VideoFrame>(frame: F, init: NewAudio | NewVideo): F {
    const { input } = this;
    if (input === undefined) return frame;
    if (init.timestamp === undefined) frame.timestamp = input.timestamp;
    frame.isTimed = true;
    if (init.stream === undefined) frame.stream = input.stream;
    if (init.metadata === undefined) frame.metadata = input.metadata;
    return frame;
  }

  /** Writes what only the executor may write. A header that somebody else holds is not touched: it is copied, and shares the samples. */
  #stamp(frame: Frame, slot: OutputSlot): Frame {
    const { input } = this;
    const stream = frame.stream === detachedStream ? (input?.stream ?? this.#runner.stream) : frame.stream;
    const sequence = slot.nextSequence(stream);
    const turn = this.purpose === "produce" ? this.#runner.engine.turn : this.turn;
    const flags = this.isAnswer ? frame.flags | Flags.answer : frame.flags & ~Flags.answer;
    const lacksMetadata = frame.metadata === noMetadata && input !== undefined && input.metadata !== noMetadata;
    if (
      frame.sequence === sequence &&
      frame.turn === turn &&
      frame.flags === flags &&
      frame.stream === stream &&
      frame.isTimed &&
      !lacksMetadata
    )
      return frame;
    const own = frame.holders === (frame === input ? 2 : 1) ? frame : this.#copyHeader(frame);
    own.sequence = sequence;
    own.turn = turn;
    own.flags = flags;
    own.stream = stream;
    if (lacksMetadata) own.metadata = (input as Frame).metadata;
    if (!own.isTimed) {
      own.timestamp = input?.timestamp ?? this.#runner.nextTimestamp(own);
      own.isTimed = true;
    }
    return own;
  }

  #copyHeader(frame: Frame): Frame {
    const copy = frame.share();
    frame.release();
    return copy;
  }
}

/** The `out` of callbacks: there is no call that an error could be thrown into, only somebody's timer. */
export class Voice extends CallOutput {
  readonly #failed: (thrown: unknown) => void;

  constructor(runner: NodeRunner, failed: (thrown: unknown) => void) {
    super(runner);
    this.#failed = failed;
  }

  override emit(port: string, frame: Frame): void | Promise<void> {
    try {
      return super.emit(port, frame);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }
}
