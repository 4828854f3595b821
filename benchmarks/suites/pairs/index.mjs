import { measureQuality } from "../../lib/quality.mjs";
import { resamplers } from "../../lib/resamplers.mjs";
import { verdict } from "../../lib/verdict.mjs";

const RATES = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const BAR = "quality of every pair of rates: within 0.1 dB to 0.925 f, at most −120 dB from 1.05 f";

/** The quality of `high` between every two usual rates: the claim is made for every pair, so every pair is measured. */
export async function run({ native, progress }) {
  progress(`${RATES.length * (RATES.length - 1)} pairs`);
  const [ours] = resamplers(native);
  const measured = RATES.map((from) => RATES.map((to) => (from === to ? undefined : measureQuality(ours, from, to))));
  const all = measured.flat().filter(Boolean);
  const skipped = all.find((quality) => quality.skipped)?.skipped;
  return {
    title: "Quality of every pair",
    tables: [matrix(measured)],
    verdicts: [skipped ? verdict(BAR, skipped) : worstOf(all)],
  };
}

function matrix(measured) {
  const cell = (quality) => (quality ? (quality.skipped ? "skipped" : `${quality.ripple.toFixed(3)}, ${quality.worst.toFixed(0)}`) : "");
  return {
    title: "RemoteMedia high: ripple to 0.925 f in dB, worst alias or image in dB",
    head: ["from \\ to, kHz", ...RATES.map((rate) => rate / 1000)],
    rows: measured.map((row, index) => [RATES[index] / 1000, ...row.map(cell)]),
  };
}

function worstOf(all) {
  const ripple = Math.max(...all.map((quality) => quality.ripple));
  const worst = Math.max(...all.map((quality) => quality.worst));
  return verdict(BAR, `${all.length} pairs, at worst ${ripple.toFixed(3)} dB and ${worst.toFixed(0)} dB`, ripple <= 0.1 && worst <= -120);
}
