import { eventFrame, Flags, type JsonValue, type Metadata, type Output, type TextFrame, textFrame } from "@remotemedia/core";
import type { TurnReason } from "./silence-rule.ts";

/** Why a turn ended: by the silence after it, because the recognizer took too long, or with the session. */
export type EndReason = TurnReason | "asr-timeout" | "end";

/** A turn that the user has finished. Times are media time in µs. */
export interface EndedTurn {
  readonly text: string;
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
  #latest: TextFrame | undefined;

  constructor(out: Output<"out" | "events">) {
    this.#out = out;
  }

  /** What leaves from now on belongs to the stream of this text, and carries its metadata. */
  follow(frame: TextFrame): void {
    this.#latest = frame;
  }

  tell(name: string, value: JsonValue = null): void {
    void this.#out.emit("events", eventFrame(name, value, this.#stream));
  }

  /** Tells that a turn has ended, and gives its text if there is any. */
  give(ended: EndedTurn, turn: number): void | Promise<void> {
    const { text, startedUs: timestamp, stoppedUs, silenceMs, reason, replacesTurn } = ended;
    this.tell("turn-ended", { turn, text, silence_ms: Math.round(silenceMs), reason });
    if (text === "") return;
    const metadata: Metadata = { ...this.#latest?.metadata, ...(replacesTurn !== undefined && { replaces_turn: replacesTurn }) };
    const duration = Math.max(0, stoppedUs - timestamp);
    return this.#out.emit("out", textFrame(text, { ...this.#stream, timestamp, duration, flags: Flags.end, metadata }));
  }

  get #stream() {
    return this.#latest && { stream: this.#latest.stream };
  }
}
