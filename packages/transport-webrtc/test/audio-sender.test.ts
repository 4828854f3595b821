import { loadOpus } from "@remotemedia/codecs";
import { type AudioFrame, type AudioInit, audioFrame, Flags, VirtualClock } from "@remotemedia/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type AudioPacket, AudioSender, type AudioSenderOptions } from "../src/audio-sender.ts";

const ms = 1000;

interface Sent extends AudioPacket {
  readonly atMs: number;
}

/** A sender on a virtual clock. Its encoder writes the samples themselves, as s16 of the first plane, so that tests can read them. */
function sender(options: Partial<AudioSenderOptions> = {}) {
  const clock = new VirtualClock();
  const sent: Sent[] = [];
  const played: [turn: number, durationUs: number][] = [];
  const formats: string[] = [];
  const tuned: string[] = [];
  const audio = new AudioSender({
    clock,
    firstTimestamp: 1000,
    createEncoder({ sampleRate, numberOfChannels }) {
      formats.push(`${sampleRate}/${numberOfChannels}`);
      return {
        sampleRate,
        numberOfChannels,
        frameSize: sampleRate / 50,
        encode: ([plane]) => new Uint8Array(Int16Array.from(plane!, (value) => Math.round(value * 10_000)).buffer),
        setBitrate: (value) => tuned.push(`bitrate ${value}`),
        setExpectedLoss: (value) => tuned.push(`loss ${value}`),
        close: () => formats.push("closed"),
      };
    },
    send: (packet) => sent.push({ ...packet, atMs: clock.nowUs() / ms }),
    played: (turn, durationUs) => played.push([turn, durationUs]),
    ...options,
  });
  /** Lets time pass as the shared ticker would: a tick at each due time. */
  const pass = async (durationMs: number): Promise<void> => {
    const endUs = clock.nowUs() + durationMs * ms;
    for (let guard = 0; audio.dueUs <= endUs && guard < 10_000; guard++) {
      await clock.advance(Math.max(0, audio.dueUs - clock.nowUs()) / ms);
      audio.tick(clock.nowUs());
    }
    await clock.advance((endUs - clock.nowUs()) / ms);
  };
  return { clock, sent, played, formats, tuned, audio, pass };
}

let counter = 0;
const frameOf = (samples: number, init: Partial<AudioInit> = {}): AudioFrame =>
  audioFrame({ sampleRate: 48_000, data: new Float32Array(samples).fill(0.5), ...init });
/** Samples that count on, 10,000 a turn of the counter. */
const counting = (samples: number, init: Partial<AudioInit> = {}): AudioFrame =>
  audioFrame({ sampleRate: 48_000, data: Float32Array.from({ length: samples }, () => (counter++ % 10_000) / 10_000), ...init });
const answer = (turn: number, samples: number, flags = 0): AudioFrame => counting(samples, { turn, flags: Flags.answer | flags });
const samplesOf = ({ payload }: AudioPacket): number[] => [...new Int16Array(payload.buffer)];
const isComfort = ({ payload }: AudioPacket): boolean => payload.length === 1;

test("what a change of delay left over goes in the next quiet moment, and no packet waits for another frame any more", async () => {
  const { audio, sent, pass } = sender();
  const say = async (samples: number, value: number): Promise<void> => {
    audio.push(audioFrame({ sampleRate: 48_000, data: new Float32Array(samples).fill(value), timestamp: 0 }));
    await pass((samples * 1000) / 48_000);
  };
  for (const samples of [960, 960, 1500, 960, 960]) await say(samples, 0.5);
  expect([sent.length, Math.round(audio.bufferedMs * 1000)]).toEqual([5, 11_250]);
  for (let i = 0; i < 5; i++) await say(960, 0);
  expect([sent.length, audio.bufferedMs]).toEqual([10, 0]);
  const total = sent.at(-1)!.timestamp - sent[0]!.timestamp + 960;
  expect(total).toBe(960 * 9 + 1500);
});

test("live frames of 20 ms leave at once, with steady RTP time, whatever the event loop does", async () => {
  const { audio, sent, clock, pass } = sender();
  for (const [i, late] of [0, 3, 0, 12, 19, 1, 0, 150, 131, 112, 93, 74, 55, 36, 17, 0].entries()) {
    await pass(Math.max(0, i * 20 + late - clock.nowUs() / ms));
    const before = sent.length;
    expect(audio.push(frameOf(960, { timestamp: i * 20_000 }))).toBeUndefined();
    expect(sent.length).toBe(before + 1);
  }
  expect(sent.map(({ timestamp }) => timestamp)).toEqual(sent.map((_, i) => 1000 + 960 * i));
  expect(sent.map(({ marker }) => marker)).toEqual(sent.map((_, i) => i === 0));
  expect(audio.droppedMs).toBe(0);
});

