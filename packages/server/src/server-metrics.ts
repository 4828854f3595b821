/** `/metrics`: what the server, its links and its pipeline tell, in the Prometheus text format. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { type Link, type LinkStats, type Metrics, noStats, toPrometheus } from "@remotemedia/core";
import type { CallerContext } from "./caller.ts";
import { countsOf, mergeMetrics } from "./merge-metrics.ts";
import type { Served } from "./sessions.ts";

type Counts = Record<(typeof linkCounts)[number], number>;
type Samples = Readonly<Record<string, number>>;

const resolutionMs = 20;
const packetCounts = ["packetsReceived", "packetsLost", "packetsSent", "bytesReceived", "bytesSent"] as const;
const linkCounts = [...packetCounts, "concealedMs", "concealmentEvents"] as const;
const linkStates = ["lossRatio", "jitterMs", "roundTripMs", "jitterBufferMs", "bufferedMs", "queuedBytes"] as const;

/**
 * Adds up over all sessions, also those that have ended: a series per session would grow without end. Close it with the server.
 */
export class ServerMetrics {
  readonly #context: CallerContext;
  readonly #lag: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #linkTotals = Object.fromEntries(linkCounts.map((name) => [name, 0])) as Counts;
  readonly #counted = new WeakMap<Link, Counts>();
  #ended: Metrics | undefined;

  constructor(context: CallerContext) {
    this.#context = context;
    this.#lag.enable();
    context.sessions.onEnd = (served) => this.#keep(served);
  }

  close(): void {
    this.#lag.disable();
  }

  /** The text; each call starts the next window of the event loop's delay. */
  text(): string {
    const { callers, ignored, sessions } = this.#context;
    const clients = [...callers];
    const links = sessions.all.map(({ link }) => this.#count(link));
    const reports = sessions.all.map(({ session }) => session.metrics());
    const merged = mergeMetrics(this.#ended === undefined ? reports : [this.#ended, ...reports]);
    return [
      gauge("server_sessions", "Sessions that run.", { "": sessions.all.length }),
      gauge("server_sockets", "Signaling sockets that are open.", { "": clients.filter(({ hasSocket }) => hasSocket).length }),
      gauge("server_connections", "Connected peers.", { "": clients.filter(({ report }) => report.is_active).length }),
      gauge("server_resident_bytes", "Memory of the process.", { "": process.memoryUsage.rss() }),
      gauge("server_event_loop_lag_seconds", "How late the event loop was since the last scrape.", this.#loopLag()),
      counter("server_sessions_total", "Sessions by how they began.", labeled("result", sessions.totals)),
      counter("server_ignored_total", "What clients sent in vain.", labeled("what", ignored)),
      ...linkCounts.map((name) => counter(`link_${snake(name)}_total`, `All links: ${name}.`, { "": this.#linkTotals[name] })),
      ...linkStates.map((name) => gauge(`link_${snake(name)}`, `Links now: ${name}.`, meanAndMost(links.map((stats) => stats[name] ?? 0)))),
      merged === undefined ? "" : toPrometheus(merged),
    ].join("");
  }

  #keep({ link, session }: Served): void {
    const counts = countsOf(session.metrics());
    this.#ended = this.#ended === undefined ? counts : mergeMetrics([this.#ended, counts]);
    this.#count(link);
  }

  /**
   * Adds what a link has counted since the last look. Its connection may have been replaced by one that begins at 0; and a count may sink:
   * a packet that was taken for lost has only been late.
   */
  #count(link: Link): LinkStats {
    const stats = link.stats();
    const last = this.#counted.get(link) ?? noStats;
    const isSame = stats.packetsReceived >= last.packetsReceived && stats.packetsSent >= last.packetsSent;
    const most = linkCounts.map((name) => [name, isSame ? Math.max(stats[name], last[name]) : stats[name]] as const);
    for (const [name, count] of most) this.#linkTotals[name] += count - (isSame ? last[name] : 0);
    this.#counted.set(link, Object.fromEntries(most) as Counts);
    return stats;
  }

  #loopLag(): Samples {
    // The histogram counts the wait between two looks, of which the first part was agreed.
    const seconds = (ns: number): number => (Number.isFinite(ns) ? Math.max(ns / 1e9 - resolutionMs / 1000, 0) : 0);
    const lag = { "0.5": seconds(this.#lag.percentile(50)), "0.99": seconds(this.#lag.percentile(99)), "1": seconds(this.#lag.max) };
    this.#lag.reset();
    return labeled("quantile", lag);
  }
}

const meanAndMost = (values: readonly number[]): Samples =>
  labeled("of", { mean: values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1), max: Math.max(0, ...values) });

const labeled = (label: string, samples: Samples): Samples =>
  Object.fromEntries(Object.entries(samples).map(([key, value]) => [`{${label}="${key}"}`, value]));

const family =
  (type: "counter" | "gauge") =>
  (name: string, help: string, samples: Samples): string =>
    [
      `# HELP remotemedia_${name} ${help}\n# TYPE remotemedia_${name} ${type}\n`,
      ...Object.entries(samples).map(([labels, value]) => `remotemedia_${name}${labels} ${value}\n`),
    ].join("");
const [counter, gauge] = [family("counter"), family("gauge")];

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
