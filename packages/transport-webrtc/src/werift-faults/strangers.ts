/** Who may send to a connection's sockets. */
import { type Address, classes, parseMessage, type RTCDtlsTransport } from "werift";

/** What is used of werift's sockets beyond its types. */
interface Datagrams {
  readonly type: string;
  datagramReceived?(data: Buffer, from: Address): void;
}

interface Internals {
  readonly protocols: readonly Datagrams[];
  readonly userHistory: Readonly<Record<string, string>>;
}

const mostPairs = 64;
const mostKnown = 64;
const mostIds = 256;

/**
 * @internal Keeps strangers out. werift takes datagrams from anybody: it does not check that a connectivity check is signed with our password
 * (RFC 8445, section 7.3), so that each makes a pair and checks of its own, and an alert in plain DTLS, from wherever it comes, ends the
 * connection, as a forged message of a handshake does. Here checks must be signed, and other datagrams must come from an address that has sent
 * one, or, until the handshake is over, from one that the peer has named: an end with ICE lite sends no checks.
 */
export function filterDatagrams(transport: RTCDtlsTransport): void {
  const ice = transport.iceTransport.connection;
  const internals = ice as unknown as Internals;
  const filtered = new WeakSet<Datagrams>();
  const known = new Set<string>();
  const remember = (from: Address): void => void (known.size < mostKnown && known.add(from.join(" ")));

  const isOurs = (data: Buffer, from: Address): boolean => {
    if ((data[0] ?? 255) > 3) return known.has(from.join(" ")) || (transport.state !== "connected" && isNamed(from));
    if (parseMessage(data)?.messageClass !== classes.REQUEST) return true;
    if (!isSigned(data, internals.userHistory) || isFlood(from)) return false;
    remember(from);
    return true;
  };

  const isNamed = ([host, port]: Address): boolean => ice.remoteCandidates.some((other) => other.host === host && other.port === port);

  const isFlood = (from: Address): boolean => {
    for (const { requestTransactionIds } of ice.candidatePairs as unknown as { readonly requestTransactionIds: Set<string> }[]) {
      // werift keeps the id of every check it ever got, to count the repeated ones.
      if (requestTransactionIds.size > mostIds) requestTransactionIds.clear();
    }
    return ice.candidatePairs.length >= mostPairs && !isNamed(from);
  };

  const filter = (): void => {
    for (const protocol of internals.protocols) {
      const receive = protocol.datagramReceived?.bind(protocol);
      // What comes over a relay comes from its server.
      if (protocol.type !== "stun" || receive === undefined || filtered.has(protocol)) continue;
      filtered.add(protocol);
      protocol.datagramReceived = (data, from) => {
        if (isOurs(data, from)) receive(data, from);
      };
    }
  };
  ice.onIceCandidate.subscribe(filter);
  // The address that is answered to is known, whoever spoke first.
  transport.onStateChange.subscribe((state) => state === "connected" && ice.nominated && remember(ice.nominated.remoteAddr as Address));
}

/** Whether a check names one of our user fragments and is signed with its password. */
function isSigned(data: Buffer, userHistory: Readonly<Record<string, string>>): boolean {
  const name: unknown = parseMessage(data)?.getAttributeValue("USERNAME");
  const password = typeof name === "string" ? userHistory[name.split(":")[0]!] : undefined;
  return password !== undefined && parseMessage(data, Buffer.from(password)) !== undefined;
}
