/** The records of `Message` in `remotemedia.proto`; a message has exactly one of them. */
import { type FrameRecord, frameSchema } from "./frame-record.ts";
import { schema } from "./schema.ts";

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

const hello = schema<Part<"hello">>(
  [
    [1, "protocol", "string"],
    [2, "session", "string"],
    [3, "resumeToken", "string"],
    [4, "turn", "uint32"],
    [5, "received", "uint64"],
  ],
  () => ({ protocol: "", session: "", resumeToken: "", turn: 0, received: 0 }),
);
const frame = schema<Part<"frame">>(
  [
    [1, "sequence", "uint64"],
    [2, "frame", frameSchema],
  ],
  () => ({ sequence: 0, frame: undefined }),
);
const media = schema<Part<"media">>(
  [
    [1, "track", "string"],
    [2, "frame", frameSchema],
  ],
  () => ({ track: "", frame: undefined }),
);
const ack = schema<Part<"ack">>([[1, "received", "uint64"]], () => ({ received: 0 }));
// Both fields of a map's entry are always written.
const cut = schema<CutRecord>(
  [
    [1, "key", "string", "optional"],
    [2, "value", "sint64", "optional"],
  ],
  () => ({ key: "", value: 0 }),
);
const turn = schema<Part<"turn">>(
  [
    [1, "turn", "uint32"],
    [2, "cuts", cut, "repeated"],
  ],
  () => ({ turn: 0, cuts: [] }),
);
const interrupt = schema<Part<"interrupt">>(
  [
    [1, "turn", "uint32"],
    [2, "reason", "string"],
  ],
  () => ({ turn: 0, reason: "" }),
);
const request = schema<Part<"request">>(
  [
    [1, "name", "string"],
    [2, "value", "string"],
    [3, "track", "string"],
  ],
  () => ({ name: "", value: "", track: "" }),
);
const played = schema<Part<"played">>(
  [
    [1, "turn", "uint32"],
    [2, "durationUs", "sint64"],
    [3, "text", "string", "optional"],
  ],
  () => ({ turn: 0, durationUs: 0 }),
);
const nothing = schema<object>([], () => ({}));
const bye = schema<Part<"bye">>(
  [
    [1, "code", "string"],
    [2, "message", "string"],
  ],
  () => ({ code: "", message: "" }),
);

/** `Message` of `remotemedia.proto`. */
export const messageSchema = schema<MessageRecord>(
  [
    [1, "hello", hello],
    [2, "frame", frame],
    [3, "media", media],
    [4, "ack", ack],
    [5, "turn", turn],
    [6, "interrupt", interrupt],
    [7, "request", request],
    [8, "played", played],
    [9, "pause", nothing],
    [10, "resume", nothing],
    [11, "bye", bye],
  ],
  () => ({}),
);

/** @internal by the names of the published file, for the test that compares the two */
export const publishedSchemas = {
  Frame: frameSchema,
  Message: messageSchema,
  Hello: hello,
  FrameMessage: frame,
  Media: media,
  Ack: ack,
  Turn: turn,
  Interrupt: interrupt,
  Request: request,
  Played: played,
  Bye: bye,
};
