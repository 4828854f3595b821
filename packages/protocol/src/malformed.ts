/** The errors of bytes that are no message, and of messages that have no bytes. */
import { errors, type RemoteMediaError } from "@remotemedia/core";

/** The most bytes that one message may have. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** Bytes that came from elsewhere and mean nothing. */
export const malformed = (what: string, received?: string): RemoteMediaError =>
  errors.mediaInvalid({
    message: `not a message of remotemedia.v1: ${what}`,
    received,
    fix: "Check that both ends speak remotemedia.v1 and that nothing between them changes bytes.",
  });

/** @throws `limit-exceeded` */
export function checkSize(bytes: number): void {
  if (bytes <= maxMessageBytes) return;
  throw errors.limitExceeded({
    message: `a message of ${bytes} bytes is larger than ${maxMessageBytes}`,
    fix: "Send it as several messages.",
  });
}
