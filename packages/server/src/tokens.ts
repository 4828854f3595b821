/** Bearer tokens with an optional end. */
import { createHash, timingSafeEqual } from "node:crypto";
import { errors } from "@remotemedia/core";

const isoEnd = /@(\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)$/;

interface Token {
  readonly digest: Buffer;
  readonly endMs: number;
}

/** The tokens of a server. Only their digests are kept, so that no log and no dump shows one. */
export class Tokens {
  readonly #tokens: readonly Token[];

  /**
   * @param texts `TOKEN` or `TOKEN@END` with an ISO date or time
   * @throws `usage` for an empty token, or an end that is no time.
   */
  constructor(texts: readonly string[]) {
    this.#tokens = texts.map(parse);
  }

  /** Whether a token is needed at all. */
  get areNeeded(): boolean {
    return this.#tokens.length > 0;
  }

  /** Compares with every token, so that the time it takes tells nothing about any. */
  check(text: string, nowMs = Date.now()): "valid" | "expired" | "wrong" {
    const digest = digestOf(text);
    let found: Token | undefined;
    for (const token of this.#tokens) if (timingSafeEqual(token.digest, digest)) found = token;
    if (found === undefined) return "wrong";
    return nowMs < found.endMs ? "valid" : "expired";
  }
}

function parse(text: string): Token {
  const end = isoEnd.exec(text)?.[1];
  const token = end === undefined ? text : text.slice(0, -end.length - 1);
  const endMs = end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end);
  if (token === "" || Number.isNaN(endMs))
    throw errors.usage({ message: "a token is empty, or its end is no time", expected: "TOKEN or TOKEN@2027-01-31T12:00:00Z" });
  return { digest: digestOf(token), endMs };
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();
