/** Which addresses a client may make the server send packets to. Without it, candidates would scan the network that the server stands in. */
import { BlockList, isIP } from "node:net";

const listOf = (...subnets: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address, bits] = subnet.split("/") as [string, string];
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? "ipv4" : "ipv6");
  }
  return list;
};

// RFC 6890 and RFC 4193.
const loopback = listOf("127.0.0.0/8", "::1/128");
const privateNetworks = listOf("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10");
const nobody = listOf("0.0.0.0/8", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8", "64:ff9b::/96");

/** An address as sockets give it: IPv4 written as IPv6 becomes IPv4, zones go. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");

const isIn = (list: BlockList, address: string): boolean => {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
};

/** Whether an address is of this machine only. */
export const isLoopback = (address: string): boolean => isIn(loopback, plainAddress(address));

/**
 * Who counts as one where there are limits for each address: whoever has an IPv6 address has a whole /64 of them. Undefined for this
 * machine, where a proxy may stand for everybody.
 */
export function networkOf(address: string): string | undefined {
  if (isLoopback(address)) return undefined;
  if (isIP(address) !== 6) return address;
  const [head = [], tail = []] = address.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(Math.max(8 - head.length - tail.length, 0)).fill("0");
  return [...head, ...zeros, ...tail].slice(0, 4).join(":");
}

/**
 * Which candidates a client may name: public ones; private ones if it comes from a private network itself; those of this machine if it runs
 * on it. Names are only those of multicast DNS, behind which browsers hide private addresses.
 *
 * @param client the address of its socket; undefined if a proxy stands between, and nothing is known
 */
export function addressPolicy(client: string | undefined, allowPrivate = false): (address: string) => boolean {
  const from = client === undefined ? "" : plainAddress(client);
  const isLocal = isIn(loopback, from);
  const isPrivate = allowPrivate || isLocal || isIn(privateNetworks, from);
  return (candidate) => {
    const address = plainAddress(candidate);
    if (isIP(address) === 0) return isPrivate && /^[\w-]+\.local$/i.test(address);
    // Other ways to write IPv4 in IPv6 have no business in a candidate.
    if (isIn(nobody, address) || /^::(ffff:)?[\da-f:]+$/i.test(address)) return address === "::1" && (isLocal || allowPrivate);
    if (isIn(loopback, address)) return isLocal || allowPrivate;
    return isPrivate || !isIn(privateNetworks, address);
  };
}
