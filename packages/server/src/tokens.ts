/** Bearer tokens with an optional end. */
import { createHash, timingSafeEqual } from "node:crypto";
import { errors } from "@remotemedia/core";

const isoEnd = /@(\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)$/;

/**
 * A check of tokens against those that are good. Only digests are kept, so that no log and no dump shows a token, and every one is compared,
 * so that the time it takes tells nothing about any.
 *
 * @param texts `TOKEN` or `TOKEN@END` with an ISO date or time
 * @throws `usage` for an empty token, or an end that is no time.
 */
export function tokenCheck(texts: readonly string[]): (token: string) => "valid" | "expired" | "wrong" {
  const tokens = texts.map(parse);
  return (token) => {
    const digest = digestOf(token);
    const found = tokens.filter((known) => timingSafeEqual(known.digest, digest)).at(-1);
    if (found === undefined) return "wrong";
    return Date.now() < found.endMs ? "valid" : "expired";
  };
}

function parse(text: string): { readonly digest: Buffer; readonly endMs: number } {
  const end = isoEnd.exec(text)?.[1];
  const token = end === undefined ? text : text.slice(0, -end.length - 1);
  const endMs = end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end);
  if (token === "" || Number.isNaN(endMs))
    throw errors.usage({ message: "a token is empty, or its end is no time", expected: "TOKEN or TOKEN@2027-01-31T12:00:00Z" });
  return { digest: digestOf(token), endMs };
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();
