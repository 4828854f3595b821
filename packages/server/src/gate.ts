/** Decides about a request before anything is done for it. */
import type { IncomingMessage } from "node:http";
import type { ErrorCode } from "@remotemedia/core";
import type { OriginPolicy } from "./origin-policy.ts";
import type { Tokens } from "./tokens.ts";

/** Why a request is refused. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  /** For whoever runs the client; says what to do. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Looks at names, origins and tokens. */
export class Gate {
  readonly #origins: OriginPolicy;
  readonly #tokens: Tokens;

  constructor(origins: OriginPolicy, tokens: Tokens) {
    this.#origins = origins;
    this.#tokens = tokens;
  }

  /** For every request: the name by which the server was called, and the page that calls. */
  refuse({ headers: { host, origin } }: IncomingMessage): Refusal | undefined {
    if (!this.#origins.allowsHost(host)) return forbidden("this server does not go by that name: --allow-origin https://NAME lets it");
    if (!this.#origins.allowsOrigin(origin, host))
      return forbidden("pages of this origin may not talk to the server: --allow-origin lets them");
    return undefined;
  }

  /** For what not everybody may see or do. A page cannot give a header to a WebSocket, so a token may also come as `?token=`. */
  refuseStranger({ headers: { authorization } }: IncomingMessage, fromQuery?: string | null): Refusal | undefined {
    if (!this.#tokens.areNeeded) return undefined;
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? fromQuery ?? "";
    const verdict = this.#tokens.check(token);
    if (verdict === "valid") return undefined;
    const message = verdict === "expired" ? "the token has expired" : "a valid token is needed";
    return { status: 401, code: "auth-failed", message, headers: { "WWW-Authenticate": 'Bearer realm="remotemedia"' } };
  }
}

const forbidden = (message: string): Refusal => ({ status: 403, code: "auth-failed", message });
