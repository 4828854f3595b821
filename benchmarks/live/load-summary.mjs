import { quantile } from "../lib/statistics.mjs";
import { delaysOf, latenessMs, longestGapMs, lostOf } from "./analysis.mjs";
import { encodePackets, markersOf } from "./packets.mjs";

const STUCK_MS = 1_000;
let loop;

/** What a report of the generator says, as figures. `delays` has a list for each client whose sound was kept: `{ atMs, delayMs }` per marker. */
export function summarizeLoad({ seconds, begunMs, cpu, generatorLateMs, clients }) {
  return {
    seconds,
    begunMs,
    cpuOfGenerator: cpu,
    generatorLateMs: quantile(generatorLateMs, 0.99),
    packets: clients.reduce((sum, { arrivalMs }) => sum + arrivalMs.length, 0),
    expected: Math.round(clients.length * seconds * 50),
    lost: clients.reduce((sum, client) => sum + lostOf(client), 0),
    longestGapMs: Math.max(0, ...clients.map(longestGapMs)),
    stuck: clients.filter(({ silentMs }) => silentMs > STUCK_MS).length,
    lateMs: quantiles(clients.flatMap((client) => [...latenessMs(client)])),
    delays: clients.filter(({ payload }) => payload !== undefined && payload.length > 0).map((client) => delays(client, begunMs)),
    clients,
  };
}

/** The three quantiles that tables show; none of nothing. */
export const quantiles = (values) =>
  values.length === 0 ? {} : { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };

function delays(client, begunMs) {
  loop ??= describeLoop();
  return delaysOf(client, loop.packets, loop.markers).map(({ atMs, delayMs }) => ({ atMs: atMs - begunMs, delayMs }));
}

function describeLoop() {
  const packets = encodePackets();
  return { packets: packets.length, markers: markersOf(packets) };
}
