/** Random numbers that a seed repeats: a 32-bit generator with a Weyl sequence (Vigna's SplitMix idea, 32-bit constants of "mulberry32"). */

/** Uniform in [0, 1), by session seed and node, so that adding a node does not change the numbers of another. */
export function randomFrom(seed: number, nodeId: string): () => number {
  let state = seed >>> 0;
  for (const character of nodeId) state = Math.imul(state ^ (character.codePointAt(0) as number), 0x01000193) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
