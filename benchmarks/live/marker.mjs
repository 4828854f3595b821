/**
 * A chirp that survives Opus, resampling and gain, and is found again to a fraction of a millisecond: 20 ms from 800 to 3,500 Hz. It is what
 * delay is measured with where samples are decoded and encoded in between.
 */
import { SPEECH_RATE } from "./speech.mjs";

const LENGTH = SPEECH_RATE / 50;
const [FROM_HZ, TO_HZ] = [800, 3500];
const LEVEL = 0.5;
const QUIET = SPEECH_RATE / 50; // silence around a marker, so that speech does not blur it
const LIKENESS = 0.6; // correlation above which it is the marker: what Opus makes of it has 0.9, speech 0.3

/** Samples between two markers: one per second. */
export const MARKER_PERIOD = SPEECH_RATE;

const chirp = Float32Array.from({ length: LENGTH }, (_, n) => {
  const seconds = n / SPEECH_RATE;
  const sweep = FROM_HZ + ((TO_HZ - FROM_HZ) / 2) * (n / LENGTH);
  const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / LENGTH);
  return LEVEL * window * Math.sin(2 * Math.PI * sweep * seconds);
});
const chirpEnergy = energyOf(chirp, 0);

/** Puts a marker at the middle of every second; what was there goes silent. */
export function addMarkers(samples) {
  const marked = samples.slice();
  for (let at = MARKER_PERIOD / 2; at + LENGTH + QUIET < marked.length; at += MARKER_PERIOD) {
    marked.fill(0, at - QUIET, at + LENGTH + QUIET);
    marked.set(chirp, at);
  }
  return marked;
}

/** Where the markers begin, in samples: peaks of the normalized correlation, with a parabola through the neighbors. */
export function findMarkers(samples) {
  const found = [];
  for (let at = 0; at + LENGTH < samples.length; at++) {
    if (likeness(samples, at) < LIKENESS) continue;
    let best = at;
    for (let next = at; next < Math.min(at + LENGTH, samples.length - LENGTH); next++)
      if (likeness(samples, next) > likeness(samples, best)) best = next;
    found.push(best + vertex(likeness(samples, best - 1), likeness(samples, best), likeness(samples, best + 1)));
    at = best + MARKER_PERIOD / 4;
  }
  return found;
}

function likeness(samples, at) {
  if (at < 0) return 0;
  const energy = energyOf(samples, at);
  if (energy < chirpEnergy / 50) return 0; // quiet: cannot be one, and need not be computed
  let product = 0;
  for (let n = 0; n < LENGTH; n++) product += samples[at + n] * chirp[n];
  return product / Math.sqrt(energy * chirpEnergy);
}

function energyOf(samples, at) {
  let energy = 0;
  for (let n = at; n < at + LENGTH; n++) energy += samples[n] * samples[n];
  return energy;
}

const vertex = (left, middle, right) => (left - right) / (2 * (left - 2 * middle + right) || 1);
