/** JSON as strangers write it. */
import { errors, type JsonValue } from "@remotemedia/core";

/** A record of JSON. */
export type Fields = Readonly<Record<string, JsonValue>>;

/** Reads JSON. @throws `media-invalid` for what is none. */
export function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw errors.mediaInvalid({ message: "the message cannot be read", expected: "JSON" });
  }
}

/** A record's fields; of anything else none. */
export const fieldsOf = (value: JsonValue | undefined): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
