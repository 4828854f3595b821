/** STUN and TURN servers from where operators write them. */
import { errors } from "@remotemedia/core";

/** A STUN or TURN server, as in `RTCConfiguration`. The first STUN and the first TURN server of a list are used. */
export interface IceServer {
  /** `stun:host:port`, `turn:host:port`, `turns:host:port`, each with `?transport=udp` or `tcp` if wanted. */
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

/**
 * The servers named by `REMOTEMEDIA_TURN_URL`: URLs separated by commas or spaces. A TURN server's user and password stand before the
 * host, percent-encoded where they hold `:`, `@`, `/` or `,`. Nothing is used when the variable is unset.
 *
 * @throws `usage` when a URL cannot be read, or a TURN server has no user and password.
 * @example iceServersFrom({ REMOTEMEDIA_TURN_URL: "turn:user:secret@turn.example.org:3478?transport=tcp" })
 */
export function iceServersFrom(environment: Readonly<Record<string, string | undefined>>): readonly IceServer[] {
  const urls = (environment["REMOTEMEDIA_TURN_URL"] ?? "").split(/[\s,]+/).filter((url) => url !== "");
  return urls.map(iceServer);
}

function iceServer(url: string): IceServer {
  const [, scheme, user, password, host] = /^(stuns?|turns?):(?:([^:@/]+):([^@/]+)@)?([^@]+)$/i.exec(url) ?? [];
  const isTurn = scheme?.toLowerCase().startsWith("turn") === true;
  if (scheme === undefined || host === undefined || (isTurn && (user === undefined || password === undefined))) {
    throw errors.usage({
      // The URL holds a password: it is not repeated.
      message: "REMOTEMEDIA_TURN_URL holds a URL that cannot be read",
      expected: "stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT[?transport=tcp]",
    });
  }
  const urls = `${scheme.toLowerCase()}:${host}`;
  return isTurn ? { urls, username: decodeURIComponent(user!), credential: decodeURIComponent(password!) } : { urls };
}
