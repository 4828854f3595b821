import {
  eventFrame,
  Flags,
  type JsonValue,
  type MediaStream,
  type Metadata,
  type Output,
  type TextFrame,
  textFrame,
} from "@remotemedia/core";
import type { TurnReason } from "./silence-rule.ts";

/** Why a turn ended: by the silence after it, because the recognizer took too long, or with the session. */
export type EndReason = TurnReason | "asr-timeout" | "end";

/** A turn that the user has finished. Times are media time in µs. */
export interface EndedTurn {
  readonly text: string;
  /** Undefined where no speech is known of. */
  readonly stream: MediaStream | undefined;
  readonly startedUs: number;
  readonly stoppedUs: number;
  readonly silenceMs: number;
  readonly reason: EndReason;
  /** The turn whose text is part of this one. */
  readonly replacesTurn?: number;
}

/** What leaves a turn policy. */
export class TurnOutput {
  readonly #out: Output<"out" | "events">;
  #metadata: Metadata = {};

  constructor(out: Output<"out" | "events">) {
    this.#out = out;
  }

  /** The text that leaves next carries the metadata of this one. */
  follow({ metadata }: TextFrame): void {
    this.#metadata = metadata;
  }

  /** @param stream that of the speech which it is about, and when it was there */
  tell(name: string, value: JsonValue, stream: MediaStream | undefined, timestamp: number): void {
    void this.#out.emit("events", eventFrame(name, value, { ...(stream && { stream }), timestamp }));
  }

  /** Tells that a turn has ended, and gives its text if there is any. */
  give(ended: EndedTurn, turn: number): void | Promise<void> {
    const { text, stream, startedUs: timestamp, stoppedUs, silenceMs, reason, replacesTurn } = ended;
    this.tell("turn-ended", { turn, text, silence_ms: Math.round(silenceMs), reason }, stream, stoppedUs);
    if (text === "") return;
    const metadata: Metadata = { ...this.#metadata, ...(replacesTurn !== undefined && { replaces_turn: replacesTurn }) };
    const duration = Math.max(0, stoppedUs - timestamp);
    return this.#out.emit("out", textFrame(text, { ...(stream && { stream }), timestamp, duration, flags: Flags.end, metadata }));
  }
}
