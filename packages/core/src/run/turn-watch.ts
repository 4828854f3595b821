/** What can be seen of a session's turns from outside: their changes as they happen, and when each stage of an answer came. */
import type { Frame } from "../frame/frame.ts";
import type { Heard } from "../node/node.ts";

/** Something has happened to a turn. */
export interface TurnChange {
  readonly type: "interrupted" | "held" | "released" | "playback-started" | "playback-ended";
  /** The turn that it happened to; after an interruption and the end of a playback the next one is current. */
  readonly turn: number;
  /** Session time, µs. */
  readonly atUs: number;
  /** Why it was interrupted. */
  readonly reason?: string;
  /** Of an interruption, and of the end of a playback: how much of the answer was heard. */
  readonly heard?: Heard;
}

/** An event that a node emitted. */
export interface TracedEvent {
  readonly name: string;
  readonly node: string;
  /** Session time at which it was emitted, µs. */
  readonly atUs: number;
  /** Session time that it tells of, µs: `speech-stopped` comes a hangover later than the speech stopped. */
  readonly mediaUs: number;
}

/**
 * When the stages of one turn came, in session time (µs): what the delay of an answer is made of.
 *
 * @example
 * const heard = trace.events.find(({ name }) => name === "playback-started")?.atUs;
 * const spoken = trace.events.findLast(({ name }) => name === "speech-stopped")?.mediaUs;
 */
export interface TurnTrace {
  readonly turn: number;
  readonly beganUs: number;
  /** In the order in which they came, the latest 32. */
  readonly events: readonly TracedEvent[];
  /** The latest final text of each node that does not answer: recognizer, turn policy. */
  readonly transcripts: Readonly<Record<string, { readonly text: string; readonly atUs: number }>>;
  /** The first text and the first audio that each node emitted of the answer. */
  readonly answers: Readonly<Record<string, { readonly textUs?: number; readonly audioUs?: number }>>;
}

/** Gets changes of turns. Must not wait. */
export type TurnListener = (change: TurnChange) => void;

const keptTurns = 8;
const keptEvents = 32;

interface OpenTrace {
  turn: number;
  beganUs: number;
  events: TracedEvent[];
  transcripts: Record<string, { text: string; atUs: number }>;
  answers: Record<string, { textUs?: number; audioUs?: number }>;
}

/** Watches the turns of one session. */
export class TurnWatch {
  readonly #nowUs: () => number;
  readonly #heard: () => Heard;
  readonly #failed: (thrown: unknown) => void;
  readonly #listeners = new Set<TurnListener>();
  readonly #traces: OpenTrace[] = [emptyTrace(1, 0)];
  #current = this.#traces[0] as OpenTrace;

  /**
   * @param heard of the current answer
   * @param failed a listener has thrown
   */
  constructor(nowUs: () => number, heard: () => Heard, failed: (thrown: unknown) => void) {
    this.#nowUs = nowUs;
    this.#heard = heard;
    this.#failed = failed;
  }

  /** Gives what stops listening. */
  listen(listener: TurnListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  changed(change: Omit<TurnChange, "atUs">): void {
    const told = { ...change, atUs: this.#nowUs() };
    for (const listener of this.#listeners) {
      try {
        listener(told);
      } catch (thrown) {
        this.#failed(thrown);
      }
    }
  }

  /** The latest turns as they are now, the current one last. */
  traces(): readonly TurnTrace[] {
    return this.#traces.map((trace) => structuredClone(trace));
  }

  /** An event, a text, or a part of the current answer leaves a node. */
  left(node: string, frame: Frame, isAnswer: boolean): void {
    const trace = this.#current;
    if (frame.kind === "event") this.#eventLeft(node, frame.name, frame.stream.epochUs + frame.timestamp);
    else if (isAnswer) {
      if (frame.turn !== trace.turn || (frame.kind !== "audio" && frame.kind !== "text")) return;
      const first = (trace.answers[node] ??= {});
      if (frame.kind === "audio") first.audioUs ??= this.#nowUs();
      else first.textUs ??= this.#nowUs();
    } else if (frame.kind === "text" && frame.final) trace.transcripts[node] = { text: frame.text, atUs: this.#nowUs() };
  }

  #eventLeft(node: string, name: string, mediaUs: number): void {
    const { events, turn } = this.#current;
    if (events.push({ name, node, atUs: this.#nowUs(), mediaUs }) > keptEvents) events.shift();
    if (name === "playback-started") this.changed({ type: name, turn });
    if (name === "playback-ended") this.changed({ type: name, turn, heard: this.#heard() });
  }

  /** The next turn begins. The speech that no `turn-ended` has followed belongs to it: it is what began the turn. */
  raised(turn: number): void {
    const before = this.#current;
    const trace = emptyTrace(turn, this.#nowUs());
    const at = before.events.findLastIndex(({ name }) => name === "speech-started");
    if (at >= 0 && !before.events.some(({ name }, i) => i > at && name === "turn-ended")) {
      const { atUs } = before.events[at] as TracedEvent;
      trace.events = before.events.splice(at);
      for (const [node, transcript] of Object.entries(before.transcripts)) {
        if (transcript.atUs < atUs) continue;
        trace.transcripts[node] = transcript;
        delete before.transcripts[node];
      }
    }
    this.#current = trace;
    if (this.#traces.push(trace) > keptTurns) this.#traces.shift();
  }
}

const emptyTrace = (turn: number, beganUs: number): OpenTrace => ({ turn, beganUs, events: [], transcripts: {}, answers: {} });