test("frames of any length and rate are cut sample by sample", async () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(lengths, fc.constantFrom(8000, 12_000, 16_000, 24_000, 48_000), async (sizes, sampleRate) => {
      counter = 0;
      const { audio, sent, pass } = sender({ aheadMs: 1e9 });
      for (const [i, size] of sizes.entries()) {
        const isLast = i === sizes.length - 1;
        audio.push(counting(size, { sampleRate, turn: 1, flags: Flags.answer | (isLast ? Flags.end : 0) }));
      }
      const total = counter;
      await pass((total / sampleRate) * 1000 + 60);
      const sound = sent.slice(0, Math.ceil(total / (sampleRate / 50)));
      const heard = sound.flatMap(samplesOf);
      expect(heard.slice(0, total)).toEqual(Array.from({ length: total }, (_, i) => i % 10_000));
      expect(heard.slice(total).every((sample) => sample === 0)).toBe(true);
      expect(sound.every(({ timestamp }, i) => timestamp === 1000 + 960 * i)).toBe(true);
    }),
    { numRuns: 30, seed: 1 },
  );
});

test("an answer that comes all at once is sent in real time, and push waits while more than 60 ms is ahead", async () => {
  const { audio, sent, played, pass } = sender();
  let isRoom = false;
  expect(audio.push(answer(3, 960 * 4))).toBeUndefined();
  void Promise.resolve(audio.push(answer(3, 960 * 6))).then(() => (isRoom = true));
  expect(audio.bufferedMs).toBe(180);
  await pass(100);
  expect(isRoom).toBe(false);
  await pass(40);
  expect(isRoom).toBe(true);
  await pass(60);
  expect(sent.map(({ atMs }) => atMs)).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 180]);
  expect(played).toEqual(Array.from({ length: 10 }, () => [3, 20_000]));
});

test("only the answer's own samples count as played", async () => {
  const { audio, played, pass } = sender();
  audio.push(answer(2, 1440, Flags.end));
  audio.push(answer(3, 480, Flags.end));
  await pass(100);
  expect(played).toEqual([
    [2, 20_000],
    [2, 10_000],
    [3, 10_000],
  ]);
});

test("an interruption drops the old answer with a short fade, frees who waits, and says where the cut is", async () => {
  const { audio, sent, pass } = sender();
  const frames = [0, 1].map(() => frameOf(960 * 50, { turn: 1, flags: Flags.answer }));
  for (const frame of frames) frame.retain();
  const waits = [audio.push(frames[0]!), audio.push(frames[1]!)];
  await pass(110);
  const before = sent.length;
  const cut = audio.interrupt(2);
  await Promise.all(waits);
  expect(sent.length).toBe(before + 1);
  expect(cut).toBe(1000 + 960 * sent.length);
  const fade = samplesOf(sent.at(-1)!);
  expect(Math.max(...fade.slice(1).map((value, i) => Math.abs(value - fade[i]!)))).toBeLessThan(50);
  expect(fade.slice(240).every((sample) => sample === 0)).toBe(true);
  expect(audio.bufferedMs).toBe(0);
  expect(frames.map(({ holders }) => holders)).toEqual([1, 1]);
  audio.push(answer(2, 960));
  await pass(30);
  expect(sent.at(-1)!.timestamp).toBe(cut);
});

test("an interruption leaves fresh answers and live audio alone, and adds nothing when all is quiet", () => {
  const { audio, sent } = sender();
  expect(audio.interrupt(2)).toBe(1000);
  audio.push(answer(2, 9600));
  expect(audio.interrupt(2)).toBe(1960);
  expect(audio.bufferedMs).toBe(180);
  expect(sent.length).toBe(1);
});

test("an answer that never began is dropped without a sound", async () => {
  const { audio, sent } = sender();
  audio.push(answer(2, 960));
  audio.push(answer(1, 9600));
  expect(audio.interrupt(2)).toBe(1960);
  expect(sent.length).toBe(1);
  expect(audio.bufferedMs).toBe(0);
});

test("after a pause RTP time is where the clock is, and the packet carries the marker", async () => {
  const { audio, sent, pass } = sender();
  audio.push(frameOf(960, { timestamp: 0 }));
  await pass(1000);
  audio.push(frameOf(960, { timestamp: 20_000 }));
  const last = sent.at(-1)!;
  expect(last).toMatchObject({ marker: true, timestamp: 1000 + 48_000, atMs: 1000 });
});

