import { setTimeout as sleep } from "node:timers/promises";
import { load } from "../lib/environment.mjs";
import { startGenerator } from "./drive-generator.mjs";
import { summarizeLoad } from "./load-summary.mjs";
import { startServer } from "./server-process.mjs";

/**
 * Starts a contestant and a load generator beside it, lets `work` measure, and stops both. What `work` is given: `server`, `generator`, `connect(count, options)` and
 * `measure(seconds, options)`. A server that does not start or does not hold out gives `{ skipped }`.
 */
export async function underLoad(contestant, work) {
  if (contestant.skipped) return { skipped: contestant.skipped };
  const server = await startServer(contestant);
  if (server.skipped) return { skipped: server.skipped };
  const generator = await startGenerator({ core: 1, namespace: contestant.namespace });
  try {
    const fetchText = (path) => generator.fetchText({ url: new URL(path, server.url).href });
    const target = { url: socketUrl(server.url), bindAddress: contestant.bindAddress };
    return await work({
      server,
      generator,
      target,
      connect: (count, options) => generator.connect({ ...target, ...options, count }),
      measure: (seconds, options) => measure(server, generator, seconds, options),
      scrape: async (name) => samplesOf(await fetchText("metrics"), name),
      fetchJson: async (path) => JSON.parse(await fetchText(path)),
    });
  } catch (error) {
    if (server.isRunning()) throw error;
    return { skipped: `the server ended: ${server.complaint().trim().split("\n").at(-1)}` };
  } finally {
    await generator.disconnect().catch(() => {});
    generator.stop();
    await server.stop();
  }
}

/** What clients and kernel saw for some seconds. `atEnd` is asked while everything still runs; `load` is that of the whole machine. */
async function measure(server, generator, seconds, { sampled, atEnd } = {}) {
  const cpu = server.cpu();
  await generator.begin({ sampled });
  await sleep(seconds * 1000);
  const { process: cpuOfServer, loop: cpuOfLoop } = cpu();
  const report = await generator.report();
  const [rssBytes, crowd, end] = [server.rssBytes(), load(), await atEnd?.()];
  return { ...summarizeLoad(report), cpuOfServer, cpuOfLoop, rssBytes, load: crowd, end };
}

/** The samples of a family in Prometheus text: `[labels, value]`. */
function samplesOf(text, name) {
  const lines = text.split("\n").filter((line) => line.startsWith(name) && !/[a-z_]/.test(line[name.length] ?? ""));
  return lines.map((line) => [line.slice(name.length, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]);
}

const socketUrl = (url) => new URL("ws", url.replace(/^http/, "ws")).href;
