/** The records of `Message` in `remotemedia.proto`; a message has exactly one of them. */
import { type FrameRecord, frameSchema } from "./frame-record.ts";
import { type Schema, schema } from "./schema.ts";

/** A position of a track, an entry of a map. */
export interface CutRecord {
  readonly key: string;
  readonly value: number;
}

/** Control messages and frames, by the names of `LinkMessage["type"]`. */
export interface MessageRecord {
  readonly hello?: {
    readonly protocol: string;
    readonly session: string;
    readonly resumeToken: string;
    readonly turn: number;
    readonly received: number;
  };
  readonly frame?: { readonly sequence: number; readonly frame: FrameRecord | undefined };
  readonly media?: { readonly track: string; readonly frame: FrameRecord | undefined };
  readonly ack?: { readonly received: number };
  readonly turn?: { readonly turn: number; readonly cuts: readonly CutRecord[] };
  readonly interrupt?: { readonly turn: number; readonly reason: string };
  readonly request?: { readonly name: string; readonly value: string; readonly track: string };
  readonly played?: { readonly turn: number; readonly durationUs: number; readonly text?: string };
  readonly pause?: object;
  readonly resume?: object;
  readonly bye?: { readonly code: string; readonly message: string };
}

type Part<K extends keyof MessageRecord> = NonNullable<MessageRecord[K]>;

// Both fields of a map's entry are always written.
const cut = schema<CutRecord>("key string?, value sint64?");

/** @internal The records by the names that they have in the published file. */
export const messageParts = {
  Hello: schema<Part<"hello">>("protocol string, session string, resumeToken string, turn uint32, received uint64"),
  FrameMessage: schema<Part<"frame">>("sequence uint64, frame Frame", { Frame: frameSchema }),
  Media: schema<Part<"media">>("track string, frame Frame", { Frame: frameSchema }),
  Ack: schema<Part<"ack">>("received uint64"),
  Turn: schema<Part<"turn">>("turn uint32, cuts Cut*", { Cut: cut }),
  Interrupt: schema<Part<"interrupt">>("turn uint32, reason string"),
  Request: schema<Part<"request">>("name string, value string, track string"),
  Played: schema<Part<"played">>("turn uint32, durationUs sint64, text string?"),
  Pause: schema<object>(""),
  Resume: schema<object>(""),
  Bye: schema<Part<"bye">>("code string, message string"),
};

/** `Message` of `remotemedia.proto`. */
export const messageSchema: Schema<MessageRecord> = schema(
  "hello Hello, frame FrameMessage, media Media, ack Ack, turn Turn, interrupt Interrupt, request Request, played Played, pause Pause, " +
    "resume Resume, bye Bye",
  messageParts,
);
