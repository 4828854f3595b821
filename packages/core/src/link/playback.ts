import { Flags, type Frame, type JsonValue } from "../frame/frame.ts";

/** Rates and packets round: an answer has ended when less than this of it is missing. */
const toleranceUs = 25_000;

/**
 * Follows the audio of one answer after another: what was given to a player, and what it has played. For nodes that play, and for transports.
 *
 * @example produce: (out) => void (playback = new Playback((name, value) => out.emit("events", eventFrame(name, value))))
 */
export class Playback {
  readonly #tell: (name: "playback-started" | "playback-ended", value: JsonValue) => void;
  #turn = 0;
  #givenUs = 0;
  #playedUs = 0;
  #hasEnd = false;

  /** @param tell gets `playback-started` {turn} and `playback-ended` {turn, duration_us} */
  constructor(tell: (name: "playback-started" | "playback-ended", value: JsonValue) => void) {
    this.#tell = tell;
  }

  /** A frame was handed to the player. `end` on audio of an answer says that the answer is whole. */
  given(frame: Frame): void {
    if (frame.kind !== "audio" || (frame.flags & Flags.answer) === 0 || frame.turn < this.#turn) return;
    if (frame.turn > this.#turn) this.#begin(frame.turn);
    this.#givenUs += frame.duration;
    this.#hasEnd ||= (frame.flags & Flags.end) !== 0;
    this.#endIfPlayed();
  }

  /** So much more was played of a turn's answer. */
  played(turn: number, durationUs: number): void {
    if (turn < this.#turn || durationUs <= 0) return;
    if (turn > this.#turn) this.#begin(turn);
    if (this.#playedUs === 0) this.#tell("playback-started", { turn });
    this.#playedUs += durationUs;
    this.#endIfPlayed();
  }

  /** What was being played is stale. */
  interrupt(): void {
    this.#begin(this.#turn + 1);
  }

  #begin(turn: number): void {
    this.#turn = turn;
    this.#givenUs = this.#playedUs = 0;
    this.#hasEnd = false;
  }

  #endIfPlayed(): void {
    if (!this.#hasEnd || this.#playedUs < this.#givenUs - toleranceUs) return;
    const [turn, duration_us] = [this.#turn, this.#playedUs];
    this.#begin(turn + 1);
    this.#tell("playback-ended", { turn, duration_us });
  }
}
