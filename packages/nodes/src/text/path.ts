import type { Frame, JsonValue } from "@remotemedia/core";

/** What paths look into: the value of a JSON frame, `{text, final}` of text, `{name, value}` of an event; undefined for other kinds. */
export function contentOf(frame: Frame): JsonValue | undefined {
  if (frame.kind === "json") return frame.value;
  if (frame.kind === "text") return { text: frame.text, final: frame.final };
  return frame.kind === "event" ? { name: frame.name, value: frame.value } : undefined;
}

/** The value at a path such as `items.0.name`; `.` is the whole. Undefined where there is none. */
export function valueAt(value: JsonValue | undefined, path: string): JsonValue | undefined {
  if (path === ".") return value;
  let at = value;
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as { readonly [key: string]: JsonValue })[key];
  }
  return at;
}
