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
  readonly localUsername: string;
  readonly remoteUsername: string;
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
  /** Which user fragment of the peer belongs to each of ours. */
  const partners = new Map<string, string>();
  const remember = (from: Address): void => void (known.size < mostKnown && known.add(from.join(" ")));

  const isOurs = (data: Buffer, from: Address): boolean => {
    if ((data[0] ?? 255) > 3) return known.has(from.join(" ")) || (transport.state !== "connected" && isNamed(from));
    if (parseMessage(data)?.messageClass !== classes.REQUEST) return true;
    if (internals.remoteUsername !== "") partners.set(internals.localUsername, internals.remoteUsername);
    if (!isSigned(data, internals.userHistory, partners) || isFlood(from)) return false;
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

/**
 * Whether a check names one of our user fragments, with the peer's that belongs to it, and is signed with its password. A browser that restarts ICE
 * checks our old addresses from its new sockets before it has our answer, under our old fragment and its new one. Were it answered, it would take
 * that pair for a good one, send on it, and refuse all our checks of it, which name our new fragment: nothing more would come.
 */
function isSigned(data: Buffer, userHistory: Readonly<Record<string, string>>, partners: ReadonlyMap<string, string>): boolean {
  const name: unknown = parseMessage(data)?.getAttributeValue("USERNAME");
  if (typeof name !== "string") return false;
  const [ours, theirs] = name.split(":") as [string, string?];
  const password = userHistory[ours];
  const isPaired = (partners.get(ours) ?? theirs) === theirs;
  return isPaired && password !== undefined && parseMessage(data, Buffer.from(password)) !== undefined;
}
