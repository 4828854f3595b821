import type { Resampler } from "@remotemedia/core";
import { interpolationReach, type ResamplePlan } from "./plan.ts";

/** What computes: memory for streams, and the two steps of a conversion. Places in it are indexes into `floats`. */
export interface ResampleEngine {
  /** The whole memory; growth replaces it, so it is read anew each time. */
  readonly floats: Float32Array;
  /** Place of `length` floats that are held until `close`. */
  allocate(length: number): number;
  /** Transforms a pair of blocks, the first of which starts at `source`, into `2 × hopOut` samples at `target`, and may write three more. */
  transform(source: number, target: number): void;
  /** Reads `count` samples from between others: the first lies `remainder / stepDenominator` behind the one at `source`. */
  interpolate(source: number, remainder: number, target: number, count: number): void;
  /** Gives all memory back. */
  close(): void;
}

/** Samples of a live frame, all channels: 20 ms at 96 kHz in four channels. */
const landingLength = 8_192;

/** Samples that an engine may write behind those asked for. */
const overrun = 3;

/**
 * The stream around an engine. Pairs of blocks lie at fixed places of the stream, so all framings of it give the same bits.
 *
 * Each channel has a *history*, from `lead` samples before the next block on, and, if the plan interpolates, a *middle*: the transform's
 * output from the first sample on that the next output sample needs.
 */
export function createStream(plan: ResamplePlan, channels: number, inputRate: number, engine: ResampleEngine): Resampler {
  const { up, down, transform, interpolation, delay } = plan;
  const { lead, tail } = transform;
  const pairIn = 2 * transform.hopIn;
  const pairOut = 2 * transform.hopOut;
  const historyLength = lead + pairIn + tail;
  // A pair, what the delay holds back, and what the kernel looks back on.
  const middleLength = interpolation && pairOut + Math.ceil((delay * pairOut) / pairIn) + 2 * interpolationReach + overrun;
  const stageLength = interpolation ? Math.ceil((historyLength * up) / down) + 1 : pairOut + overrun;

  const histories = Array.from({ length: channels }, () => engine.allocate(historyLength));
  const middles = Array.from({ length: middleLength ? channels : 0 }, () => engine.allocate(middleLength as number));
  const stage = engine.allocate(stageLength);
  // A live frame is taken in parts. It is copied whole first: a view of each part would be more garbage than all the rest of a frame.
  const landing = engine.allocate(landingLength);
  const isLanded = (input: Float32Array): boolean => input.length <= landingLength;
  let staged = engine.floats.subarray(0, 0);

  let received = 0;
  let produced = 0;
  let historyFilled = 0;
  let middleFilled = 0;
  /** Where in the transform's output the middle begins. */
  let middleStart = 0;

  const reset = (): void => {
    for (const place of histories) engine.floats.fill(0, place, place + historyLength);
    for (const place of middles) engine.floats.fill(0, place, place + (middleLength as number));
    received = 0;
    produced = 0;
    historyFilled = lead;
    middleFilled = interpolationReach - 1;
    middleStart = -middleFilled;
  };

  const outputOf = (frames: number): number => Math.ceil((frames * up) / down);

  /** How many output frames the first `frames` of a stream give before it ends. */
  const producible = (frames: number): number => {
    if (interpolation) return outputOf(Math.max(0, frames - delay));
    return Math.max(0, Math.floor((frames - tail) / pairIn)) * pairOut;
  };

  /** Reads the input, or silence, until it or the output is at its end. */
  const advance = (input: Float32Array | undefined, inputFrames: number, output: Float32Array, outputFrames: number): void => {
    let taken = 0;
    let given = 0;
    if (input && isLanded(input)) engine.floats.set(input, landing);
    while (taken < inputFrames && (input || given < outputFrames)) {
      const part = Math.min(historyLength - historyFilled, inputFrames - taken);
      const isReady = historyFilled + part === historyLength;
      received += part;
      const count = Math.min(producible(received) - produced, outputFrames - given);
      for (let channel = 0; channel < channels; channel++) {
        fillHistory(channel, input, channel * inputFrames + taken, part);
        run(channel, isReady, count);
        if (count > 0) output.set(view(count), channel * outputFrames + given);
      }
      taken += part;
      given += count;
      settle(part, isReady, count);
    }
  };

  const fillHistory = (channel: number, input: Float32Array | undefined, offset: number, count: number): void => {
    const place = (histories[channel] as number) + historyFilled;
    if (!input) engine.floats.fill(0, place, place + count);
    else if (isLanded(input)) engine.floats.copyWithin(place, landing + offset, landing + offset + count);
    else engine.floats.set(input.length === count ? input : input.subarray(offset, offset + count), place);
  };

  const run = (channel: number, isReady: boolean, count: number): void => {
    const history = histories[channel] as number;
    const middle = middles[channel];
    if (isReady) {
      engine.transform(history, middle === undefined ? stage : middle + middleFilled);
      engine.floats.copyWithin(history, history + pairIn, history + historyLength);
    }
    if (!interpolation || middle === undefined) return;
    const { stepNumerator, stepDenominator } = interpolation;
    const position = Math.floor((produced * stepNumerator) / stepDenominator);
    const remainder = produced * stepNumerator - position * stepDenominator;
    engine.interpolate(middle + position - middleStart, remainder, stage, count);
    const unneeded = unneededMiddle(produced + count);
    engine.floats.copyWithin(middle, middle + unneeded, middle + middleFilled + (isReady ? pairOut : 0));
  };

  /** How many samples at the start of the middle lie before all that output sample `next` needs. */
  const unneededMiddle = (next: number): number => {
    if (!interpolation) return 0;
    const position = Math.floor((next * interpolation.stepNumerator) / interpolation.stepDenominator);
    return position - (interpolationReach - 1) - middleStart;
  };

  /** Moves the counters on; and back by whole periods, so that a stream without end stays within exact integers. */
  const settle = (part: number, isReady: boolean, count: number): void => {
    historyFilled += part - (isReady ? pairIn : 0);
    const unneeded = unneededMiddle(produced + count);
    middleFilled += (isReady ? pairOut : 0) - unneeded;
    middleStart += unneeded;
    produced += count;
    const period = interpolation ? down : 1;
    const periods = Math.floor((received - delay) / (period * pairIn));
    if (periods <= 0) return;
    received -= periods * period * pairIn;
    middleStart -= periods * period * pairOut;
    produced -= (periods * period * pairIn * up) / down;
  };

  const view = (count: number): Float32Array => {
    const { floats } = engine;
    if (staged.buffer !== floats.buffer || staged.length !== count) staged = floats.subarray(stage, stage + count);
    return staged;
  };

  const flushFrames = (): number => outputOf(received) - produced;

  reset();
  return {
    latencyUs: Math.ceil((delay * 1e6) / inputRate),
    outputFrames: (frames) => producible(received + frames) - produced,
    process: (input, frames, output) => advance(input, frames, output, producible(received + frames) - produced),
    flushFrames,
    flush(output) {
      advance(undefined, Number.POSITIVE_INFINITY, output, flushFrames());
      reset();
    },
    reset,
    close: () => engine.close(),
  };
}
