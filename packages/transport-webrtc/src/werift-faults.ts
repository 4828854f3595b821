/** What werift 0.24 does wrong or not at all, and what is done about it; 0.25.2 is the same in all of it. */
import { errors, type Log, type RemoteMediaError } from "@remotemedia/core";
import type { RTCDtlsTransport, RTCIceTransport, RTCPeerConnection, RTCSctpTransport } from "werift";

/**
 * @internal Checks connectivity after an ICE restart. werift's own `connect` returns at once when DTLS is up, so that it starts no checks of its
 * own: it answers those that come, and if they come before a candidate does (a page that hides its addresses behind mDNS names sends none
 * that can be used) it drops them, has no pair, and sends nothing more. This is the stall of one restart in three.
 */
export function restartChecks(ice: RTCIceTransport): Promise<void> {
  return ice.state === "connected" ? Promise.resolve() : ice.start();
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

const mostEarly = 8;
const isHandshake = (packet: Buffer): boolean => (packet[0] ?? 0) > 19 && (packet[0] ?? 0) < 64;

/**
 * @internal Keeps what the peer says in DTLS before werift listens, and says it again then. A browser greets as soon as its own checks have
 * succeeded; werift listens when it has noticed that its checks have, up to 20 ms later. The browser's greeting would be lost, and come again
 * after 50 ms at best.
 */
export function keepEarlyHandshake(transport: RTCDtlsTransport): void {
  const { onData } = transport.iceTransport.connection;
  const early: Buffer[] = [];
  const { unSubscribe } = onData.subscribe((packet) => {
    if (isHandshake(packet) && early.length < mostEarly) early.push(packet);
  });
  transport.onStateChange.once(() => {
    unSubscribe();
    // werift makes its DTLS end in the same call, after it has told the state.
    queueMicrotask(() => early.forEach((packet) => void onData.execute(packet)));
  });
}

const mostOverdrawn = 256 * 1024;
const guarded = new WeakSet<RTCSctpTransport>();

/**
 * @internal Catches what werift throws into nowhere: a peer that sends malformed SCTP or data-channel messages would else end the process
 * with an unhandled rejection.
 */
export function guardAssociation(peer: RTCPeerConnection, log: Log, onBroken: (error: RemoteMediaError) => void): void {
  const transport = peer.sctpTransport;
  if (transport === undefined || guarded.has(transport)) return;
  guarded.add(transport);
  const caught = (error: unknown): void => log.debug("malformed SCTP was dropped", { error: String(error) });
  const association = transport.sctp as unknown as { handleData(data: Buffer): Promise<void>; readonly advertisedRwnd: number };
  const handleData = association.handleData.bind(association);
  association.handleData = (data) => {
    // What werift holds of messages that are not whole has no other bound than the peer's good will.
    if (association.advertisedRwnd < -mostOverdrawn)
      onBroken(errors.limitExceeded({ message: "the peer sends more than the window of SCTP allows" }));
    return handleData(data).catch(caught);
  };
  const { datachannelReceive } = transport as unknown as { datachannelReceive(...message: unknown[]): Promise<void> };
  transport.sctp.onReceive.allUnsubscribe();
  transport.sctp.onReceive.subscribe((...message) => void datachannelReceive(...message).catch(caught));
}
