/** Where long sentences are cut, so that their first sound comes before their last is computed. */

/** The first clause is short, for its sound is being waited for; later ones may be long, for melody spans whole phrases. Characters. */
const firstLength = 60;
const laterLength = 120;
/** Clauses shorter than this sound chopped. */
const leastLength = 12;

/** The end of a sentence, or of a clause: its mark, quotes and brackets that close, then a gap. */
const ends = /[.!?…;:,—–)]["'”’)\]]*(?=\s)|\s[–—-](?=\s)/gu;

/**
 * The parts in which a text is spoken, in its own words. Cut at the last mark of punctuation that leaves a part short enough, else between
 * words, else anywhere.
 *
 * @example clausesOf("Well, hello.") // ["Well, hello."]
 */
export function clausesOf(text: string): string[] {
  const clauses: string[] = [];
  for (let rest = text.trim(); rest !== ""; ) {
    const end = endOfClause(rest, clauses.length === 0 ? firstLength : laterLength);
    clauses.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return clauses;
}

function endOfClause(text: string, length: number): number {
  if (text.length <= length) return text.length;
  const marks = [...text.slice(0, laterLength + 1).matchAll(ends)].map(({ index, 0: mark }) => index + mark.length);
  const usual = marks.filter((end) => end >= leastLength);
  const mark = usual.findLast((end) => end <= length) ?? usual[0];
  if (mark !== undefined) return mark;
  if (text.length <= laterLength) return text.length;
  const gap = text.slice(0, laterLength + 1).search(/\s\S*$/);
  return gap > 0 ? gap : wholeCharacter(text, laterLength);
}

/** Does not part the two halves of a character. */
const wholeCharacter = (text: string, at: number): number => (/^[\uDC00-\uDFFF]/.test(text.slice(at)) ? at - 1 : at);
