/** What werift 0.24 does wrong or not at all, and what is done about it; 0.25.2 is the same in all of it. */
import { errors, type Log, type RemoteMediaError } from "@remotemedia/core";
import { DtlsClient, type RTCDtlsTransport, type RTCIceTransport, type RTCPeerConnection, type RTCSctpTransport } from "werift";
import { checkSignature } from "./dtls-signature.ts";

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
 * @internal Keeps what the peer says in DTLS before werift listens, and says it again then. A peer greets as soon as its own checks have
 * succeeded; werift listens when it has noticed that its checks have, up to 20 ms later. The greeting would be lost, and come again after
 * 50 ms from a browser, after 500 ms from werift.
 */
export function mendHandshake(transport: RTCDtlsTransport): void {
  const { onData } = transport.iceTransport.connection;
  const early: Buffer[] = [];
  const { unSubscribe } = onData.subscribe((packet) => {
    if (isHandshake(packet) && early.length < mostEarly) early.push(packet);
  });
  transport.onStateChange.once(() => {
    unSubscribe();
    // werift makes its DTLS end in the same call, after it has told the state.
    queueMicrotask(() => {
      const { dtls } = transport;
      if (dtls === undefined) return;
      takeInOrder(dtls);
      if (dtls instanceof DtlsClient) greetAtOnce(dtls);
      for (const packet of early) onData.execute(packet);
    });
  });
}

/** werift's end of a DTLS connection. */
type DtlsEnd = NonNullable<RTCDtlsTransport["dtls"]>;

// RFC 5246, section 7.4.
const [clientHello, finished] = [1, 20];

/**
 * Takes the messages of a handshake one after another, each once, as RFC 6347, section 4.2.2, has it. What comes too soon is let go: it comes
 * again. werift takes them as they come, which a loss or a process that stands still for 500 ms turns into an error or keys that do not agree:
 * as a client it fails at a second request to verify its hello, as a server it makes keys anew from each repeated key exchange, and takes an
 * old hello for the beginning of another handshake.
 */
function takeInOrder(end: DtlsEnd): void {
  const handle = end.onHandleHandshakes;
  const types: number[] = [];
  const isWanted = ({ msg_type: type, message_seq: sequence }: { readonly msg_type: number; readonly message_seq: number }): boolean => {
    // Repeated because our answer was lost. All the rest werift repeats by time.
    const isOurTurn = type === finished || (type === clientHello && end.dtls.flight === (sequence === 0 ? 2 : 4));
    if (sequence !== types.length) return sequence < types.length && isOurTurn;
    // A second certificate would take the place of the one whose owner was proved.
    if (type !== clientHello && types.includes(type)) return false;
    return types.push(type) > 0;
  };
  end.onHandleHandshakes = async (messages) => {
    const wanted = messages.filter(isWanted);
    for (const { msg_type, fragment } of wanted) checkSignature(end.cipher, end.dtls, msg_type, fragment);
    await handle(wanted);
  };
}

/** As a client werift waits 100 ms before it says hello. */
function greetAtOnce(client: DtlsClient): void {
  const greeted = client.connect();
  greeted.catch(() => undefined);
  client.connect = () => greeted;
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
