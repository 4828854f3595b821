/** Who may ask: names of this server, and pages that may talk to it. */
import { isIP } from "node:net";
import { errors } from "@remotemedia/core";
import { isLoopback } from "./address-policy.ts";

/** Whether a name or address means this machine. `localhost` and what is below it never leave it (RFC 6761). */
export const isLocalName = (hostname: string): boolean => /(^|\.)localhost$/i.test(hostname) || isLoopback(bare(hostname));

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** The name in a `Host` header or origin, without port. */
const nameOf = (host: string): string | undefined => /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();

/**
 * Keeps two attacks of web pages off: a page of another origin that talks to a server on the visitor's machine, and one that makes its own
 * name resolve to it (DNS rebinding), for which the name in `Host` is looked at.
 */
export class OriginPolicy {
  readonly #hostname: string;
  readonly #origins = new Set<string>();
  readonly #names = new Set<string>();
  readonly #allowsAll: boolean;

  /**
   * @param hostname what the server listens on
   * @param allowed more origins, or `*`
   * @throws `usage` for what is no origin.
   */
  constructor(hostname: string, allowed: readonly string[] = []) {
    this.#hostname = hostname.toLowerCase();
    this.#allowsAll = allowed.includes("*");
    for (const text of allowed) if (text !== "*") this.#add(text);
  }

  #add(text: string): void {
    if (text === "null") return void this.#origins.add(text);
    const url = parseUrl(text);
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "")
      throw errors.usage({ message: `"${text}" is no origin`, expected: "scheme and name, such as https://example.com" });
    this.#origins.add(url.origin);
    this.#names.add(url.hostname);
  }

  /** Whether the server goes by this name. An address needs no check where others may reach it: it cannot be made to point elsewhere. */
  allowsHost(host: string | undefined): boolean {
    const name = host === undefined ? undefined : nameOf(host);
    if (name === undefined) return false;
    if (isLocalName(name) || name === this.#hostname || this.#names.has(name)) return true;
    return isIP(bare(name)) !== 0 && !isLocalName(this.#hostname);
  }

  /** Whether a page of this origin may talk to the server; who sends none is no page. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#allowsAll || this.#origins.has(origin)) return true;
    const url = parseUrl(origin);
    if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
    // A proxy may have ended TLS, so the scheme may differ.
    return url.host === host?.toLowerCase().replace(url.protocol === "https:" ? /:443$/ : /:80$/, "") || isLocalName(url.hostname);
  }
}

const parseUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
