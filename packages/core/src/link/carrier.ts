/**
 * The transport interface. A transport makes carriers: one connection between two hosts each, with media tracks and a reliable, ordered
 * flow of messages. A `Link` lives on one carrier after another, so that a session outlives a lost connection.
 */
import type { RemoteMediaError } from "../errors.ts";
import type { Frame, JsonValue } from "../frame/frame.ts";
import type { Heard, UpstreamRequest } from "../node/node.ts";
import type { LinkStats } from "./link-stats.ts";
import type { Cuts, LinkMessage } from "./message.ts";

/** What a carrier tells of its connection. Frames are given away with a reference. */
export interface CarrierEvents {
  /** A promise holds the flow of messages back: the carrier keeps what comes meanwhile, within its bound, and pauses the sender. */
  message(message: LinkMessage): void | Promise<void>;
  /** A media frame of a track; must not wait. */
  media(frame: Frame, track: string): void;
  /** The other end asks by the carrier's own means (RTCP). True if granted. */
  request(name: UpstreamRequest, value: JsonValue, track: string): boolean;
  /** So much more of a turn's answer has left for the listener. */
  played(turn: number, heard: Heard): void;
  /** Nothing can be sent or received any more; told once. With an error if `close` was not the cause, here or there. */
  closed(error?: RemoteMediaError): void;
}

/**
 * One connection. What every carrier promises is written in `transportSuite` of `@remotemedia/conformance`.
 *
 * It is made connected. Whoever made it closes it.
 */
export interface Carrier {
  /** The transport: `memory`, `webrtc` … */
  readonly transport: string;
  /** Whether the other end does not speak `remotemedia.v1` (a page without our code): it gets message frames and the goodbye, and nothing about turns. */
  readonly isForeign: boolean;
  /** Who is told; a second one replaces the first. What arrived before waits for the first, within the carrier's bound. */
  receive(events: CarrierEvents): void;
  /**
   * Sends a message. Nothing comes back while there is room, or a promise to await. Does not take over the frame's reference.
   *
   * @throws `limit-exceeded` for a message that is too large, `overflow` when promises were not awaited, `transport-failed` when closed.
   */
  send(message: LinkMessage): void | Promise<void>;
  /**
   * Sends a media frame; takes over the reference. A live track paces: frames ahead of real time wait, and the promise is pending while more
   * waits than the carrier's bound. What is stale is let go and its promise resolved.
   *
   * @throws `media-incompatible` when the track cannot carry such a frame, `port-unknown` when there is no such track.
   */
  sendMedia(frame: Frame, track: string): void | Promise<void>;
  /** The turn has risen: lets go what waits of older answers. Gives where each outgoing track was cut. */
  interrupt(turn: number): Cuts;
  /** The receiving side of {@link interrupt}: lets go what came before the cuts and was not yet given. */
  drop(cuts: Cuts): void;
  /** Asks the sender of a track by the carrier's own means (RTCP); false if it has none for this, and a message must do. */
  request(name: UpstreamRequest, value: JsonValue, track: string): boolean;
  stats(): LinkStats;
  /** Sends what waits, then closes; at the deadline it closes anyway. Twice is once. */
  close(deadlineMs?: number): Promise<void>;
}
