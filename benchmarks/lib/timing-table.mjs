import { pairedRatio, showRatio, summarize } from "./statistics.mjs";

/** A number with three significant digits: more would claim what a shared machine cannot hold. */
export const digits = (value) => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3));

/**
 * The table of one race: ours first, each peer with how ours compares to it. `extra` maps further column heads to functions of
 * `(result, index)`; `scale` turns ms into `unit`; without
 * `hasFirst` there is no cold column.
 */
export function timingTable(title, results, extra = {}, { unit = "ms", scale = 1, hasFirst = true } = {}) {
  const head = [
    "",
    ...(hasFirst ? [`first, ${unit}`] : []),
    `min, ${unit}`,
    `median, ${unit}`,
    `p95, ${unit}`,
    "ours ÷ this (IQR)",
    ...Object.keys(extra),
  ];
  const [ours] = results;
  const rows = results.map((result, index) => {
    const more = Object.values(extra).map((column) => column(result, index) ?? "");
    if (result.skipped) return [result.name, `skipped: ${result.skipped}`, ...Array(head.length - 2 - more.length).fill(""), ...more];
    const { min, median, p95 } = summarize(result.rounds.flat());
    return [
      result.name,
      ...[...(hasFirst ? [result.first] : []), min, median, p95].map((ms) => digits(ms * scale)),
      compare(ours, result),
      ...more,
    ];
  });
  const libraries = results.flatMap(({ info }) => info?.library ?? []);
  return { title, head, rows, libraries, losses: peersOf(results).flatMap((peer) => loss(ours, peer)) };
}

/** The others, without further rows of our own. */
const peersOf = ([, ...others]) => others.filter(({ name }) => !name.startsWith("RemoteMedia"));

/** A sentence where the peer is faster beyond the spread of the rounds, or in its fastest pass. */
function loss(ours, peer) {
  if (ours.skipped || peer.skipped) return [];
  const { median, low, floor } = pairedRatio(ours.rounds, peer.rounds);
  return low > 1 || floor > 1.05
    ? [`${peer.name} needs less time, ours takes ${median.toFixed(2)} ×, in the fastest pass ${floor.toFixed(2)} ×`]
    : [];
}

function compare(ours, theirs) {
  return ours === theirs || ours.skipped ? "" : showRatio(pairedRatio(ours.rounds, theirs.rounds));
}
