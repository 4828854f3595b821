import { randomUUID } from "node:crypto";
import type { JsonValue } from "@remotemedia/core";

/** An id in the form of the Realtime API. */
export const realtimeId = (kind: "event" | "sess" | "item" | "resp" | "conv"): string => `${kind}_${randomUUID().replaceAll("-", "")}`;

/** An error event; `event_id` and `param` say what of the client's it is about. */
export const realtimeError = (error: {
  readonly message: string;
  readonly code: string;
  readonly type?: "invalid_request_error" | "server_error";
  readonly param?: string | null;
  readonly event_id?: string | null;
}): JsonValue => ({
  type: "error",
  event_id: realtimeId("event"),
  error: { type: "invalid_request_error", param: null, event_id: null, ...error },
});
