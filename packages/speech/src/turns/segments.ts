/** What a recognizer has said of stretches of speech, put together by their times. */
import type { EventFrame, MediaStream, TextFrame } from "@remotemedia/core";

/** One stretch of speech: from `speech-started` to `speech-stopped`, and what was recognized in it. Times are media time in µs. */
export interface Segment {
  readonly stream: MediaStream;
  readonly startedUs: number;
  stoppedUs?: number;
  /** The latest of its partial texts, or the final one. */
  text: string;
  isFinal: boolean;
  /** Whatever was said in it does not count. */
  isIgnored: boolean;
}

/** How many that are done with are remembered, for texts that come late. */
const keptSegments = 8;

/** The segments of the turn that is being spoken, and the latest before it, whose text may still come. */
export class Segments {
  /** Of this turn. */
  current: Segment[] = [];
  #past: Segment[] = [];

  /** Whether every final text is there. */
  get areFinal(): boolean {
    return this.current.every(({ isFinal }) => isFinal);
  }

  /** The words of the turn so far. */
  get text(): string {
    return joinTexts(this.current.map(({ text }) => text));
  }

  start({ stream, timestamp }: EventFrame): void {
    this.current.push({ stream, startedUs: timestamp, text: "", isFinal: false, isIgnored: false });
  }

  stop(stoppedUs: number): void {
    const last = this.current.at(-1) ?? this.#past.at(-1);
    if (last !== undefined) last.stoppedUs ??= stoppedUs;
  }

  /** The turn is over, or was none. */
  clear(): void {
    this.#past = [...this.#past, ...this.current].slice(-keptSegments);
    this.current = [];
  }

  /** The same, and what is still to come of it does not count. */
  ignore(): void {
    for (const segment of this.current) segment.isIgnored = true;
    this.clear();
  }

  /**
   * Puts a text where it belongs. True if that changed this turn: a final that comes after its segment was given up is not heard twice, and
   * one whose segment had left no text begins a turn.
   */
  take(frame: TextFrame): boolean {
    const found = this.#find(frame.timestamp + frame.duration / 2);
    if (found?.isIgnored) return false;
    // A second final is no correction: a recognizer without a detector, or somebody who types.
    const segment = found === undefined || found.isFinal ? this.#unannounced(frame) : found;
    const wasEmpty = segment.text === "";
    segment.isFinal = frame.final;
    if (this.#past.includes(segment)) {
      if (!wasEmpty || !frame.final || frame.text.trim() === "") return false;
      this.#past.splice(this.#past.indexOf(segment), 1);
      this.current.unshift(segment);
    }
    segment.text = frame.text.trim();
    return true;
  }

  /** The segment that a time lies in; what lies between two belongs to the nearer one. */
  #find(timeUs: number): Segment | undefined {
    const all = [...this.#past, ...this.current];
    for (let i = all.length - 1; i >= 0; i--) {
      const [segment, before] = [all[i] as Segment, all[i - 1]];
      if (before === undefined || timeUs >= (segment.startedUs + (before.stoppedUs ?? before.startedUs)) / 2) return segment;
    }
    return undefined;
  }

  #unannounced({ stream, timestamp, duration }: TextFrame): Segment {
    const segment = { stream, startedUs: timestamp, stoppedUs: timestamp + duration, text: "", isFinal: false, isIgnored: false };
    this.current.push(segment);
    return segment;
  }
}

/** One text of several. */
export const joinTexts = (texts: readonly string[]): string => texts.filter((text) => text !== "").join(" ");
