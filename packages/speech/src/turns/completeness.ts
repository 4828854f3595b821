/** What a transcript tells about whether its speaker has finished. English; own rules, no model. */

/** `complete`: the speaker has most likely finished; `unfinished`: most likely not. */
export type Completeness = "complete" | "unsure" | "unfinished";

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

const fillers = set("um uh uhm er erm ah hmm hm mm like well");
const neverLast = set(
  "a an the and but or because if although though whereas unless my your his her our their its every very really this's",
);
const openPrepositions = set("to for with of at from by about into than as between without until during per via against toward towards");
const looseParticles = set("on in so then when where that which who whose also just only these those this some any");
const contractions = set(
  "i'm it's we're they're you're he's she's i've we've you've they've i'd we'd you'd they'd i'll we'll let's there's what's",
);
const auxiliaries = set(
  "am is are was were do does did have has had will would can could should might must may isn't aren't don't doesn't can't won't",
);
const pronouns = set("i you he she it we they that this there");
const wantsObject = set("want need give send put bring tell show make take find set buy add book get say change");
const subordinators = set("if when whenever while although though unless since because after before once");
const numbers = set(
  "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million half",
);
const digits = set("zero oh one two three four five six seven eight nine");
const shortAnswers = set(
  "yes no yeah yep nope okay ok sure right maybe never always none nothing thanks thank you please hello hi hey bye goodbye stop wait correct exactly absolutely definitely sorry not today tomorrow",
);
const leadIn =
  /(?:^| )(?:i want|i need|i would like|i'd like|i wonder|i was wondering|i mean|i guess|can you|could you|would you|will you|can i|could i|what if|how about|let me|such as|kind of|sort of|going to|have to|the \w+ is|my \w+ is)$/;
const dictation = /\b(?:number|phone|code|pin|card|account|digits|zip)\b/;
/** A phone number has seven digits at least. */
const wholeNumberDigits = 7;

/**
 * Judges the end of a transcript.
 *
 * @example
 * completeness("What time is it?"); // "complete"
 * completeness("I want to"); // "unfinished"
 */
export function completeness(text: string): Completeness {
  const written = text.trim();
  if (/(?:[,:;–—-]|\.\.\.|…)$/.test(written)) return "unfinished";
  const isQuestion = written.endsWith("?");
  const words = wordsOf(lastSentence(written));
  const last = words.at(-1);
  if (last === undefined) return "unsure";
  if (isShortAnswer(words)) return "complete";
  if (isDictated(words, dictation.test(written.toLowerCase()))) return "unfinished";
  if (fillers.has(last) || neverLast.has(last) || contractions.has(last)) return "unfinished";
  if (isQuestion) return "complete";
  if (openPrepositions.has(last) || leadIn.test(words.join(" "))) return "unfinished";
  if (auxiliaries.has(last)) return endsInEllipsis(words) ? "complete" : "unfinished";
  if (subordinators.has(words[0] as string) && words.length <= 7 && !written.includes(",")) return "unfinished";
  if (looseParticles.has(last) || wantsObject.has(last) || words.length < 3) return "unsure";
  return /[.!]["')]*$/.test(written) ? "complete" : "unsure";
}

/** Lower-case words, without punctuation. */
export const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .replaceAll("’", "'")
    .match(/[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*/gu) ?? [];

const lastSentence = (written: string): string => written.replace(/[.?!"')\s]+$/, "").replace(/^.*[.?!]\s+/s, "");

const isNumber = (word: string): boolean => numbers.has(word) || /^\d/.test(word);

function isShortAnswer(words: readonly string[]): boolean {
  if (words.length > 3) return false;
  return words.every((word) => shortAnswers.has(word)) || (words.length <= 2 && words.every(isNumber));
}

/** Whether digits or letters are being given one after the other, and more must come. */
function isDictated(words: readonly string[], isAnnounced: boolean): boolean {
  let [parts, length] = [0, 0];
  for (let i = words.length - 1; i >= 0; i--, parts++) {
    const word = (words[i] as string).replaceAll("-", "");
    if (!digits.has(word) && !/^\d+$/.test(word) && !/^[b-hj-z]$/.test(word)) break;
    length += /^\d+$/.test(word) ? word.length : 1;
  }
  return parts > 0 && length < wholeNumberDigits && (isAnnounced || parts >= 2);
}

/** "Yes, I do", "I think it is", "Tell me what you can do". */
const endsInEllipsis = (words: readonly string[]): boolean =>
  (words.length >= 4 && auxiliaries.has(words.at(-2) as string)) ||
  (words.length >= 2 && pronouns.has(words.at(-2) as string) && (words.length >= 4 || shortAnswers.has(words[0] as string)));

const backchannels = set(
  "mm mmm mhm mmhm mmhmm mhmm hmm hm uhhuh uhuh aha ah oh huh um uh er yeah yep yes yup right okay ok alright sure great cool wow nice isee gotit allright",
);
const mostBackchannelWords = 4;

/**
 * How many words of a text are more than "mm-hm": 0 where it says only that somebody listens.
 *
 * @example
 * realWords("Mm-hm, okay."); // 0
 * realWords("Yeah, but not today."); // 4
 */
export function realWords(text: string): number {
  const joined = text.toLowerCase().replace(/\b(i|got|all)\s+(see|it|right)\b/g, "$1$2");
  const words = wordsOf(joined);
  const isListening = words.length <= mostBackchannelWords && words.every((word) => backchannels.has(word.replaceAll(/['-]/g, "")));
  return isListening ? 0 : words.length;
}
