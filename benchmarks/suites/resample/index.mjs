import { interleave } from "../../lib/interleave.mjs";
import { measureQuality } from "../../lib/quality.mjs";
import { resamplers } from "../../lib/resamplers.mjs";
import { median, pairedRatio, showRatio } from "../../lib/statistics.mjs";
import { timingTable } from "../../lib/timing-table.mjs";
import { verdict } from "../../lib/verdict.mjs";

const PAIRS = [
  [48_000, 16_000],
  [16_000, 48_000],
  [44_100, 16_000],
  [48_000, 44_100],
];
const BLOCK_SECONDS = 0.02;
const label = ([from, to]) => `${from / 1000} → ${to / 1000} kHz`;

/** Ten seconds of mono f32 through each resampler: in one block, and in blocks of 20 ms; with the quality of each, measured alike. */
export async function run({ native, rounds, progress }) {
  const all = resamplers(native);
  const [tables, verdicts] = [[], []];
  for (const pair of PAIRS) {
    progress(label(pair));
    const batch = await race(all, pair, 0, rounds);
    const live = await race(all, pair, Math.round(pair[0] * BLOCK_SECONDS), rounds);
    const quality = all.map((entry) => (entry.skipped ? entry : measureQuality(entry, ...pair)));
    tables.push(batchTable(pair, batch, quality), liveTable(pair, live));
    verdicts.push(...speedVerdicts(pair, batch, live), ...qualityVerdict(pair, quality[0]));
  }
  return { title: "Resampling", tables, verdicts };
}

function race(all, [from, to], block, rounds) {
  const entries = all.map(({ name, skipped, command }) => {
    if (skipped) return { name, skipped };
    const [path, args] = command("bench", from, to, block);
    return { name, command: path, args };
  });
  return interleave(entries, { rounds, passes: 8 });
}

function batchTable(pair, results, quality) {
  return timingTable(`${label(pair)}, 10 s of mono f32 in one block`, results, {
    "ripple to 0.925 f, dB": (_, index) => quality[index].ripple?.toFixed(3),
    "worst alias or image, dB": (_, index) => quality[index].worst?.toFixed(0),
  });
}

function liveTable(pair, results) {
  return timingTable(`${label(pair)}, 10 s of mono f32 in blocks of 20 ms`, results, {
    "held back at most, ms": ({ backlogMs }) => backlogMs?.toFixed(1),
  });
}

/** The bars of the brief, pair by pair; a peer that is not installed leaves its bar unmeasured. */
function speedVerdicts(pair, batch, live) {
  const name = label(pair);
  const limit = pair.includes(44_100) ? 2 : 1;
  const verdicts = [against(`batch ${name}`, batch, "libsoxr HQ", limit)];
  if (pair[0] === 48_000 && pair[1] === 16_000) {
    verdicts.push(against(`batch ${name}`, batch, "FFmpeg swr default", 1), ...liveVerdicts(name, live));
  }
  return verdicts;
}

function against(what, results, peerName, limit) {
  const [ours, peer] = [results[0], results.find(({ name }) => name === peerName)];
  const bar = `${what}: at most ${limit} × the time of ${peerName}`;
  if (ours.skipped || peer.skipped) return verdict(bar, ours.skipped ?? peer.skipped);
  const ratio = pairedRatio(ours.rounds, peer.rounds);
  return verdict(bar, showRatio(ratio), Math.max(ratio.median, ratio.floor) <= limit);
}

function liveVerdicts(name, [ours]) {
  if (ours.skipped) return [verdict(`20 ms blocks, ${name}: at most 3 ms per 10 s`, ours.skipped)];
  const ms = median(ours.rounds.flat());
  const { backlogMs } = ours;
  return [
    verdict(`20 ms blocks, ${name}: at most 3 ms per 10 s`, `${ms.toFixed(2)} ms`, ms <= 3),
    verdict(`20 ms blocks, ${name}: holds back at most one block`, `${backlogMs.toFixed(1)} ms`, backlogMs <= BLOCK_SECONDS * 1000),
  ];
}

function qualityVerdict(pair, { ripple, worst, skipped }) {
  const bar = `quality ${label(pair)}: within 0.1 dB to 0.925 f, at most −120 dB from 1.05 f`;
  if (skipped) return [verdict(bar, skipped)];
  return [verdict(bar, `${ripple.toFixed(3)} dB, ${worst.toFixed(0)} dB`, ripple <= 0.1 && worst <= -120)];
}
