/** A session description as text in parts. Nothing is understood here; `sdp-policy` does that. */
import { errors, type RemoteMediaError } from "@remotemedia/core";

/** One m-line with its attributes. */
export interface Section {
  /** `audio`, `video`, `application` … */
  readonly kind: string;
  readonly port: number;
  /** `UDP/TLS/RTP/SAVPF` … */
  readonly profile: string;
  /** Payload types, or `webrtc-datachannel`. */
  readonly formats: readonly string[];
  /** The lines after the m-line. */
  readonly lines: readonly string[];
}

/** A description in parts. */
export interface SessionText {
  /** The lines before the first m-line. */
  readonly head: readonly string[];
  readonly sections: readonly Section[];
}

const maxBytes = 64 * 1024;
const maxSections = 32;

const invalid = (message: string): RemoteMediaError =>
  errors.mediaIncompatible({ message: `the session description cannot be used: ${message}`, fix: "Send the SDP as the browser made it." });

/**
 * Takes a description apart.
 *
 * @throws `limit-exceeded` beyond 64 KiB, `media-incompatible` for what is no SDP or has more than 32 m-lines.
 */
export function parseSdp(sdp: unknown): SessionText {
  if (typeof sdp !== "string") throw invalid("it is no text");
  if (sdp.length > maxBytes) throw errors.limitExceeded({ message: `the session description is longer than ${maxBytes} bytes` });
  const lines = sdp.split(/\r?\n/).filter((line) => line !== "");
  if (lines[0] !== "v=0") throw invalid("it does not begin with v=0");
  const starts = lines.flatMap((line, index) => (line.startsWith("m=") ? [index] : []));
  if (starts.length === 0) throw invalid("it has no m-line");
  if (starts.length > maxSections) throw invalid(`it has more than ${maxSections} m-lines`);
  const sections = starts.map((start, index) => parseSection(lines[start]!, lines.slice(start + 1, starts[index + 1])));
  return { head: lines.slice(0, starts[0]), sections };
}

function parseSection(line: string, lines: readonly string[]): Section {
  const [, kind, port, profile, formats] = /^m=([a-z]{1,32}) (\d{1,5})(?:\/\d+)? ([A-Z/]{1,64}) (\S+(?: \S+)*) *$/.exec(line) ?? [];
  if (kind === undefined || profile === undefined || formats === undefined) throw invalid("an m-line is malformed");
  return { kind, port: Number(port), profile, formats: formats.split(" "), lines };
}

/** Values of an attribute, in order; of a flag the empty string. */
export const attributes = (lines: readonly string[], name: string): readonly string[] =>
  lines.flatMap((line) => (line === `a=${name}` ? [""] : line.startsWith(`a=${name}:`) ? [line.slice(name.length + 3)] : []));

/** The session id of the `o=` line: the same in every description of one connection. Undefined if there is none. */
export const originId = (sdp: string): string | undefined => /^o=\S+ (\d{1,20}) /m.exec(sdp)?.[1];

/** The next description of a connection: with the session id of the one before, and a higher version (RFC 3264, section 8). */
export function continued(before: string, next: string): string {
  const [, id, version] = /^o=\S+ (\d+) (\d+) /m.exec(before) ?? [];
  return id === undefined ? next : next.replace(/^(o=\S+) \d+ \d+ /m, `$1 ${id} ${Number(version) + 1} `);
}

/** Lines as text, with a line break after each. */
export const joinLines = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join("");
