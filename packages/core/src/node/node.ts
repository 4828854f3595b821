/**
 * The node contract. Built-in, TypeScript, Python, WebAssembly and remote nodes all implement {@link NodeExecutor} directly; this file
 * is the only one that declares it.
 *
 * | hook | when | may wait | twice |
 * | --- | --- | --- | --- |
 * | `negotiate` | before `start`, and again when a format on an input changes | before `start` only | yes |
 * | `start` | after `negotiate`, before any frame | yes, 30 s | no |
 * | `produce` | once, after every node has started; of nodes with inputs it may only set callbacks up | sources | no |
 * | `process` | for every frame; never while an earlier call is pending | yes | – |
 * | `flush` | when every input has ended | yes | no |
 * | `interrupt` | when the turn rises; also while `process` is pending | no | yes |
 * | `configure` | between calls of `process` | yes | yes |
 * | `request` | when somebody downstream asks | no | yes |
 * | `stop` | once if `start` was called, also after errors and interruptions | yes, 2 s | no |
 *
 * When another node fails to start, `stop` may come while `start` is still waiting.
 */
import type { Clock } from "../clock.ts";
import type { AudioFrame, Frame, FrameInit, JsonValue, PixelFormat, VideoFrame } from "../frame/frame.ts";
import type { MediaFormat } from "../frame/media.ts";
import type { Kernels, SampleFormat } from "./kernels.ts";

/** What an iterator gives: a frame for the first output port, or a port and a frame. */
export type Emission = Frame | readonly [port: string, frame: Frame];

/** What `process` and `flush` give back: nothing, a promise when they had to wait, or an iterator of outputs. */
export type ProcessResult = void | PromiseLike<unknown> | Iterable<Emission> | AsyncIterable<Emission>;

/** How much of an answer was heard before it was interrupted. */
export interface Heard {
  /** µs of audio. */
  readonly durationUs: number;
  /** What was said until then, where it is known. */
  readonly text?: string;
}

/** What has become of the answer to the current turn. */
export interface AnswerState {
  readonly turn: number;
  /** Some of it was played, and its end was not. */
  readonly isPlaying: boolean;
  /** `hold` was called, and neither `release` nor an interruption came since. */
  readonly isHeld: boolean;
  readonly heard: Heard;
}

/** A wish that travels upstream until a node grants it. */
export type UpstreamRequest = "keyframe" | "bitrate" | "format";

/** One running node. Every hook is optional but the one that does its work: `process`, or `produce` for a source. */
export interface NodeExecutor<In extends Frame = Frame, Out extends string = string> {
  /**
   * The formats agreed on the input edges, by port; unknown ones are left out. May give the formats of outputs where the declaration
   * leaves them open, and may look (open a file, read its header) but not act.
   */
  negotiate?(inputs: Readonly<Record<string, MediaFormat>>): NegotiatedOutputs | PromiseLike<NegotiatedOutputs>;
  /** Before any frame: load models, warm kernels up. */
  start?(context: NodeContext): void | PromiseLike<void>;
  /**
   * Of a source: a generator, an async function, or callbacks set up before it returns. A node with inputs may set callbacks up as well
   * (timers, a player that tells of its end): what they emit through this `out` between its calls carries the current turn.
   */
  produce?(out: Output<Out>): ProcessResult;
  /** One frame, borrowed: it is released when the call has settled. */
  process?(frame: In, port: string, out: Output<Out>): ProcessResult;
  /** Upstream has ended: emit what is held back. */
  flush?(out: Output<Out>): ProcessResult;
  /** The turn has risen to `turn`: drop what is stale. `heard` is given to nodes that answer. */
  interrupt?(turn: number, heard?: Heard): void;
  /** Parameters were changed while running; all of them are given, in camelCase and with defaults. */
  configure?(params: never): void | PromiseLike<void>;
  /** Somebody downstream asks; true if it was granted here, else the request goes further up. */
  request?(name: UpstreamRequest, value: JsonValue): boolean;
  /** The end; gives back what `start` took. */
  stop?(): void | PromiseLike<void>;
}