test("a pause is a packet of silence and then an empty one each 400 ms", async () => {
  const { audio, sent, pass } = sender();
  audio.push(frameOf(960));
  await pass(1500);
  expect(sent.map(({ atMs }) => atMs)).toEqual([0, 220, 240, 640, 1040, 1440]);
  expect(sent.map(isComfort)).toEqual([false, false, true, true, true, true]);
  expect(samplesOf(sent[1]!).every((sample) => sample === 0)).toBe(true);
  expect(sent.slice(1).every(({ marker, timestamp, atMs }) => !marker && timestamp === 1000 + atMs * 48)).toBe(true);
});

test("after the end of an answer the pause begins at once", async () => {
  const { audio, sent, pass } = sender();
  audio.push(answer(1, 1920, Flags.end));
  await pass(100);
  expect(sent.map(({ atMs }) => atMs)).toEqual([0, 20, 40, 60]);
  expect(isComfort(sent[3]!)).toBe(true);
});

test("samples that fill no packet leave with zeros when nothing follows", async () => {
  const { audio, sent, pass } = sender();
  audio.push(frameOf(1200));
  await pass(79);
  expect(sent.length).toBe(1);
  await pass(1);
  expect(samplesOf(sent[1]!).filter((sample) => sample !== 0).length).toBe(240);
  expect(sent[1]!.timestamp).toBe(1960);
});

test("the very first samples leave with zeros too when nothing follows", async () => {
  const { audio, sent, pass } = sender();
  audio.push(frameOf(1, { sampleRate: 8000 }));
  await pass(59);
  expect(sent.length).toBe(0);
  await pass(1);
  expect(samplesOf(sent[0]!).filter((sample) => sample !== 0).length).toBe(1);
  expect(audio.bufferedMs).toBe(0);
});

test.each([300, 480])(
  "an event loop that is held for %i ms loses nothing, whether timers or the source come first after it",
  async (heldMs) => {
    for (const isTickFirst of [true, false]) {
      const { audio, sent, clock, pass } = sender();
      let index = 0;
      const speak = () => void audio.push(frameOf(960, { timestamp: index++ * 20_000 }));
      for (let i = 0; i < 20; i++, await pass(20)) speak();
      await clock.advance(heldMs);
      if (isTickFirst && audio.dueUs <= clock.nowUs()) audio.tick(clock.nowUs());
      await pass(2);
      while (index * 20 * ms <= clock.nowUs()) speak();
      for (let i = 0; i < 20; i++, await pass(20)) speak();
      expect(sent.length).toBe(index);
      expect(audio.droppedMs).toBe(0);
      expect(sent.map(({ timestamp }) => timestamp)).toEqual(sent.map((_, i) => 1000 + 960 * i));
    }
  },
);

test("RTP time follows holes in the media time of live audio", async () => {
  const { audio, sent, pass } = sender();
  audio.push(frameOf(960, { timestamp: 0 }));
  audio.push(frameOf(480, { timestamp: 20_000 }));
  await pass(100);
  audio.push(frameOf(960, { timestamp: 100_000, flags: Flags.gap }));
  expect(sent.map(({ timestamp }) => (timestamp - 1000) / 48)).toEqual([0, 20, 100]);
  expect(sent.at(-1)!.marker).toBe(true);
});

test("a live source that runs fast is kept within 60 ms", async () => {
  const { audio, sent, pass } = sender();
  let timestamp = 0;
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 10; i++, timestamp += 20_000) audio.push(frameOf(960, { timestamp }));
    const aheadMs = (sent.at(-1)!.timestamp + 960 - 1000) / 48 + audio.bufferedMs - round * 20;
    expect(aheadMs).toBeLessThanOrEqual(100);
    await pass(20);
  }
  expect(audio.droppedMs).toBe(20_000 - sent.length * 20);
  expect(sent.length).toBeLessThan(110);
});

test("live audio in large blocks is sent whole", async () => {
  const { audio, sent, pass } = sender();
  for (let i = 0; i < 10; i++) {
    audio.push(frameOf(9600, { timestamp: i * 200_000 }));
    await pass(200);
  }
  expect(sent.length).toBe(100);
  expect(audio.droppedMs).toBe(0);
  expect(sent.map(({ timestamp }) => timestamp)).toEqual(sent.map((_, i) => 1000 + 960 * i));
});

test("another rate or number of channels gets an encoder of its own, tuned like the last", async () => {
  const { audio, sent, formats, tuned, pass } = sender();
  audio.setBitrate(20_000);
  audio.push(frameOf(1000, { turn: 1, flags: Flags.answer }));
  audio.setExpectedLoss(7);
  audio.push(frameOf(320, { sampleRate: 16_000, turn: 1, flags: Flags.answer }));
  audio.push(frameOf(640, { sampleRate: 16_000, numberOfChannels: 2, turn: 1, flags: Flags.answer }));
  await pass(100);
  expect(formats).toEqual(["48000/1", "closed", "16000/1", "closed", "16000/2"]);
  expect(tuned).toEqual(["bitrate 20000", "loss 7", "bitrate 20000", "loss 7", "bitrate 20000", "loss 7"]);
  expect(sent.slice(0, 4).map(({ timestamp }) => timestamp)).toEqual([1000, 1960, 2920, 3880]);
});

