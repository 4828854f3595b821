import { cpus } from "node:os";
import { connectClient } from "./client.mjs";
import { createNetwork } from "./network.mjs";
import { startPacketClock } from "./packet-clock.mjs";
import { encodePackets } from "./packets.mjs";

const AT_ONCE = 4 * Math.max(1, cpus().length - 1); // handshakes at the same time: more measures the crowd

/** All clients of one generator, and what it can be told to do: each method is a command. */
export function createFleet() {
  const packets = encodePackets();
  const network = createNetwork();
  const clients = [];
  const clock = startPacketClock(clients);
  let nextId = 0;
  let begun = { ms: 0, cpu: process.cpuUsage() };

  /** Connects one; a failure is its message. Clocks are off by +ppm and −ppm by turns. */
  async function connectOne({ url, bindAddress, ppm = 0 }) {
    const id = nextId++;
    try {
      const opened = (client) => clients.push(client);
      const client = await connectClient({ url, bindAddress, id, packets, network, opened, ppm: id % 2 ? -ppm : ppm });
      return { ms: client.times.mediaMs - client.times.offeredMs, client };
    } catch (error) {
      return { failed: error.message };
    }
  }

  function close(client) {
    clients.splice(clients.indexOf(client), 1);
    client.close();
  }

  return {
    /** Adds clients, a few at a time; ms from offer to the first audio that came back, and what went wrong. */
    async connect({ count, ...options }) {
      const results = await inParallel(count, AT_ONCE, () => connectOne(options));
      return { ms: results.flatMap(({ ms }) => ms ?? []), failures: results.flatMap(({ failed }) => failed ?? []) };
    },
    /** Connects and disconnects clients, one after the other. */
    async churn({ count, atOnce = 2, ...options }) {
      const results = await inParallel(count, atOnce, async () => {
        const result = await connectOne(options);
        if (result.client) close(result.client);
        return result;
      });
      return { ms: results.flatMap(({ ms }) => ms ?? []), failures: results.flatMap(({ failed }) => failed ?? []) };
    },
    /** Asks the server something by HTTP: only this process may be in its network namespace. */
    fetchText: async ({ url }) => (await fetch(url)).text(),
    disconnect() {
      for (const client of [...clients]) close(client);
    },
    /** Sets what the network does to media from now on. */
    impair: (conditions) => void Object.assign(network.conditions, conditions),
    /** Begins a measurement; the sound of about `sampled` clients, spread over all, is kept. */
    begin({ sampled = 0 } = {}) {
      const step = Math.max(1, Math.floor(clients.length / sampled));
      for (const [i, client] of clients.entries()) client.record.begin(sampled > 0 && i % step === 0);
      clock.takeLateness();
      begun = { ms: performance.now(), cpu: process.cpuUsage() };
    },
    /** What was seen since `begin`, raw: looking into it here would hold the packets up. */
    report() {
      const seconds = (performance.now() - begun.ms) / 1000;
      const { user, system } = process.cpuUsage(begun.cpu);
      return {
        seconds,
        begunMs: begun.ms,
        cpu: (user + system) / 1e6 / seconds,
        generatorLateMs: clock.takeLateness(),
        clients: clients.map(({ record, sentMs, firstIndex }) => ({
          arrivalMs: Float64Array.from(record.arrivalMs),
          timestamp: Float64Array.from(record.timestamp),
          sequence: Float64Array.from(record.sequence),
          silentMs: performance.now() - record.lastMs,
          ...(record.keeps && { payload: record.payload, sentMs: Float64Array.from(sentMs), firstIndex }),
        })),
      };
    },
  };
}

async function inParallel(count, atOnce, work) {
  const results = [];
  let begun = 0;
  const lane = async () => {
    while (begun++ < count) results.push(await work());
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  return results;
}
