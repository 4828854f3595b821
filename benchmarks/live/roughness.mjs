import { SPEECH_RATE } from "./speech.mjs";

const BLOCK = 80; // 5 ms at 16 kHz
const JUMP = 10;
const AUDIBLE = 1e-4;

/**
 * Clicks per minute: blocks of 5 ms in which the energy of the second difference is ten times that of all blocks 10 and 15 ms away. Speech has some (plosives), the chirps have two each;
 * holes, jumps and kinks add to them.
 */
export function clicksPerMinute(samples) {
  const energies = [];
  for (let at = 2; at + BLOCK <= samples.length; at += BLOCK) energies.push(energyAt(samples, at));
  const isClick = (energy, i) => energy > AUDIBLE && [-3, -2, 2, 3].every((step) => energy > JUMP * (energies[i + step] ?? Infinity));
  return (energies.filter(isClick).length * 60 * SPEECH_RATE) / samples.length;
}

function energyAt(samples, at) {
  let energy = 0;
  for (let n = at; n < at + BLOCK; n++) energy += (samples[n] - 2 * samples[n - 1] + samples[n - 2]) ** 2;
  return energy;
}
