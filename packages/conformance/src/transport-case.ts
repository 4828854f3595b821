import type { Carrier, Frame } from "@remotemedia/core";

/** Two joined ends of a transport under test. */
export interface JoinedCarriers {
  readonly a: Carrier;
  readonly b: Carrier;
  /** Breaks the connection as a network does: nobody says goodbye. */
  cut(): void;
  /** Lets time pass. */
  advance(ms: number): Promise<void>;
  /** Gives back what the case took. */
  close?(): Promise<void>;
}

/** One rule of the transport contract. */
export type TransportRule =
  | "messages"
  | "early"
  | "large"
  | "too-large"
  | "back-pressure"
  | "media"
  | "pacing"
  | "interruptions"
  | "played"
  | "statistics"
  | "closing"
  | "cut"
  | "resume";

/** A transport to be proved. */
export interface TransportCase {
  join(): Promise<JoinedCarriers>;
  /** 20 ms of audible media for the track `audio`; the `index`th. */
  media(index: number, init: { readonly turn: number; readonly flags: number }): Frame;
  /** How long media may be under way, ms. Default 0. */
  readonly delayMs?: number;
  /** Rules that this transport breaks, with the reason. */
  readonly deviations?: Partial<Record<TransportRule, string>>;
}