test("what a track cannot carry is refused and released", () => {
  const { audio } = sender();
  const bad = [
    frameOf(441, { sampleRate: 44_100 }),
    frameOf(960, { numberOfChannels: 3, numberOfFrames: 320 }),
    audioFrame({ format: "s16", sampleRate: 48_000, data: new Int16Array(960) }),
  ];
  for (const frame of bad) {
    expect(() => audio.push(frame)).toThrow(expect.objectContaining({ code: "media-incompatible" }));
    expect(frame.holders).toBe(0);
  }
});

test("who never awaits is stopped at a minute", () => {
  const { audio } = sender();
  const push = () => void audio.push(frameOf(480_000, { turn: 1, flags: Flags.answer }));
  for (let i = 0; i < 7; i++) push();
  expect(push).toThrow(expect.objectContaining({ code: "overflow" }));
});

test("close frees who waits and every frame, and takes nothing more", async () => {
  const { audio, formats } = sender();
  const frames = [0, 1, 2].map(() => frameOf(9600, { turn: 1, flags: Flags.answer }));
  const waits = frames.slice(0, 2).map((frame) => audio.push(frame));
  audio.close();
  audio.close();
  await Promise.all(waits);
  audio.push(frames[2]!);
  expect(frames.map(({ holders }) => holders)).toEqual([0, 0, 0]);
  expect(audio.dueUs).toBe(Number.POSITIVE_INFINITY);
  expect(formats).toEqual(["48000/1", "closed"]);
});

test("whatever comes whenever: RTP time only rises, nothing runs ahead, every frame is released", async () => {
  const step = fc.oneof(
    fc.record({
      samples: fc.integer({ min: 0, max: 4000 }),
      sampleRate: fc.constantFrom(8000, 16_000, 48_000),
      numberOfChannels: fc.constantFrom(1, 2),
      flags: fc.integer({ min: 0, max: 15 }),
      turn: fc.integer({ min: 0, max: 3 }),
      timestamp: fc.integer({ min: -1e6, max: 1e7 }),
    }),
    fc.record({ interrupt: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ passMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 900 })) }),
    fc.record({ stallMs: fc.integer({ min: 0, max: 400 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { audio, sent, clock, pass } = sender();
      const frames: AudioFrame[] = [];
      for (const one of steps) {
        if ("passMs" in one) await pass(one.passMs);
        else if ("stallMs" in one) await clock.advance(one.stallMs);
        else if ("interrupt" in one) expect(audio.interrupt(one.interrupt)).toBeGreaterThanOrEqual(1000);
        else {
          const { samples, numberOfChannels, ...init } = one;
          frames.push(frameOf(samples * numberOfChannels, { ...init, numberOfChannels }));
          audio.push(frames.at(-1)!);
        }
      }
      await pass(audio.bufferedMs + 1000);
      expect(audio.bufferedMs).toBe(0);
      expect(frames.every(({ holders }) => holders === 0)).toBe(true);
      expect(sent.every(({ timestamp }, i) => i === 0 || timestamp - sent[i - 1]!.timestamp >= 960)).toBe(true);
      // Beside the lead of live audio: a packet for each interruption that fades, and what a pause adds.
      const leads = sent.map(({ timestamp, atMs }) => (timestamp - sent[0]!.timestamp) / 48 - (atMs - sent[0]!.atMs));
      expect(Math.max(0, ...leads)).toBeLessThanOrEqual(60 + 20 * (1 + steps.filter((one) => "interrupt" in one).length));
    }),
    { numRuns: 60, seed: 2 },
  );
});

test("with Opus: silence of a source that goes on is not sent, and RTP time goes on", async () => {
  const opus = await loadOpus();
  const { audio, sent, pass } = sender({ createEncoder: (format) => opus.createEncoder({ ...format, dtx: true }) });
  for (let i = 0; i < 150; i++) {
    const level = i < 20 || i >= 120 ? 0.3 : 0;
    const data = Float32Array.from({ length: 960 }, (_, k) => level * Math.sin((i * 960 + k) / 20));
    audio.push(frameOf(960, { timestamp: i * 20_000, data }));
    await pass(20);
  }
  const packets = sent.filter(({ atMs }) => atMs >= 700 && atMs < 2400);
  expect(packets.length).toBeLessThan(16);
  expect(sent.every(({ timestamp, atMs }) => timestamp === 1000 + atMs * 48)).toBe(true);
  expect(sent.filter(({ marker, atMs }) => marker && atMs === 2400).length).toBe(1);
});
