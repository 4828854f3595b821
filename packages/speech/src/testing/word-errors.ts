/** Words of a text as recognizers are judged: lower case, no punctuation. */
export function wordsOf(text: string): readonly string[] {
  return (
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}'\s]/gu, " ")
      .match(/\S+/g) ?? []
  );
}

/**
 * The word error rate: insertions, deletions and replacements (Levenshtein, over words) per word that was said; 0 where nothing was said
 * and nothing understood, 1 where something was.
 */
export function wordErrorRate(said: string, understood: string): number {
  const [a, b] = [wordsOf(said), wordsOf(understood)];
  if (a.length === 0) return b.length === 0 ? 0 : 1;
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, word] of a.entries()) {
    const row = [i + 1];
    for (const [j, other] of b.entries())
      row.push(Math.min((before[j] as number) + (word === other ? 0 : 1), (before[j + 1] as number) + 1, (row[j] as number) + 1));
    before = row;
  }
  return (before[b.length] as number) / a.length;
}
