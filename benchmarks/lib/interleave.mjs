import { startContestant } from "./contestant.mjs";

/**
 * Races contestants in turns: one slice of passes each, then the next round, in alternating order, so that drift of the machine hits all of
 * them. Opening and the first pass of each process are kept apart as the cold ones, and the warm-up passes are dropped.
 *
 * Gives per contestant `{ name, info, first, backlogMs, rounds }` (ms) or `{ name, skipped }`.
 */
export async function interleave(entries, { rounds, passes, warmUpPasses = 40 }) {
  const contestants = [];
  for (const entry of entries) contestants.push({ ...entry, ...(entry.skipped ? {} : await startContestant(entry)), rounds: [] });
  const racing = () => contestants.filter((contestant) => !contestant.skipped);
  try {
    for (const contestant of racing()) await attempt(contestant, () => warmUp(contestant, warmUpPasses));
    for (let round = 0; round < rounds; round++) {
      for (const contestant of round % 2 ? racing().reverse() : racing())
        await attempt(contestant, async () => contestant.rounds.push((await contestant.pass(passes)).times));
    }
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop?.()));
  }
  return contestants;
}

async function warmUp(contestant, passes) {
  const { times, backlogMs } = await contestant.pass(1);
  Object.assign(contestant, { first: (contestant.info.openNs ?? 0) / 1e6 + times[0], backlogMs });
  await contestant.pass(passes);
}

/** A contestant that fails is out of the race, with its reason, and the others go on. */
async function attempt(contestant, work) {
  try {
    await work();
  } catch (error) {
    contestant.skipped = error.message;
  }
}
