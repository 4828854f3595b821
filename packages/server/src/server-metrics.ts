/** `/metrics`: what the server, its links and its pipeline tell, in the Prometheus text format. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { type LinkStats, type Metrics, toPrometheus } from "@remotemedia/core";
import { countsOf, mergeMetrics } from "./merge-metrics.ts";
import type { Served, Sessions } from "./sessions.ts";

type Sample = readonly [labels: string, value: number];

const resolutionMs = 20;
const linkCounts = [
  "packetsReceived",
  "packetsLost",
  "packetsSent",
  "bytesReceived",
  "bytesSent",
  "concealedMs",
  "concealmentEvents",
] as const;
const linkStates = ["lossRatio", "jitterMs", "roundTripMs", "jitterBufferMs", "bufferedMs", "queuedBytes"] as const;

/** What the endpoint reads beside the sessions. */
export interface ServerCounts {
  readonly sockets: number;
  readonly connected: number;
  readonly ignored: { readonly messages: number; readonly candidates: number };
}

/** Adds up over all sessions, also those that have ended. Close it with the server. */
export class ServerMetrics {
  readonly #sessions: Sessions;
  readonly #lag: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #ended: Metrics | undefined;
  readonly #endedLinks = new Map<keyof LinkStats, number>();

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
    this.#lag.enable();
    sessions.onEnd((served) => this.#keep(served));
  }

  close(): void {
    this.#lag.disable();
  }

  /** The text; each call starts the next window of the event loop's delay. */
  text({ sockets, connected, ignored }: ServerCounts): string {
    const { all, totals } = this.#sessions;
    const { opened, failed, refused } = totals;
    const links = all.map(({ link }) => link.stats());
    const merged = mergeMetrics([
      ...(this.#ended === undefined ? [] : [this.#ended]),
      ...all.map(({ opened }) => opened.session.metrics()),
    ]);
    return [
      family("server_sessions", "gauge", "Sessions that run.", [["", all.length]]),
      family("server_sockets", "gauge", "Signaling sockets that are open.", [["", sockets]]),
      family("server_connections", "gauge", "Peer connections that are connected.", [["", connected]]),
      family("server_sessions_total", "counter", "Sessions by how they began.", [
        ['{result="opened"}', opened],
        ['{result="failed"}', failed],
        ['{result="refused"}', refused],
      ]),
      family("server_ignored_total", "counter", "What clients sent in vain.", [
        ['{what="message"}', ignored.messages],
        ['{what="candidate"}', ignored.candidates],
      ]),
      this.#loopLag(),
      family("server_resident_bytes", "gauge", "Memory of the process.", [["", process.memoryUsage.rss()]]),
      ...linkCounts.map((name) =>
        family(`link_${snake(name)}_total`, "counter", `Of all links: ${name}.`, [
          ["", (this.#endedLinks.get(name) ?? 0) + links.reduce((sum, stats) => sum + stats[name], 0)],
        ]),
      ),
      ...linkStates.map((name) => family(`link_${snake(name)}`, "gauge", `Of all links: ${name}.`, meanAndMost(links, name))),
      merged === undefined ? "" : toPrometheus(merged),
    ].join("");
  }

  #keep({ link, opened }: Served): void {
    const counts = countsOf(opened.session.metrics());
    this.#ended = this.#ended === undefined ? counts : mergeMetrics([this.#ended, counts]);
    const stats = link.stats();
    for (const name of linkCounts) this.#endedLinks.set(name, (this.#endedLinks.get(name) ?? 0) + stats[name]);
  }

  #loopLag(): string {
    // The histogram counts the wait between two looks, of which the first part was agreed.
    const seconds = (ns: number): number => (Number.isFinite(ns) ? Math.max(ns / 1e9 - resolutionMs / 1000, 0) : 0);
    const samples: Sample[] = [50, 99].map((p) => [`{quantile="0.${p}"}`, seconds(this.#lag.percentile(p))]);
    samples.push(['{quantile="1"}', seconds(this.#lag.max)]);
    this.#lag.reset();
    return family("server_event_loop_lag_seconds", "gauge", "How late the event loop was since the last scrape.", samples);
  }
}

/** One series per link would grow without end: how they are together, and how the worst is. */
function meanAndMost(links: readonly LinkStats[], name: (typeof linkStates)[number]): readonly Sample[] {
  const values = links.map((stats) => stats[name] ?? 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  return [
    ['{of="mean"}', mean],
    ['{of="max"}', Math.max(0, ...values)],
  ];
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const family = (name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): string =>
  `# HELP remotemedia_${name} ${help}\n# TYPE remotemedia_${name} ${type}\n${samples.map(([labels, value]) => `remotemedia_${name}${labels} ${value}\n`).join("")}`;
