import { startContestant } from "./contestant.mjs";

/**
 * Races contestants in turns: one slice of passes each, then the next round, in alternating order, so that drift of the machine hits all of
 * them. The first pass of each process is kept apart as its cold one, and the warm-up rounds are dropped.
 *
 * Gives per contestant `{ name, info, first, rounds }` (ms) or `{ name, skipped }`.
 */
export async function interleave(entries, { rounds, passes, warmUpPasses = 10 }) {
  const contestants = [];
  for (const entry of entries) contestants.push({ ...entry, ...(entry.skipped ? {} : await startContestant(entry)), rounds: [] });
  const racing = contestants.filter((contestant) => !contestant.skipped);
  try {
    for (const contestant of racing) {
      [contestant.first] = await contestant.pass(1);
      await contestant.pass(warmUpPasses);
    }
    for (let round = 0; round < rounds; round++) {
      for (const contestant of round % 2 ? racing.toReversed() : racing) contestant.rounds.push(await contestant.pass(passes));
    }
  } finally {
    await Promise.all(racing.map((contestant) => contestant.stop()));
  }
  return contestants;
}
