/** The little that signaling reads of a session description (RFC 8866); the transport reads the rest. */
import type { CandidateInit } from "./peer-connection.ts";

/** The session id of the `o=` line: it stays the same as long as the peer has the same connection. */
export const originOf = (sdp: string): string | undefined => /^o=\S+ (\S+) /m.exec(sdp)?.[1];

/** Whether a candidate belongs to the ICE session of this description; one that does not say may. */
export const belongsTo = ({ usernameFragment }: CandidateInit, sdp: string): boolean =>
  typeof usernameFragment !== "string" || sdp.includes(`a=ice-ufrag:${usernameFragment}`);