/** Formats of output ports, where `negotiate` knows them. */
export type NegotiatedOutputs = void | Readonly<Record<string, MediaFormat>>;

/** What `out.audio` makes a frame from; what is left out follows the input frame of the call. */
export interface NewAudio extends FrameInit {
  /** Samples per channel. */
  readonly numberOfFrames: number;
  /** Default: that of the input, else 1. */
  readonly numberOfChannels?: number;
  /** Hz. Default: that of the input; a source must give it. */
  readonly sampleRate?: number;
  /** Default `f32-planar`. */
  readonly format?: SampleFormat;
}

/** What `out.video` makes a frame from; what is left out follows the input frame of the call. */
export interface NewVideo extends FrameInit {
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** Default `I420`. */
  readonly format?: PixelFormat;
}

/** Where a node puts its frames. It belongs to one call. */
export interface Output<Port extends string = string> {
  /**
   * Gives a frame to everything connected to the port and takes over the caller's reference; the borrowed input frame is retained
   * first. Nothing comes back while there is room, else a promise to await.
   *
   * @throws `overflow` when it was called on without waiting until four times the queue's size.
   * @throws `port-unknown` when the node did not declare the port.
   */
  emit(port: Port, frame: Frame): void | Promise<void>;
  /** A pooled audio frame to fill, its samples undefined. */
  audio(init: NewAudio): AudioFrame & { readonly data: Float32Array };
  /** A pooled picture to fill. */
  video(init: NewVideo): VideoFrame;
  /** Aborts when this call's work has become pointless: interruption of what it answers, timeout, stop. */
  readonly signal: AbortSignal;
  /** The turn that its frames will carry. */
  readonly turn: number;
}

/** A log; the host decides where it goes. */
export interface Log {
  debug(message: string, details?: Record<string, unknown>): void;
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
  error(message: string, details?: Record<string, unknown>): void;
}

/** What a node may touch beyond its frames. */
export type Capability = "fs" | "net" | "device" | "python" | "exec";

/** What a node is given for its life. */
export interface NodeContext {
  readonly nodeId: string;
  /** The same object for every node of one session, or of one run, and for no other: the key for what its nodes share. */
  readonly session: object;
  /** `batch` works through finite input as fast as it can; `live` keeps pace with the world. */
  readonly mode: "batch" | "live";
  readonly clock: Clock;
  /** How long `start` may take, in milliseconds: `deadlines.startMs` of the session, 30,000 by default. What may take longer says so by then. */
  readonly startMs: number;
  readonly log: Log;
  /** The kernels that `runtime_hint` chose. */
  readonly kernels: Kernels;
  /** What this node was granted. */
  readonly grants: ReadonlySet<Capability>;
  /** Uniform in [0, 1), seeded by session and node: the same run gives the same numbers. */
  readonly random: () => number;
  /** Tells what failed between two calls, where nothing can be thrown: an error of this node as any other, which ends what `on_error` says it ends. */
  report(thrown: unknown): void;
  /** Asks upstream. True if some node granted it. */
  request(name: UpstreamRequest, value?: JsonValue): boolean;
  /** Raises the turn: what answers the older ones is stale from now on. */
  interrupt(reason: string): void;
  /** A sink reports what was really played of a turn's answer; sums up. */
  played(turn: number, heard: Heard): void;
  /**
   * Whoever makes sound out of text tells, part by part in the order of playing, what its audio says and how long it is: so it is known
   * which words were heard when an answer is interrupted.
   */
  said(turn: number, words: Heard): void;
  /** What has become of the answer to the current turn. */
  answer(): AnswerState;
  /** Pauses answers; they queue. For an interruption that may be a false one. */
  hold(): void;
  /** Lets answers go on that `hold` paused. */
  release(): void;
}
