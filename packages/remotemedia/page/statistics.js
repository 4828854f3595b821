// @ts-check

/** @typedef {{ roundTripMs?: number, bufferMs?: number, lossRatio?: number }} Figures */

/** Counters of a report. @typedef {{ lost: number, received: number, delay: number, emitted: number }} Counters */

/** Packets of audio that came so far. @param {RTCPeerConnection} peer @returns {Promise<number>} */
export async function packetsReceived(peer) {
  for (const report of (await peer.getStats()).values()) if (isInboundAudio(report)) return report.packetsReceived;
  return 0;
}

/** @param {any} report */
const isInboundAudio = (report) => report.type === "inbound-rtp" && report.kind === "audio";

/** What the browser knows of the connection, since the last reading. */
export class Statistics {
  /** @type {RTCPeerConnection | undefined} */
  #peer;
  /** @type {Counters} */
  #before = { lost: 0, received: 0, delay: 0, emitted: 0 };

  /** @param {RTCPeerConnection} peer @returns {Promise<Figures>} */
  async read(peer) {
    if (peer !== this.#peer) this.#before = { lost: 0, received: 0, delay: 0, emitted: 0 };
    this.#peer = peer;
    const reports = await peer.getStats();
    /** @type {Figures} */
    const figures = {};
    for (const report of reports.values()) {
      if (isInboundAudio(report)) Object.assign(figures, this.#sinceBefore(report));
      if (report.type !== "transport") continue;
      const pair = reports.get(report.selectedCandidatePairId);
      if (pair?.currentRoundTripTime !== undefined) figures.roundTripMs = pair.currentRoundTripTime * 1000;
    }
    return figures;
  }

  /** @param {any} report @returns {Figures} */
  #sinceBefore(report) {
    const now = {
      lost: report.packetsLost ?? 0,
      received: report.packetsReceived ?? 0,
      delay: report.jitterBufferDelay ?? 0,
      emitted: report.jitterBufferEmittedCount ?? 0,
    };
    const before = this.#before;
    this.#before = now;
    const emitted = now.emitted - before.emitted;
    const lost = Math.max(0, now.lost - before.lost);
    const expected = lost + now.received - before.received;
    return {
      ...(emitted > 0 && { bufferMs: ((now.delay - before.delay) / emitted) * 1000 }),
      ...(expected > 0 && { lossRatio: lost / expected }),
    };
  }
}
