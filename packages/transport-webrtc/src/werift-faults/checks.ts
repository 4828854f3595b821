/** ICE: checks after a restart, and relays that come late. */
import type { RTCDtlsTransport, RTCIceTransport } from "werift";

/**
 * @internal Checks connectivity after an ICE restart. werift's own `connect` returns at once when DTLS is up, so that it starts no checks of its
 * own: it answers those that come, and if they come before a candidate does (a page that hides its addresses behind mDNS names sends none
 * that can be used) it drops them, has no pair, and sends nothing more. This is the stall of one restart in three.
 */
export function restartChecks(ice: RTCIceTransport): Promise<void> {
  pinFragments(ice);
  return ice.state === "connected" ? Promise.resolve() : ice.start();
}

/**
 * Lets our checks name the fragment that holds now. werift remembers, per local candidate, the one that the last check from the peer named; a browser
 * goes on checking its old pairs during a restart, so our checks of the new pair would name the old fragment, and it takes no notice of those.
 */
function pinFragments({ connection }: RTCIceTransport): void {
  const agent = connection as unknown as {
    readonly protocols: readonly { readonly localCandidate?: object }[];
    readonly localUsername: string;
  };
  for (const { localCandidate } of agent.protocols)
    if (localCandidate !== undefined)
      Object.defineProperty(localCandidate, "ufrag", { configurable: true, get: () => agent.localUsername, set: () => undefined });
}

interface Relay {
  readonly localCandidate?: unknown;
}

/** @internal Pairs a relay that is ready when checks have begun; werift pairs only those that are ready before. */
export function pairLateRelays({ iceTransport }: RTCDtlsTransport): void {
  const agent = iceTransport.connection as unknown as { readonly protocols: readonly Relay[]; pairLocalProtocol(relay: Relay): void };
  iceTransport.connection.onIceCandidate.subscribe((candidate) => {
    const relay = candidate.type === "relay" ? agent.protocols.find(({ localCandidate }) => localCandidate === candidate) : undefined;
    if (relay !== undefined) agent.pairLocalProtocol(relay);
  });
}
