import { errors, type TurnTrace } from "@remotemedia/core";
import { firstLoud } from "./loudness.ts";
import { callRate } from "./steps.ts";
import { wordErrorRate } from "./word-errors.ts";

/** What the caller said, in the time of the call. */
export interface Utterance {
  readonly text: string;
  readonly startMs: number;
  /** Behind its last loud sample. */
  readonly endMs: number;
}

/** One exchange. */
export interface CallTurn {
  /** What the caller said since the turn before. */
  readonly said: string;
  /** What the agent understood. */
  readonly transcript: string;
  /** What was heard of the answer. */
  readonly answer: string;
  /** When the caller had said it, in the time of the call. */
  readonly saidMs: number;
  /** From the last loud sample that the caller said to the first loud one of the answer; undefined if none was heard. */
  readonly answerMs: number | undefined;
  readonly wasInterrupted: boolean;
  /** When each stage of the agent came; undefined where nothing of the answer was heard. */
  readonly trace: TurnTrace | undefined;
}

/** What a call must have been like; what is left out is not looked at. */
export interface CallExpectation {
  /** What the agent understood, turn by turn; words count, not punctuation. Also says how many turns there were. */
  readonly transcripts?: readonly string[];
  /** Words that may be wrong in each transcript, as a share. Default 0. */
  readonly wordErrorRate?: number;
  /** Every answer that was heard began within this time of the end of speech. */
  readonly answersWithinMs?: number;
  /** Turn by turn: whether its answer was cut. */
  readonly interrupted?: readonly boolean[];
}

interface Parts {
  readonly heard: Float32Array;
  readonly utterances: readonly Utterance[];
  readonly understood: readonly { readonly text: string; readonly atMs: number; readonly turn: number }[];
  readonly changes: readonly { readonly type: string; readonly turn: number; readonly text: string }[];
  readonly traces: ReadonlyMap<number, TurnTrace>;
}

/** What came of a scripted call. */
export class CallRecord {
  /** What the caller heard, from the beginning of the call, 16 kHz. */
  readonly heard: Float32Array;
  readonly utterances: readonly Utterance[];
  readonly turns: readonly CallTurn[];

  /** @internal made by `callAgent` */
  constructor(parts: Parts) {
    this.heard = parts.heard;
    this.utterances = parts.utterances;
    this.turns = parts.understood.map((_, i) => turnOf(parts, i));
  }

  /**
   * Holds the call against what it should have been.
   *
   * @throws `usage` with every difference, and the whole call as a table
   * @example call.expect({ transcripts: ["hello"], answersWithinMs: 1_000 });
   */
  expect({ transcripts, wordErrorRate: allowed = 0, answersWithinMs, interrupted }: CallExpectation): void {
    const faults: string[] = [];
    if (transcripts !== undefined && transcripts.length !== this.turns.length)
      faults.push(`${this.turns.length} turns, and not ${transcripts.length}`);
    for (const [i, { transcript, answerMs, wasInterrupted }] of this.turns.entries()) {
      const wanted = transcripts?.[i];
      if (wanted !== undefined && wordErrorRate(wanted, transcript) > allowed)
        faults.push(`turn ${i + 1} was understood as "${transcript}", and not "${wanted}"`);
      if (answersWithinMs !== undefined && answerMs !== undefined && answerMs > answersWithinMs)
        faults.push(`the answer of turn ${i + 1} began after ${Math.round(answerMs)} ms, and not within ${answersWithinMs}`);
      if (interrupted?.[i] !== undefined && interrupted[i] !== wasInterrupted)
        faults.push(`the answer of turn ${i + 1} was ${wasInterrupted ? "" : "not "}interrupted`);
    }
    if (faults.length > 0)
      throw errors.usage({ message: `the call was not as expected: ${faults.join("; ")}\n${this}`, fix: "See the call." });
  }

  /** The call as people read one. */
  toString(): string {
    const delay = (ms: number | undefined): string => (ms === undefined ? "nothing was heard" : `after ${Math.round(ms)} ms`);
    return this.turns
      .map(
        ({ transcript, answer, answerMs, wasInterrupted }) =>
          `caller: ${transcript}\nagent:  ${answer}${wasInterrupted ? " –" : ""} (${delay(answerMs)})`,
      )
      .join("\n");
  }
}

function turnOf({ heard, utterances, understood, changes, traces }: Parts, index: number): CallTurn {
  const { text, atMs, turn } = understood[index] as Parts["understood"][number];
  const sinceMs = understood[index - 1]?.atMs ?? 0;
  const said = utterances.filter(({ endMs }) => endMs > sinceMs && endMs <= atMs);
  const end = changes.find((change) => change.turn === turn && (change.type === "playback-ended" || change.type === "interrupted"));
  const started = changes.some((change) => change.turn === turn && change.type === "playback-started");
  const endMs = said.at(-1)?.endMs ?? atMs;
  const first = started ? firstLoud(heard, Math.round((endMs * callRate) / 1_000)) : undefined;
  return {
    said: said.map((utterance) => utterance.text).join(" "),
    transcript: text,
    saidMs: endMs,
    answer: end?.text ?? "",
    answerMs: first === undefined ? undefined : (first * 1_000) / callRate - endMs,
    wasInterrupted: end?.type === "interrupted",
    trace: started ? traces.get(turn) : undefined,
  };
}
