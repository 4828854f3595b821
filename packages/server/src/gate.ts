/** Decides about a request before anything is done for it. */
import type { IncomingMessage } from "node:http";
import { type ErrorCode, errors } from "@remotemedia/core";
import type { ServerOptions } from "./options.ts";
import { isLocalName, OriginPolicy } from "./origin-policy.ts";
import { tokenCheck } from "./tokens.ts";

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
  readonly #verdictOf: ReturnType<typeof tokenCheck> | undefined;

  /** @throws `usage` for origins and tokens that cannot be meant, and when others could reach the server and there is no token. */
  constructor({ hostname = "127.0.0.1", allowOrigins, tokens = [], allowAnonymous = false }: ServerOptions) {
    this.#origins = new OriginPolicy(hostname, allowOrigins);
    if (tokens.length > 0) this.#verdictOf = tokenCheck(tokens);
    else if (!isLocalName(hostname) && !allowAnonymous) throw reachableByAll(hostname);
  }

  /** For every request: the name by which the server was called, and the page that calls. */
  refuse({ headers: { host, origin } }: IncomingMessage): Refusal | undefined {
    if (!this.#origins.allowsHost(host)) return forbidden("this server does not go by that name: --allow-origin https://NAME lets it");
    if (!this.#origins.allowsOrigin(origin, host))
      return forbidden("pages of this origin may not talk to the server: --allow-origin lets them");
    return undefined;
  }

  /**
   * For what not everybody may see or do.
   *
   * @param fromQuery a token that came as `?token=`: a page cannot give a header to a WebSocket
   */
  refuseStranger({ headers: { authorization } }: IncomingMessage, fromQuery = ""): Refusal | undefined {
    const verdict = this.#verdictOf?.(/^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? fromQuery) ?? "valid";
    if (verdict === "valid") return undefined;
    const message = verdict === "expired" ? "the token has expired" : "a valid token is needed";
    return { status: 401, code: "auth-failed", message, headers: { "WWW-Authenticate": 'Bearer realm="remotemedia"' } };
  }
}

const forbidden = (message: string): Refusal => ({ status: 403, code: "auth-failed", message });

const reachableByAll = (hostname: string) =>
  errors.usage({
    message: `others can reach ${hostname}, and there is no token`,
    fix: "Give a token (--token, REMOTEMEDIA_TOKENS), or let everybody in with --allow-anonymous.",
  });
