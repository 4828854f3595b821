/** The messages of RTVI, Pipecat's protocol between clients and agents: https://docs.pipecat.ai/client/rtvi-standard */
import { randomUUID } from "node:crypto";
import type { JsonValue } from "@remotemedia/core";
import { type Fields, fieldsOf } from "../foreign/json.ts";

const label = "rtvi-ai";

/** What a client says. */
export interface RtviMessage {
  readonly id: string;
  readonly type: string;
  readonly data: Fields;
}

/** A message; an answer has the id of what it answers. */
export const rtviMessage = (type: string, data: JsonValue = {}, id: string = randomUUID().slice(0, 8)): JsonValue => ({
  label,
  type,
  id,
  data,
});

/** Reads a message; undefined if it is none: on a data channel other things are said as well. */
export function parseRtvi(value: JsonValue): RtviMessage | undefined {
  const { label: labeled, id, type, data } = fieldsOf(value);
  if (labeled !== label || typeof type !== "string") return undefined;
  return { id: typeof id === "string" ? id : "", type, data: fieldsOf(data) };
}
