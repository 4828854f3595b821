/** The `out` of one call: stamps what is emitted, makes pooled frames, and dies with its call. */
import { errors } from "../errors.ts";
import { AudioFrame, detachedStream, Flags, type Frame, isFrame, noMetadata, tightLayout, VideoFrame } from "../frame.ts";
import type { NewAudio, NewVideo, Output } from "../node.ts";
import type { NodeRunner } from "./node-runner.ts";

const arrayFor = { "f32-planar": "f32", f32: "f32", s16: "s16", "s16-planar": "s16", s32: "s32" } as const;

/** One call's `out`. A runner uses one for all calls that return at once, and lets a waiting call keep its own. */
export class CallOutput implements Output {
  readonly #runner: NodeRunner;
  /** The borrowed input frame; undefined in `produce`, `flush` and after the call. */
  input: Frame | undefined;
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
  /** What went downstream took this long; set to 0 to measure, NaN while nobody measures. */
  downstreamUs = Number.NaN;
  /** When it last showed life, µs; kept for calls that wait. */
  progressUs = 0;
  /** The call is over or was given up: what comes now is let go. */
  isClosed = false;
  #abort: AbortController | undefined;
  #isAborted = false;

  constructor(runner: NodeRunner) {
    this.#runner = runner;
  }

  /** Starts a call. */
  begin(purpose: CallOutput["purpose"], input: Frame | undefined, turn: number, isAnswer: boolean): void {
    this.purpose = purpose;
    this.input = input;
    this.turn = turn;
    this.isAnswer = isAnswer;
    this.emitted = 0;
    this.wasBlocked = false;
    this.downstreamUs = Number.NaN;
  }

  emit(port: string, frame: Frame): void | Promise<void> {
    if (!isFrame(frame)) throw errors.nodeFailed({ node: this.#runner.id, port, message: "emitted something that is not a frame", received: typeof frame, fix: "Make frames with out.audio, textFrame, jsonFrame …" });
    if (frame === this.input) frame.holders++;
    if (this.isClosed) return this.#runner.lateFrame(frame);
    this.emitted++;
    const slot = this.#runner.slot(port);
    if (slot === undefined) {
      frame.release();
      throw this.#runner.unknownPort(port);
    }
    const stamped = this.#stamp(frame, slot.nextSequence(this.#streamFor(frame)));
    if (slot.interruptOn.size > 0 && stamped.kind === "event" && slot.interruptOn.has(stamped.name)) this.#runner.engine.interrupt(stamped.name);
    if (Number.isNaN(this.downstreamUs)) return this.#note(slot.deliver(stamped));
    const startUs = performance.now();
    try {
      return this.#note(slot.deliver(stamped));
    } finally {
      this.downstreamUs += (performance.now() - startUs) * 1000;
    }
  }

  audio(init: NewAudio): AudioFrame & { readonly data: Float32Array } {
    const like = this.input?.kind === "audio" ? this.input : undefined;
    const format = init.format ?? "f32-planar";
    const sampleRate = init.sampleRate ?? like?.sampleRate;
    if (sampleRate === undefined) throw errors.usage({ node: this.#runner.id, message: "out.audio needs a sampleRate where no audio came in" });
    const numberOfChannels = init.numberOfChannels ?? like?.numberOfChannels ?? 1;
    const buffer = this.#runner.engine.pool.acquire(arrayFor[format], numberOfChannels * init.numberOfFrames);
    const frame = new AudioFrame({ ...init, format, sampleRate, numberOfChannels, data: buffer.data as Float32Array }, buffer);
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
    if (this.#isAborted) this.#abort.abort(errors.cancelled({ node: this.#runner.id, message: "the call was given up" }));
    return this.#abort.signal;
  }

  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Tells the call that its work has become pointless. */
  abort(): void {
    this.#isAborted = true;
    this.#abort?.abort(errors.cancelled({ node: this.#runner.id, message: "the call was given up" }));
  }

  #note(wait: void | Promise<void>): void | Promise<void> {
    if (wait === undefined) return;
    this.wasBlocked = true;
    return wait;
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

  #streamFor(frame: Frame): Frame["stream"] {
    return frame.stream === detachedStream ? (this.input?.stream ?? this.#runner.stream) : frame.stream;
  }

  /**
   * Writes what only the executor may write. A header that somebody else holds is not touched: it is copied, and shares the samples.
   */
  #stamp(frame: Frame, sequence: number): Frame {
    const { input } = this;
    const stream = this.#streamFor(frame);
    const turn = this.#runner.isSource ? this.#runner.engine.turn : this.turn;
    const flags = this.isAnswer ? frame.flags | Flags.answer : frame.flags & ~Flags.answer;
    const isRight = frame.sequence === sequence && frame.turn === turn && frame.flags === flags && frame.stream === stream && frame.isTimed;
    if (isRight && (frame.metadata !== noMetadata || input === undefined || input.metadata === noMetadata)) return frame;
    const isOurs = frame.holders === (frame === input ? 2 : 1);
    const own = isOurs ? frame : this.#copyHeader(frame);
    own.sequence = sequence;
    own.turn = turn;
    own.flags = flags;
    own.stream = stream;
    if (own.metadata === noMetadata && input !== undefined) own.metadata = input.metadata;
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
