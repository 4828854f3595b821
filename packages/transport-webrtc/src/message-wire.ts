/** How messages look on a data channel. */
import type { LinkMessage } from "@remotemedia/core";

/** Makes messages into what a data channel sends, and back. Belongs to one channel. */
export interface MessageWire {
  /** The label of the data channel. */
  readonly label: string;
  /** What to send; nothing for a message that means nothing to the other end. */
  encode(message: LinkMessage): readonly (Buffer | string)[];
  /**
   * The message that is complete with this, and its size; undefined if more must come, or if it means nothing.
   *
   * @throws when it is none.
   */
  decode(data: Buffer | string): { readonly message: LinkMessage; readonly bytes: number } | undefined;
}
