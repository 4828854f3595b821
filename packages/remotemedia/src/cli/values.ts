import type { Frame, JsonValue } from "@remotemedia/core";

/** What a frame says, as plain JSON; undefined for media and for partial text that a later frame replaces. */
export function plainValueOf(frame: Frame): JsonValue | undefined {
  switch (frame.kind) {
    case "text":
      return frame.final ? frame.text : undefined;
    case "json":
      return frame.value;
    case "event":
      return { event: frame.name, value: frame.value, timestamp_us: frame.timestamp };
    case "tensor":
      return { dtype: frame.dtype, shape: [...frame.shape], data: Array.from(frame.data) };
    case "binary":
      return { mime_type: frame.mimeType, base64: Buffer.from(frame.data).toString("base64") };
    default:
      return undefined;
  }
}

/** A value for people: text bare, everything else as JSON. */
export const lineOf = (value: JsonValue): string => (typeof value === "string" ? value : JSON.stringify(value));

/** One result bare, none or several as a list: as the earlier SDK's command line gave them. */
export const unwrapped = (values: readonly JsonValue[]): JsonValue => (values.length === 1 ? (values[0] as JsonValue) : [...values]);
