/** What another protocol's messages mean. */
import type { AudioFrame, EventFrame, Frame, JsonFrame, JsonValue, RemoteMediaError, TextFrame } from "@remotemedia/core";

/** What a dialect does to its surroundings. */
export interface Mouth {
  /** Tells the client. */
  say(value: JsonValue): void;
  /** Gives the pipeline a frame, with its reference; a promise holds the client back. */
  give(frame: Frame): void | Promise<void>;
  /** The client wants the answer to stop. */
  interrupt(reason: string): void;
  /** The client takes its leave. */
  leave(): void;
}

/** Translates for one client. It is told everything in order and never throws for what a client says. */
export interface Dialect {
  /** Resolves when the client may have its session. */
  readonly ready: Promise<void>;
  /** The session runs. */
  opened(session: string): void;
  /** The client has said this. */
  read(value: JsonValue): void | Promise<void>;
  /** The pipeline has; borrowed. */
  told(frame: TextFrame | EventFrame | JsonFrame): void;
  /** Audio of an answer is about to leave; borrowed. */
  sounds(frame: AudioFrame): void;
  /** An answer begins to be heard, or was heard to its end. */
  playback(name: "playback-started" | "playback-ended"): void;
  /** The answer has become stale. */
  interrupted(): void;
  /** The session is over, or there will be none. */
  ended(error?: Pick<RemoteMediaError, "code" | "message">): void;
}
