/** What goes over the reliable, ordered flow of a carrier. `@remotemedia/protocol` gives it bytes. */
import type { ErrorCode } from "../errors.ts";
import type { Frame, JsonValue } from "../frame/frame.ts";
import type { UpstreamRequest } from "../node/node.ts";

/** The protocol that both ends of a link speak: label of data channels, WebSocket subprotocol. */
export const linkProtocol = "remotemedia.v1";

/** Positions of tracks, as the carrier counts them (RTP: the 32-bit timestamp): what lies before is stale. */
export type Cuts = Readonly<Record<string, number>>;

/** Opens a link or takes it up again. */
export interface HelloMessage {
  readonly type: "hello";
  readonly protocol: typeof linkProtocol;
  /** Empty from a caller who wants a new session. */
  readonly session: string;
  /** Proves that the caller had the session; the host hands it out in its own hello. */
  readonly resumeToken: string;
  readonly turn: number;
  /** Sequence of the last message frame received on this link, 0 if none. */
  readonly received: number;
}

/** One message of a link. */
export type LinkMessage =
  | HelloMessage
  /** A frame that must arrive: text, json, event, tensor, binary. `sequence` counts from 1 on this link. */
  | { readonly type: "frame"; readonly sequence: number; readonly frame: Frame }
  /** A media frame, on carriers without tracks of their own. */
  | { readonly type: "media"; readonly track: string; readonly frame: Frame }
  /** Everything up to `received` has arrived. */
  | { readonly type: "ack"; readonly received: number }
  /** From the owner of the turn: it is `turn` now, and what lies before the cuts is stale. */
  | { readonly type: "turn"; readonly turn: number; readonly cuts: Cuts }
  /** To the owner of the turn: please raise it to `turn`, unless it is there already. */
  | { readonly type: "interrupt"; readonly turn: number; readonly reason: string }
  | { readonly type: "request"; readonly name: UpstreamRequest; readonly value: JsonValue; readonly track: string }
  /** How much of a turn's answer was played. */
  | { readonly type: "played"; readonly turn: number; readonly durationUs: number; readonly text?: string }
  /** Send no more message frames until `resume`: the receiver has no room. */
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  /** The end, and why if it is not a good one. No resuming after it. */
  | { readonly type: "bye"; readonly error?: { readonly code: ErrorCode; readonly message: string } };
