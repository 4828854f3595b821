/**
 * Who has the floor, as a table: what a turn policy does when something happens, and what it is in afterwards. It has no clock and
 * touches nothing; `docs/turns.md` shows it.
 */

/** Where a conversation is, as seen from the user. */
export type TurnState =
  /** The user is silent and nothing of theirs waits. The agent may be thinking or speaking. */
  | "idle"
  /** The user speaks and has the floor. */
  | "listening"
  /** The user is silent; it is not decided yet whether they have finished. */
  | "waiting"
  /** The user makes sounds while an answer is played; the answer is paused. */
  | "held"
  /** They are silent again, the answer is still paused: what was it that they said? */
  | "judging"
  /** The user speaks while an answer is played, and nobody listens. */
  | "ignoring";

/** What happens. Which one it is, the node decides by what the session says of the answer and by what was recognized. */
export type TurnEvent =
  /** Speech has started, and no answer is under way. */
  | "speech"
  /** Speech has started, and nothing was heard yet of the answer to the turn before. */
  | "speech-before-answer"
  /** Speech has started while an answer is played: with `barge_in: "hold"`, `"immediate"`, `"off"`. */
  | "speech-to-hold"
  | "speech-to-interrupt"
  | "speech-to-ignore"
  /** Speech has stopped. */
  | "silence"
  /** Real words were recognized. */
  | "words"
  /** Only words like "mm-hm" were said. */
  | "backchannel"
  /** No words were said, or it was too short for any. */
  | "nothing"
  /** The sounds last longer than `interrupt_after_ms`. */
  | "long"
  /** The answer was paused for `max_hold_ms`. */
  | "held-too-long"
  /** It has been silent for long enough, and the text is there. */
  | "turn-over"
  /** The turn was raised by somebody else. */
  | "raised";

/** What is done. */
export type TurnAction =
  /** A turn of the user's begins, unless it has: `turn-started`. */
  | "begin"
  /** The answer is given up: `interrupted`. */
  | "interrupt"
  /** The text of the turn before is taken back: it and what comes are one turn. */
  | "join"
  /** The answer is paused. */
  | "hold"
  /** The answer goes on. */
  | "release"
  /** The text leaves: `turn-ended`. */
  | "give"
  /** What was said leaves nothing behind. */
  | "forget"
  /** What is being said will leave nothing behind. */
  | "ignore"
  /** `backchannel` is told. */
  | "tell-backchannel"
  /** `false-interruption` is told. */
  | "tell-false-interruption";

/** One cell of the table. */
export interface TurnStep {
  readonly actions: readonly TurnAction[];
  readonly next: TurnState;
}

const step = (next: TurnState, ...actions: TurnAction[]): TurnStep => ({ actions, next });

const goOn = step("listening");

/** Where there is no cell nothing is done and the state stays. */
export const turnTable: Readonly<Record<TurnState, Readonly<Partial<Record<TurnEvent, TurnStep>>>>> = {
  idle: {
    speech: step("listening", "begin"),
    "speech-before-answer": step("listening", "interrupt", "join", "begin"),
    "speech-to-hold": step("held", "hold"),
    "speech-to-interrupt": step("listening", "interrupt", "begin"),
    "speech-to-ignore": step("ignoring", "ignore"),
    words: step("waiting", "begin"),
    nothing: step("idle", "forget"),
  },
  listening: {
    silence: step("waiting"),
    words: step("listening", "interrupt"),
  },
  waiting: {
    speech: goOn,
    "speech-before-answer": goOn,
    "speech-to-hold": goOn,
    "speech-to-interrupt": goOn,
    "speech-to-ignore": goOn,
    "turn-over": step("idle", "give"),
    nothing: step("idle", "give"),
  },
  held: {
    silence: step("judging"),
    words: step("listening", "interrupt", "begin"),
    long: step("listening", "interrupt", "begin"),
    "held-too-long": step("listening", "interrupt", "begin"),
    raised: step("listening", "begin"),
  },
  judging: {
    speech: step("held"),
    "speech-before-answer": step("held"),
    "speech-to-hold": step("held"),
    "speech-to-interrupt": step("held"),
    "speech-to-ignore": step("held"),
    words: step("waiting", "interrupt", "begin"),
    backchannel: step("idle", "release", "tell-backchannel", "forget"),
    nothing: step("idle", "release", "tell-false-interruption", "forget"),
    "held-too-long": step("idle", "release", "tell-false-interruption", "forget"),
    raised: step("waiting", "begin"),
  },
  ignoring: {
    silence: step("idle"),
  },
};
