import type { ResamplerOptions } from "@remotemedia/core";
import { designLowPass, type LowPass } from "./filter.ts";
import { type FourierPlan, factorize, fourierCost, planFourier } from "./fourier.ts";

/**
 * Overlap-save conversion by a small ratio in the frequency domain: a block of input samples is transformed, its bins are weighted with
 * the (real) response of the low-pass and moved into a shorter or longer spectrum, and that is transformed back at the other rate.
 * Overlap-save: T. G. Stockham, "High-speed convolution and correlation", 1966; with unequal lengths: H. Bi and S. K. Mitra, "Sampling
 * rate conversion in the frequency domain", IEEE Signal Processing Magazine, May 2011.
 */
export interface Transform {
  readonly forward: FourierPlan;
  readonly inverse: FourierPlan;
  /** Samples by which a block advances, before and after; only as many of its output samples are free of the circle's wrap. */
  readonly hopIn: number;
  readonly hopOut: number;
  /** Input samples that a block reads before and after its hop. */
  readonly lead: number;
  readonly tail: number;
  /** Weights of bins 0, ±1, ±2 …; the rest of the spectrum is 0. */
  readonly weights: Float32Array;
}

/** The second step where one transform cannot do it all: reading the transform's output between its samples. */
export interface Interpolation {
  /** Output sample n lies at `n × stepNumerator / stepDenominator` samples of the transform's output. */
  readonly stepNumerator: number;
  readonly stepDenominator: number;
}

/** How a conversion is done; the same for every channel and stream with these rates, quality and latency. */
export interface ResamplePlan {
  /** Output rate over input rate in lowest terms. */
  readonly up: number;
  readonly down: number;
  readonly transform: Transform;
  readonly interpolation: Interpolation | undefined;
  /** The most input held back, in input samples. */
  readonly delay: number;
}

// So that buffers and tables fit the second-level cache, and a pair of blocks half a second.
const longestTransform = 6144;
const longestPairSeconds = 0.4;
/** What a pair costs beside its transforms (calls, copies), in the measure of `fourierCost`: about half a microsecond. */
const pairCost = 10_000;
/** Rate between transform and interpolation, over half the lower rate. Half a 16-tap kernel's transition fits above the signal then. */
const intermediateRatio = 4.6;
/** Taps before the sample that an output sample lies behind, and all of them: see interpolation-table.ts. */
export const interpolationReach = 8;

const plans = new Map<string, ResamplePlan>();
const mostPlans = 32;

/** The plan for two different rates; it is made once. */
export function planResampling(options: ResamplerOptions): ResamplePlan {
  const { inputRate, outputRate, quality, latency } = options;
  const key = `${inputRate} ${outputRate} ${quality} ${latency}`;
  const known = plans.get(key);
  if (known !== undefined) return known;
  if (plans.size >= mostPlans) plans.clear();
  const plan = design(options);
  plans.set(key, plan);
  return plan;
}

interface Geometry {
  readonly up: number;
  readonly down: number;
  readonly blocks: number;
  readonly hopIn: number;
  /** Operations per input sample. */
  readonly cost: number;
}

function design({ inputRate, outputRate, quality, latency }: ResamplerOptions): ResamplePlan {
  const lowPass = designLowPass(quality, Math.min(inputRate, outputRate));
  const isLive = latency === "live";
  const [up, down] = reduce(outputRate, inputRate);
  const hop = isLive ? findLiveHop(inputRate, down) : undefined;
  const direct = isLive && hop === undefined ? undefined : search(inputRate, up, down, lowPass, hop);
  if (direct) {
    const transform = createTransform(direct, inputRate, lowPass);
    return { up, down, transform, interpolation: undefined, delay: 2 * transform.hopIn + transform.tail };
  }
  const [interUp, interDown] = intermediate(inputRate, Math.min(inputRate, outputRate) / 2);
  // Any hop will do here, because outputs are counted by time and not by blocks.
  const interHop = isLive ? Math.ceil(inputRate / 200 / interDown) * interDown : undefined;
  const transform = createTransform(search(inputRate, interUp, interDown, lowPass, interHop) as Geometry, inputRate, lowPass);
  const [stepNumerator, stepDenominator] = reduce(inputRate * interUp, outputRate * interDown);
  const delay = 2 * transform.hopIn + transform.tail + Math.ceil(((interpolationReach + 2) * interDown) / interUp);
  return { up, down, transform, interpolation: { stepNumerator, stepDenominator }, delay };
}

/** A simple ratio that brings `rate` to where the interpolation may read it. */
function intermediate(rate: number, bandwidth: number): [up: number, down: number] {
  const lowest = intermediateRatio * bandwidth;
  return rate >= lowest ? [1, Math.floor(rate / lowest)] : reduce(Math.ceil((2 * lowest) / rate), 2);
}

/** The cheapest blocks of `down × n` input and `up × n` output samples; they advance by `liveHop`, or as far as they can. */
function search(rate: number, up: number, down: number, lowPass: LowPass, liveHop: number | undefined): Geometry | undefined {
  const reach = Math.ceil((lowPass.length * rate) / 2);
  let best: Geometry | undefined;
  for (const blocks of smoothNumbers(longestTransform / Math.max(up, down))) {
    const hopIn = liveHop ?? Math.floor((down * blocks - 2 * reach) / down) * down;
    const fits = hopIn > 0 && hopIn + 2 * reach <= down * blocks && 2 * hopIn <= longestPairSeconds * rate;
    const forward = fits && factorize(down * blocks);
    const inverse = forward && factorize(up * blocks);
    if (!inverse) continue;
    const cost = (fourierCost(forward) + fourierCost(inverse) + pairCost) / hopIn;
    if (best === undefined || cost < best.cost) best = { up, down, blocks, hopIn, cost };
  }
  return best;
}

/** The multiples of 4 up to `most` with no prime factor above 7: as `up` or `down` is odd, other blocks give no transform. */
function smoothNumbers(most: number): number[] {
  let numbers = most < 4 ? [] : [4];
  for (const prime of [2, 3, 5, 7]) {
    numbers = numbers.flatMap((number) => {
      const multiples: number[] = [];
      for (let multiple = number; multiple <= most; multiple *= prime) multiples.push(multiple);
      return multiples;
    });
  }
  return numbers;
}

/**
 * The hop of live streams, for about 10 ms per pair of blocks. Two or more pairs fill 20 ms exactly, so that every 20 ms of input give 20 ms of
 * output; ratios too coarse for that need the interpolation.
 */
function findLiveHop(rate: number, down: number): number | undefined {
  return [2, 3, 4].map((pairs) => rate / (100 * pairs)).find((hop) => Number.isInteger(hop) && hop % down === 0);
}

function createTransform({ up, down, blocks, hopIn }: Geometry, rate: number, lowPass: LowPass): Transform {
  const forward = planFourier(down * blocks);
  const inverse = planFourier(up * blocks);
  const tail = Math.ceil((lowPass.length * rate) / 2);
  const binWidth = rate / forward.length;
  const weights = new Float32Array(Math.ceil(lowPass.end / binWidth));
  for (let bin = 0; bin < weights.length; bin++) weights[bin] = lowPass.response(bin * binWidth) / forward.length;
  return { forward, inverse, hopIn, hopOut: (hopIn / down) * up, lead: forward.length - hopIn - tail, tail, weights };
}

function reduce(numerator: number, denominator: number): [numerator: number, denominator: number] {
  let [a, b] = [numerator, denominator];
  while (b > 0) [a, b] = [b, a % b];
  return [numerator / a, denominator / a];
}
