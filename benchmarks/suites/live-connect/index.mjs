import { figure, rowOf } from "../../lib/cells.mjs";
import { load } from "../../lib/environment.mjs";
import { quantile } from "../../lib/statistics.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { startChromium } from "../../live/chromium.mjs";
import { createContestants } from "../../live/contestants.mjs";
import { manifests } from "../../live/manifests.mjs";
import { callFromPage } from "../../live/page-call.mjs";
import { startServer } from "../../live/server-process.mjs";

const LIMITS = { medianMs: 500, p99Ms: 2_000 };
const TIMEOUT_MS = 10_000;
const COLUMNS = ["calls", "offer → media, min / median / p99 ms", "offer → connected, median ms", "first call, ms", "load"];
const NOTE = `A page calls, hangs up and calls again, one call at a time. The clock starts before \`createOffer\` and ends with the first audio packet that came back through the pipeline. The first call of a server is
shown apart: it pays for what is loaded and compiled then.`;

/** From offer to media, with a real browser. */
export async function run({ quick, progress }) {
  const calls = quick ? 5 : 20;
  const contestants = createContestants();
  try {
    const results = [];
    for (const contestant of [contestants.ours(manifests.fourNodes), contestants.aiortc]) {
      progress(contestant.name);
      results.push({ name: contestant.name, ...(await call(contestant, calls)) });
    }
    return { title: "From offer to media", tables: [table(results)], verdicts: verdictsOf(results[0]) };
  } finally {
    contestants.remove();
  }
}

async function call(contestant, calls) {
  if (contestant.skipped) return contestant;
  const server = await startServer(contestant);
  if (server.skipped) return server;
  const browser = await startChromium({ core: 1, namespace: contestant.namespace });
  try {
    if (browser.skipped) return browser;
    const page = await browser.open(new URL(contestant.namespace ? "stats" : "health", server.url).href);
    const socketUrl = new URL("ws", server.url.replace(/^http/, "ws")).href;
    const all = [];
    for (let n = 0; n <= calls; n++) all.push(await page.evaluate(callFromPage, { socketUrl, timeoutMs: TIMEOUT_MS }));
    const [first, ...others] = all;
    const good = others.filter(({ failed }) => failed === undefined);
    if (good.length === 0) return { skipped: first.failed };
    return { first: first.mediaMs, good, failed: others.length - good.length, load: load(), version: browser.version };
  } catch (error) {
    return { skipped: error.message.split("\n")[0] };
  } finally {
    await browser.close?.();
    await server.stop();
  }
}

const media = ({ good }) => good.map(({ mediaMs }) => mediaMs);

function table(results) {
  const cells = (result) => [
    `${result.good.length}${result.failed > 0 ? ` (${result.failed} failed)` : ""}`,
    [0, 0.5, 0.99].map((share) => figure(quantile(media(result), share))).join(" / "),
    figure(
      quantile(
        result.good.map(({ connectedMs }) => connectedMs ?? Number.NaN),
        0.5,
      ),
    ),
    figure(result.first),
    result.load,
  ];
  const libraries = results.flatMap(({ version }) => (version ? [`Chromium ${version}`] : []));
  return {
    title: "Calls from Chromium",
    note: NOTE,
    head: ["", ...COLUMNS],
    rows: results.map((result) => rowOf(result.name, result, cells, COLUMNS.length)),
    libraries,
  };
}

function verdictsOf(ours) {
  const bar = `offer to media, Chromium, loopback: median under ${LIMITS.medianMs} ms, p99 under ${LIMITS.p99Ms} ms`;
  if (ours.skipped) return [verdict(bar, ours.skipped)];
  const [median, p99] = [0.5, 0.99].map((share) => quantile(media(ours), share));
  return [verdict(bar, `${figure(median)} ms, ${figure(p99)} ms`, median < LIMITS.medianMs && p99 < LIMITS.p99Ms && ours.failed === 0)];
}
