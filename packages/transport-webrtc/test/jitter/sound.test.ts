import { loadOpus } from "@remotemedia/codecs";
import { describe, expect, test } from "vitest";
import { join, type PlayedFrame, randomFrom, receive, type SenderOptions, send } from "./simulated-call.ts";
import { loudestClick, readSpeech, segmentalSnr, sharpestBend, spectralDistance } from "./speech.ts";

const speech = readSpeech();
const pieces = Math.floor(speech.length / 960) - 5;
const decibels = (value: number) => 20 * Math.log10(value);

const opus = await loadOpus();
const encoder = opus.createEncoder({ numberOfChannels: 1, expectedLossPercent: 10 });
const packets = Array.from({ length: 24 * 50 }, (_, k) => encoder.encode([speech], (k % pieces) * 960));

/** The speech through Opus and over a network. */
function hear(network: SenderOptions["network"] = () => 30_000, seconds = pieces / 50) {
  const arrivals = send({ seconds, network }).map(({ arrivalUs, packet }) => ({
    arrivalUs,
    packet: { ...packet, payload: packets[packet.timestamp / 960] as Uint8Array },
  }));
  const { frames, buffer } = receive(arrivals, { decoder: opus.createDecoder({ numberOfChannels: 1 }), tailMs: 20 });
  return { heard: join(frames), stats: buffer.stats() };
}

const whole = hear().heard;

/** The same call with losses, and with silence in their place. */
function lossyCall(share: number, burst: number, seed: number) {
  const random = randomFrom(seed);
  const lost = new Set<number>();
  for (let k = 6; k < pieces; k++) if ((lost.has(k - 1) && !lost.has(k - burst)) || random() < share / burst) lost.add(k);
  const silenced = whole.slice();
  for (const k of lost) silenced.fill(0, k * 960, k * 960 + 960);
  return { ...hear((k) => (lost.has(k) ? undefined : 30_000)), silenced, lost };
}

describe.each([
  ["5 % of single packets", 0.05, 1],
  ["20 % of single packets", 0.2, 1],
  ["15 % in bursts of 60 ms", 0.15, 3],
])("with losses of %s", (_, share, burst) => {
  const { heard, silenced, lost } = lossyCall(share, burst, 11);

  test("the joints are as smooth as the speech without losses, and clicks lie far below those of silence put in", () => {
    expect(sharpestBend(heard)).toBeLessThanOrEqual(sharpestBend(whole) * 1.1);
    expect(decibels(loudestClick(heard))).toBeLessThan(-45);
    expect(decibels(loudestClick(silenced)) - decibels(loudestClick(heard))).toBeGreaterThan(15);
  });

  test("the spectrum is nearer to the original than with silence put in, and hardly farther in its waveform", () => {
    const lostPart = (signal: Float32Array) => Float32Array.from([...lost].flatMap((k) => [...signal.subarray(k * 960, k * 960 + 1024)]));
    expect(spectralDistance(lostPart(whole), lostPart(heard))).toBeLessThan(0.9 * spectralDistance(lostPart(whole), lostPart(silenced)));
    // Silence has 0 dB.
    expect(segmentalSnr(whole, heard, lost)).toBeGreaterThan(-1);
  });
});

test("growing and shrinking under jitter makes no clicks, and no sound is lost by it", () => {
  const random = randomFrom(12);
  const network = (_: number, at: number) => 30_000 + (Math.floor(at / 3e6) % 2 === 1 ? random() * 100_000 : 0);
  const { heard, stats } = hear(network, 24);
  const { acceleratedMs, lost } = stats;
  expect(acceleratedMs).toBeGreaterThan(100);
  expect(lost).toBeLessThan(10);
  expect(sharpestBend(heard)).toBeLessThanOrEqual(sharpestBend(whole) * 1.1);
  expect(decibels(loudestClick(heard))).toBeLessThan(-45);
});

test("corrected clock drift makes no clicks, beginning with its first correction", () => {
  const { frames, buffer } = receive(send({ seconds: 30, driftPpm: 300 }), { signal: speech.subarray(0, 48_000 * 6) });
  expect(buffer.stats().driftPpm).toBeCloseTo(300, 0);
  // The signal itself is joined every 6 s.
  const clean = frames.filter(({ rtpTimestamp }) => rtpTimestamp % (48_000 * 6) > 3 * 960);
  const pieces: PlayedFrame[][] = [[]];
  for (const [k, frame] of clean.entries()) {
    if (k > 0 && frame.rtpTimestamp - (clean[k - 1] as PlayedFrame).rtpTimestamp > 1500) pieces.push([]);
    pieces.at(-1)?.push(frame);
  }
  expect(Math.max(...pieces.map((piece) => decibels(loudestClick(join(piece)))))).toBeLessThan(-60);
});

test("what is made up passes through the correction of drift like all sound", () => {
  const tone = Float32Array.from({ length: 48_000 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 250 * i) / 48_000));
  const random = randomFrom(13);
  const network = () => (random() < 0.1 ? undefined : 30_000);
  const { frames, buffer } = receive(send({ seconds: 30, driftPpm: 300, network }), { signal: tone });
  expect(buffer.stats().driftPpm).toBeCloseTo(300, 0);
  expect(decibels(loudestClick(join(frames.slice(1, -1))))).toBeLessThan(-60);
});

test("the beginning, an end, a cut and another sender are faded", () => {
  const first = send({ seconds: 2 });
  const second = send({ seconds: 2, startUs: 2e6, firstSequence: 9000, firstTimestamp: 4e8 });
  const tone = Float32Array.from({ length: 48_000 }, (_, i) => 0.3 * Math.cos((2 * Math.PI * 250 * i) / 48_000));
  let isCut = false;
  const cut = (buffer: { drop(timestamp: number): void }, nowUs: number) => {
    if (!isCut && nowUs > 1e6) buffer.drop(80 * 960);
    isCut ||= nowUs > 1e6;
  };
  const { frames } = receive([...first, ...second], { signal: tone, before: cut, tailMs: 500 });
  const heard = join(frames);
  expect(sharpestBend(heard)).toBeLessThan(3 * sharpestBend(tone));
  expect(heard.at(-1)).toBe(0);
});
