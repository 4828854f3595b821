/** SCTP from a peer that means no good. */
import { errors, type Log, type RemoteMediaError } from "@remotemedia/core";
import type { RTCPeerConnection, RTCSctpTransport } from "werift";

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
