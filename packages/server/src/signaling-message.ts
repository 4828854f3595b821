/** The messages of `/ws`, as the earlier SDK defined them; `subscribe` and what answers it are ours. */
import type { ErrorCode, JsonValue, LinkStats, Metrics, TurnChange, TurnTrace } from "@remotemedia/core";
import { linkProtocol } from "@remotemedia/core";
import type { CandidateJson } from "@remotemedia/transport-webrtc";
import type { PipelineShape } from "./pipeline-shape.ts";

/** What a client sends. */
export type ClientMessage =
  | { readonly type: "offer"; readonly sdp: string; readonly isForeign: boolean }
  | { readonly type: "answer" }
  | { readonly type: "ice-candidate"; readonly candidate: CandidateJson }
  | { readonly type: "close" }
  | { readonly type: "subscribe"; readonly intervalMs: number };

/** What the server sends. */
export type ServerMessage =
  | { readonly type: "answer"; readonly sdp: string }
  | { readonly type: "ice-candidate"; readonly candidate: CandidateJson }
  | { readonly type: "error"; readonly message: string; readonly code: ErrorCode }
  | { readonly type: "session"; readonly session: string; readonly protocol: string }
  | ({ readonly type: "pipeline" } & PipelineShape)
  /** Something has happened to a turn, and when the stages of its answer came. */
  | { readonly type: "turn"; readonly change: TurnChange; readonly trace: TurnTrace }
  | { readonly type: "metrics"; readonly metrics: Metrics; readonly link: LinkStats };

// RFC 8839: a user name fragment has at most 256 characters; names of m-lines are shorter.
const longest = { candidate: 1_024, name: 256 };
const interval = { leastMs: 100, mostMs: 60_000, defaultMs: 500 };

/** Reads a message; undefined if it is none, which is ignored as the earlier server did. */
export function parseClientMessage(text: string): ClientMessage | undefined {
  const message = parseRecord(text);
  switch (message?.["type"]) {
    case "offer": {
      const { sdp, protocol } = message;
      return typeof sdp === "string" ? { type: "offer", sdp, isForeign: protocol !== linkProtocol } : undefined;
    }
    case "ice-candidate": {
      const candidate = candidateOf(message["candidate"]);
      return candidate && { type: "ice-candidate", candidate };
    }
    case "subscribe":
      return { type: "subscribe", intervalMs: intervalOf(message["interval_ms"]) };
    case "answer":
    case "close":
      return { type: message["type"] };
    default:
      return undefined;
  }
}

function parseRecord(text: string): Readonly<Record<string, JsonValue>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function candidateOf(value: JsonValue | undefined): CandidateJson | undefined {
  if (!isRecord(value)) return undefined;
  const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = value;
  if (typeof candidate !== "string" || candidate.length > longest.candidate) return undefined;
  return {
    candidate,
    ...(isName(sdpMid) && { sdpMid }),
    ...(typeof sdpMLineIndex === "number" && Number.isInteger(sdpMLineIndex) && { sdpMLineIndex }),
    ...(isName(usernameFragment) && { usernameFragment }),
  };
}

const isName = (value: JsonValue | undefined): value is string => typeof value === "string" && value.length <= longest.name;

const intervalOf = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? Math.min(Math.max(value, interval.leastMs), interval.mostMs) : interval.defaultMs;

const isRecord = (value: unknown): value is Readonly<Record<string, JsonValue>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
