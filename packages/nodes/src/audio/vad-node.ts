import {
  type Emission,
  eventFrame,
  Flags,
  type Metadata,
  type NodeContext,
  type NodeExecutor,
  type Output,
  type PlanarFrame,
  type ProcessResult,
} from "@remotemedia/core";
import { Continuity } from "./continuity.ts";
import { createMonoMix } from "./mono-mix.ts";
import type { SpeechDetector } from "./speech-detector.ts";
import { SpeechSegments } from "./speech-segments.ts";
import { type SpeechChange, SpeechTracker } from "./speech-tracker.ts";

/** What a {@link VadNode} does with the decisions; see the parameters of `vad`. */
export interface VadRules {
  readonly frameMs: number;
  readonly minSpeechMs: number;
  readonly hangoverMs: number;
  readonly preRollMs: number;
  readonly maxSpeechMs: number;
  readonly segments: boolean;
  /** Whether a frame that passes says what was heard in it. Default false. */
  readonly annotate?: boolean;
  /** What an annotated frame says besides. Default: nothing. */
  readonly annotation?: Metadata;
  /** A frame that passes counts as speech when more than this share of its analysis frames are. Default 0. */
  readonly speechRatio?: number;
  /** Default false. */
  readonly dropSilence?: boolean;
  /** Whether every frame of the output says `is_speech` in its metadata; segments are then given out by analysis frames. Default false. */
  readonly marksSpeech?: boolean;
}

/** Makes the part that decides, for analysis frames of so many samples. */
export type DetectorFactory = (context: NodeContext, frameLength: number) => SpeechDetector;

/**
 * What every voice detector is but the decision: where speech starts and stops, the events about it, segments with pre-roll and hangover, and what a jump in
 * time does.
 *
 * @example create: (params) => new VadNode(params, ({ kernels }, frameLength) => kernels.createEnergyVad({ frameLength, threshold: 0.01, floorRatio: 3 }))
 */
export class VadNode implements NodeExecutor<PlanarFrame> {
  readonly #params: VadRules;
  readonly #detectorOf: DetectorFactory;
  readonly #tracker: SpeechTracker;
  readonly #continuity = new Continuity();
  readonly #mono = createMonoMix();
  readonly #segments: SpeechSegments | undefined;
  /** What is to be given out before anything else. */
  readonly #pending: Emission[] = [];
  #context: NodeContext | undefined;
  #detector: SpeechDetector | undefined;
  #sampleRate = 0;
  /** Samples of an analysis frame. */
  #frameLength = 0;
  #decisions = new Uint8Array(0);
  #levels = new Float32Array(0);
  /** Samples since the last jump: heard, and decided on. Decisions lag; after a jump they begin below 0. */
  #heard = 0;
  #decided = 0;
  /** Of the speech that is going on, or the last one. */
  #startedUs = 0;
  #spokenUntilUs = 0;
  #isSpeech = false;

