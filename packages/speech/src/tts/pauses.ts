/** Silence around spoken parts: engines put as much there as they like, and it would be waited for. */

/** Quieter than this, ±1, is silence: −46 dB. */
const silent = 0.005;
/** Kept before the first sound and after the last: soft beginnings and ends of words. ms */
const beforeMs = 15;
const afterMs = 60;

/** How long it is quiet after a part, ms: after a sentence, inside of one, and at the end of all. */
export function pauseAfterMs(clause: string, isLast: boolean): number {
  if (isLast) return afterMs;
  return /[.!?…:]["'”’)\]]*$/u.test(clause) ? 150 : 90;
}

/** Sound leaves in frames of this length, ms; what is spoken is made to fill the last one. */
export const frameMs = 20;

/**
 * The samples without the silence before them, and with so much of it after them that they fill whole frames; nothing where there is no
 * sound.
 *
 * @param pauseMs of silence after the last sound; at least 60 ms, for soft ends
 */
export function withPause(samples: Float32Array, sampleRate: number, pauseMs: number): Float32Array {
  const isSound = (sample: number): boolean => Math.abs(sample) > silent;
  const first = samples.findIndex(isSound);
  if (first < 0) return new Float32Array(0);
  const from = Math.max(0, first - Math.round((beforeMs * sampleRate) / 1000));
  const last = samples.findLastIndex(isSound) + 1;
  const frame = Math.round((frameMs * sampleRate) / 1000);
  const length = last - from + Math.round((Math.max(pauseMs, afterMs) * sampleRate) / 1000);
  const result = new Float32Array(Math.ceil(length / frame) * frame);
  result.set(samples.subarray(from, from + result.length));
  return result;
}
