/**
 * The network between a client and the server, as bad as asked for: packets of media are lost and late by seeded chance, in the generator's
 * process, so that it needs no privileges and is the same everywhere. Signalling, ICE and DTLS are left alone.
 */
export function createNetwork(seed = 1) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pass = (loss, jitterMs, deliver) => {
    if (loss > 0 && random() < loss) return false;
    if (jitterMs > 0) setTimeout(deliver, random() * jitterMs);
    else deliver();
    return true;
  };
  return {
    /** Shares of packets lost on the way there and back, 0 to 1, and by how many ms packets are late at most on the way there. */
    conditions: { lossThere: 0, lossBack: 0, jitterMs: 0 },
    /** Both give false for a packet that is lost. */
    there(deliver) {
      return pass(this.conditions.lossThere, this.conditions.jitterMs, deliver);
    },
    back(deliver) {
      return pass(this.conditions.lossBack, 0, deliver);
    },
  };
}