  constructor(params: VadRules, detectorOf: DetectorFactory) {
    const frames = (ms: number) => Math.max(1, Math.ceil(ms / params.frameMs));
    this.#params = params;
    this.#detectorOf = detectorOf;
    this.#tracker = new SpeechTracker({
      minSpeech: frames(params.minSpeechMs),
      hangover: frames(params.hangoverMs),
      maxSpeech: frames(params.maxSpeechMs),
    });
    if (params.segments) this.#segments = new SpeechSegments(this.#continuity);
  }

  start(context: NodeContext): void | PromiseLike<void> {
    this.#context = context;
  }

  process(frame: PlanarFrame, _port: string, out: Output): ProcessResult {
    const expectedUs = this.#continuity.at(this.#heard);
    const before = this.#continuity.follow(frame);
    if (before === "interruption") this.#forget();
    if (before !== undefined || this.#detector === undefined)
      this.#restart(frame, before === "jump" ? frame.timestamp - expectedUs : 0, out);
    const count = this.#analyze(frame);
    return this.#segments === undefined ? this.#pass(frame, count, out) : this.#cut(frame, this.#segments, count, out);
  }

  flush(out: Output): Iterable<Emission> {
    this.#stop("end", out);
    return this.#pending.splice(0);
  }

  stop(): void {
    this.#detector?.close();
    this.#detector = undefined;
  }

  /** Fills `#decisions` and gives their number. */
  #analyze(frame: PlanarFrame): number {
    const { kernels } = this.#context as NodeContext;
    const most = Math.ceil(frame.numberOfFrames / this.#frameLength);
    if (this.#decisions.length < most) [this.#decisions, this.#levels] = [new Uint8Array(most), new Float32Array(most)];
    this.#heard += frame.numberOfFrames;
    return (this.#detector as SpeechDetector).process(this.#mono(frame, kernels), frame.numberOfFrames, this.#decisions, this.#levels);
  }

  #observe(index: number): SpeechChange {
    const isSpeech = this.#decisions[index] === 1;
    this.#decided += this.#frameLength;
    const change = this.#tracker.observe(isSpeech);
    if (isSpeech) this.#spokenUntilUs = this.#continuity.at(this.#decided);
    if (change === "started") this.#startedUs = this.#continuity.at(this.#decided - this.#tracker.run * this.#frameLength);
    return change;
  }

  #pass(frame: PlanarFrame, count: number, out: Output): ProcessResult {
    let speechFrames = 0;
    for (let index = 0; index < count; index++) {
      speechFrames += this.#decisions[index] as number;
      const change = this.#observe(index);
      if (change !== undefined) this.#pending.push(this.#eventOf(change));
    }
    const { speechRatio = 0, dropSilence, annotate, marksSpeech } = this.#params;
    if (count > 0) this.#isSpeech = speechFrames > count * speechRatio;
    const isEnd = (frame.flags & Flags.end) !== 0;
    if (dropSilence && !this.#isSpeech) return isEnd || this.#pending.length > 0 ? this.#withEvents(undefined, isEnd, out) : undefined;
    const passed = annotate
      ? this.#annotated(frame, speechFrames, count)
      : marksSpeech
        ? marked(frame, { is_speech: this.#isSpeech })
        : frame;
    return isEnd || this.#pending.length > 0 ? this.#withEvents(passed, isEnd, out) : out.emit("out", passed);
  }

  *#withEvents(frame: PlanarFrame | undefined, isEnd: boolean, out: Output): Generator<Emission> {
    yield* this.#pending.splice(0);
    if (frame !== undefined) yield frame;
    if (isEnd) yield* this.flush(out);
  }

  *#cut(frame: PlanarFrame, segments: SpeechSegments, count: number, out: Output): Generator<Emission> {
    yield* this.#pending.splice(0);
    segments.push(frame);
    for (let index = 0; index < count; index++) {
      const change = this.#observe(index);
      if (change === "started") yield* this.#open(segments, out);
      const last = this.#decisions[index] === 1;
      if (change === "stopped" || change === "cut") yield segments.close(this.#decided, out, this.#mark(last));
      else if (this.#params.marksSpeech) yield* this.#given(segments, this.#decided, last, out);
      if (change !== undefined) yield this.#eventOf(change);
    }
    yield* this.#given(segments, this.#decided, false, out);
    if ((frame.flags & Flags.end) !== 0) yield* this.flush(out);
  }

  *#open(segments: SpeechSegments, out: Output): Generator<Emission> {
    const start = this.#decided - this.#tracker.run * this.#frameLength;
    segments.open(start - this.#samples(this.#params.preRollMs));
    if (this.#params.marksSpeech) yield* this.#given(segments, start, false, out);
  }

  *#given(segments: SpeechSegments, position: number, isSpeech: boolean, out: Output): Generator<Emission> {
    const frame = segments.until(position, out, this.#mark(isSpeech));
    if (frame !== undefined) yield frame;
  }

  #mark(isSpeech: boolean): Metadata | undefined {
    return this.#params.marksSpeech ? { is_speech: isSpeech } : undefined;
  }

  /** The start, or a jump. A short loss does not end speech: what is lost on the way is not silence. */
  #restart(frame: PlanarFrame, jumpUs: number, out: Output): void {
    const goesOn = frame.sampleRate === this.#sampleRate && (frame.flags & Flags.discontinuity) === 0;
    const isShort = goesOn && jumpUs >= 0 && jumpUs <= this.#params.hangoverMs * 1000;
    const rest = isShort ? this.#segments?.until(this.#heard, out, this.#mark(false)) : undefined;
    if (rest !== undefined) this.#pending.push(rest);
    if (!isShort) this.#stop("jump", out);
    this.#decided -= this.#heard;
    this.#heard = 0;
    if (frame.sampleRate !== this.#sampleRate) this.#detectAt(frame.sampleRate);
    const { preRollMs, minSpeechMs, frameMs } = this.#params;
    this.#segments?.restart(frame, this.#samples(preRollMs + minSpeechMs + 2 * frameMs));
  }

  /** Ends the speech that is going on, and forgets what was heard. */
  #stop(reason: "jump" | "end", out: Output): void {
    if (this.#segments?.isOpen) this.#pending.push(this.#segments.close(this.#heard, out, this.#mark(false)));
    if (this.#tracker.isSpeaking) this.#pending.push(this.#stopped(reason));
    this.#tracker.reset();
    this.#detector?.reset();
    this.#decided = this.#heard;
  }

  /** What was heard of an interrupted answer counts no more. */
  #forget(): void {
    this.#pending.length = 0;
    this.#tracker.reset();
    this.#detector?.reset();
    this.#segments?.drop();
    this.#decided = this.#heard;
  }

  #detectAt(sampleRate: number): void {
    this.#sampleRate = sampleRate;
    this.#frameLength = this.#samples(this.#params.frameMs);
    this.#detector?.close();
    this.#detector = this.#detectorOf(this.#context as NodeContext, this.#frameLength);
  }

  #samples(ms: number): number {
    return Math.round((this.#sampleRate * ms) / 1000);
  }

  #eventOf(change: "started" | "stopped" | "cut"): Emission {
    if (change !== "started") return this.#stopped(change === "cut" ? "max-length" : "silence");
    const timestamp = this.#startedUs;
    return ["events", eventFrame("speech-started", { timestamp_us: timestamp }, { timestamp })];
  }

  #stopped(reason: string): Emission {
    const timestamp = this.#spokenUntilUs;
    const silenceUs = reason === "silence" ? this.#continuity.at(this.#decided) - timestamp : 0;
    const value = {
      timestamp_us: timestamp,
      started_us: this.#startedUs,
      duration_us: timestamp - this.#startedUs,
      silence_us: silenceUs,
      reason,
    };
    return ["events", eventFrame("speech-stopped", value, { timestamp })];
  }

  /** The frame under a header of its own that says what was heard in it. */
  #annotated(frame: PlanarFrame, speechFrames: number, count: number): PlanarFrame {
    let sum = 0;
    for (let index = 0; index < count; index++) sum += this.#levels[index] as number;
    return marked(frame, {
      is_speech: this.#isSpeech,
      speech_frames: speechFrames,
      total_frames: count,
      speech_ratio: count > 0 ? speechFrames / count : 0,
      avg_energy: count > 0 && Number.isFinite(sum) ? sum / count : 0,
      frame_duration_ms: this.#params.frameMs,
      ...this.#params.annotation,
    });
  }
}

function marked(frame: PlanarFrame, heard: Metadata): PlanarFrame {
  const own = frame.share();
  own.metadata = { ...frame.metadata, ...heard };
  return own;
}
