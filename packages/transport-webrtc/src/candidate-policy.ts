/** Which ICE candidates are taken from a peer, and which are shown to it. */
import { isIP, isIPv4 } from "node:net";

/** `RTCIceCandidateInit`, as it goes over the signalling channel. */
export interface CandidateJson {
  readonly candidate: string;
  readonly sdpMid?: string | null;
  readonly sdpMLineIndex?: number | null;
  readonly usernameFragment?: string | null;
}

/** What a candidate line says. */
export interface ParsedCandidate {
  readonly line: string;
  readonly transport: string;
  readonly address: string;
}

const pattern =
  /^(?:a=)?(?:candidate:)?([A-Za-z0-9+/:_-]{1,64}) (\d{1,3}) (udp|tcp) (\d{1,10}) (\S{1,253}) (\d{1,5}) typ (host|srflx|prflx|relay)( .*)?$/i;

/** Reads a candidate line; undefined if it is none. The line that it gives holds only what was understood. */
export function parseCandidate(line: string): ParsedCandidate | undefined {
  const [, foundation, component, transport, priority, address, port, type, rest = ""] =
    (line.length <= 1024 && pattern.exec(line.trim())) || [];
  if (foundation === undefined || transport === undefined || address === undefined || type === undefined) return undefined;
  if (Number(priority) >= 2 ** 32 || Number(port) >= 2 ** 16) return undefined;
  const [, relatedAddress, relatedPort] = / raddr (\S+) rport (\d{1,5})/.exec(rest) ?? [];
  const related = relatedAddress !== undefined && isIP(relatedAddress) !== 0 ? ` raddr ${relatedAddress} rport ${relatedPort}` : "";
  return {
    line: `candidate:${foundation.replace(/^candidate:/, "")} ${component} ${transport.toLowerCase()} ${priority} ${address} ${port} typ ${type.toLowerCase()}${related}`,
    transport: transport.toLowerCase(),
    address,
  };
}

const privateV4 = /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;

/** Whether an address belongs to the machine or a private network (RFC 1918, 6598, 4193, link-local, loopback); true for what is no address. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  if (isIPv4(plain)) return privateV4.test(plain);
  return (
    isIP(plain) === 0 || plain === "::1" || plain === "::" || /^f[cd]/.test(plain) || /^fe[89ab]/.test(plain) || /^::ffff:/.test(plain)
  );
}

/** Whether packets to an address reach one host. Checks to a group or to everybody would be an attack on others. */
export const isUnicast = (address: string): boolean =>
  isIPv4(address) ? !/^(22[4-9]|2[3-5]\d|0)\./.test(address) : isIP(address) !== 0 && !/^ff/i.test(address) && address !== "::";
