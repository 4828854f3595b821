/** What werift 0.24 does wrong or not at all, and what is done about it, file by file; 0.25.2 is the same in all of it. */
import type { RTCDtlsTransport } from "werift";
import { pairLateRelays } from "./checks.ts";
import { mendHandshake } from "./handshake.ts";
import { filterDatagrams } from "./strangers.ts";

export { guardAssociation } from "./association.ts";
export { restartChecks } from "./checks.ts";

/** @internal Mends a transport before it connects. */
export function mendTransport(transport: RTCDtlsTransport): void {
  filterDatagrams(transport);
  mendHandshake(transport);
  pairLateRelays(transport);
}
