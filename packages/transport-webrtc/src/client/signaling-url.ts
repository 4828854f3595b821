import { errors } from "@remotemedia/core";

const schemes: Readonly<Record<string, string>> = { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" };

/**
 * Where a server takes signaling: `http://host:8080`, `ws://host:8080/ws` and `host:8080` all mean the last but one.
 *
 * @throws `usage` for what is no such address.
 */
export function signalingUrl(address: string, token?: string): URL {
  const isBare = !/^[a-z]+:\/\//i.test(address);
  const url = URL.canParse(isBare ? `ws://${address}` : address) ? new URL(isBare ? `ws://${address}` : address) : undefined;
  const scheme = url && schemes[url.protocol];
  if (url === undefined || scheme === undefined)
    throw errors.usage({ message: `"${address}" is not the address of a server`, expected: "an address such as http://localhost:8080" });
  // A URL does not let its scheme be changed from http to ws.
  const signaling = new URL(url.href.replace(url.protocol, scheme));
  if (signaling.pathname === "/") signaling.pathname = "/ws";
  signaling.hash = "";
  if (token !== undefined) signaling.searchParams.set("token", token);
  return signaling;
}
