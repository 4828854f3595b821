/** A text as the sound of its clauses, one after the other. */
import { clausesOf } from "./clauses.ts";
import { pauseAfterMs, withPause } from "./pauses.ts";
import { speakable } from "./speakable.ts";

/** What an engine makes of a clause: mono samples of ±1. The first clause of a text has the index 0. */
export type Speak = (clause: string, index: number) => Promise<Float32Array>;

/** One clause and its sound. */
export interface SpokenPart {
  /** In the words of the text, not as the engine was given them. */
  readonly text: string;
  /** Whole frames of 20 ms, with the pause after it. */
  readonly samples: Float32Array;
  /** Nothing follows. */
  readonly isLast: boolean;
}

/**
 * Has a text spoken clause by clause; the next is computed while one is heard. What cannot be spoken is left out.
 *
 * @param isLast whether the text ends what is being said: no pause comes after it
 * @throws what the engine throws, when the clause before was taken
 */
export async function* spokenParts(text: string, isLast: boolean, sampleRate: number, speak: Speak): AsyncGenerator<SpokenPart> {
  const clauses = clausesOf(text).flatMap((clause) => {
    const plain = speakable(clause);
    return plain === "" ? [] : [{ text: clause, plain }];
  });
  const begin = (index: number): Promise<Float32Array> | undefined => {
    const samples = clauses[index] && speak(clauses[index].plain, index);
    // Awaited later, or never.
    samples?.catch(() => undefined);
    return samples;
  };
  let next = begin(0);
  for (const [index, clause] of clauses.entries()) {
    const samples = (await next) as Float32Array;
    next = begin(index + 1);
    const isLastClause = isLast && index === clauses.length - 1;
    yield {
      text: clause.text,
      samples: withPause(samples, sampleRate, pauseAfterMs(clause.text, isLastClause)),
      isLast: isLastClause,
    };
  }
}
