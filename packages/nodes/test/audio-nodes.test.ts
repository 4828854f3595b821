import { type AudioFrame, audioFrame, Flags, type JsonFrame } from "@remotemedia/core";
import { audioTransform, callbackSink, chunk, delay, formatConvert, gain, level, noise, remix, silence, tone } from "@remotemedia/nodes";
import { describe, expect, it } from "vitest";
import { framesOf, joined, samplesOf, tone as toneOf } from "./audio.ts";
import { pipelineOf, runNodes } from "./run-node.ts";

const audio = (frames: readonly unknown[] = []) => frames as AudioFrame[];
const planes = (...channels: number[][]) =>
  audioFrame({
    sampleRate: 16_000,
    numberOfChannels: channels.length,
    data: Float32Array.from(channels.flat()),
    metadata: { kept: true },
    flags: Flags.end,
  });

describe("remix", () => {
  const run = async (params: Parameters<typeof remix>[0], ...channels: number[][]) => {
    const [frame] = audio((await runNodes([remix(params)], planes(...channels))).out);
    expect(frame?.metadata).toEqual({ kept: true });
    expect(frame?.flags).toBe(Flags.end);
    return [...(frame?.data ?? [])];
  };

  it("takes the mean for one channel, copies one channel, else takes the first ones", async () => {
    expect(await run({ channels: 1 }, [1, 0.5], [0, 0.5])).toEqual([0.5, 0.5]);
    expect(await run({ channels: 3 }, [1, 0.5])).toEqual([1, 0.5, 1, 0.5, 1, 0.5]);
    expect(await run({ channels: 2 }, [1], [2], [3])).toEqual([1, 2]);
    expect(await run({ channels: 3 }, [1], [2])).toEqual([1, 2, 0]);
    expect(await run({ channels: 2 }, [1], [2])).toEqual([1, 2]);
  });

  it("mixes 5.1 to stereo by BS.775", async () => {
    const half = Math.fround(Math.SQRT1_2);
    expect(await run({ channels: 2 }, [1], [0], [0], [9], [0], [0])).toEqual([1, 0]);
    expect(await run({ channels: 2 }, [0], [0], [1], [0], [0], [0])).toEqual([half, half]);
    expect(await run({ channels: 2 }, [0], [0], [0], [0], [0], [1])).toEqual([0, half]);
  });

  it("follows a matrix, and refuses one that is no rectangle", async () => {
    expect(
      await run(
        {
          matrix: [
            [0, 1],
            [1, 0],
            [0.5, -0.5],
          ],
        },
        [1],
        [0.5],
      ),
    ).toEqual([0.5, 1, 0.25]);
    await expect(run({ matrix: [[0, 1], [1]] }, [1], [0.5])).rejects.toMatchObject({ code: "params-invalid" });
  });
});

describe("format-convert", () => {
  it("clamps full scale and keeps metadata", async () => {
    const [frame] = audio((await runNodes([formatConvert({ format: "s16" })], planes([1, -1, 0.5], [-1, 1, Number.NaN]))).out);
    expect(frame).toMatchObject({ format: "s16", metadata: { kept: true }, flags: Flags.end });
    expect([...(frame?.data ?? [])]).toEqual([32767, -32768, -32768, 32767, 16384, 0]);
  });
});

describe("gain", () => {
  it("multiplies, and leaves the caller's samples alone", async () => {
    const frame = planes([0.5, -0.25]);
    expect([...joined((await runNodes([gain({ factor: 2 })], frame)).out ?? [])]).toEqual([1, -0.5]);
    expect([...joined((await runNodes([gain({ gainDb: -20 })], frame)).out ?? [])]).toEqual([expect.closeTo(0.05), expect.closeTo(-0.025)]);
    expect([...frame.data]).toEqual([0.5, -0.25]);
  });
});

describe("level", () => {
  it("measures each interval, whatever the framing, and lets audio through", async () => {
    const data = samplesOf(4000, (i, channel) => (channel === 0 ? (i < 1600 ? 0.5 : 0.1) : 0), 2);
    for (const length of [160, 333, 4000]) {
      const { out = [], levels = [] } = await runNodes([level()], framesOf(data, 16_000, length, { channels: 2 }));
      expect(joined(out, 0)).toEqual(data.slice(0, 4000));
      expect(levels.map(({ timestamp, duration }) => [timestamp, duration])).toEqual([
        [0, 100_000],
        [100_000, 100_000],
        [200_000, 50_000],
      ]);
      const { value } = levels[0] as JsonFrame;
      expect(value).toMatchObject({
        peak: 0.5,
        peak_db: expect.closeTo(-6.02, 2),
        rms: expect.closeTo(0.3535, 3),
        rms_db: expect.closeTo(-9.03, 2),
      });
      expect(value).toMatchObject({
        channels: [
          { rms: 0.5, peak: 0.5 },
          { rms: 0, rms_db: -120 },
        ],
      });
    }
  });
});

describe("chunk", () => {
  it("cuts into equal frames and gives the rest at the end, whatever the framing", async () => {
    const data = samplesOf(2500, (i, channel) => i / 4096 - channel, 2);
    for (const length of [7, 400, 2500]) {
      const { out } = await runNodes(
        [chunk({ samples: 512 })],
        framesOf(data, 44_100, length, { channels: 2, fromUs: -1000, metadata: [{ first: true }] }),
      );
      expect(audio(out).map(({ numberOfFrames }) => numberOfFrames)).toEqual([512, 512, 512, 512, 452]);
      expect(audio(out).map(({ timestamp }) => timestamp)).toEqual([0, 1, 2, 3, 4].map((n) => -1000 + Math.round((n * 512e6) / 44_100)));
      expect(joined(out ?? [], 1)).toEqual(data.slice(2500));
      expect(out?.[0]?.metadata).toEqual({ first: true });
      if (length < 2500) expect(out?.at(-1)?.metadata).toEqual({});
    }
  });

  it("ends a frame early at an end and before a jump", async () => {
    const frames = [...framesOf(new Float32Array(500), 16_000, 250), ...framesOf(new Float32Array(400), 16_000, 200, { fromUs: 9e6 })];
    (frames[2] as AudioFrame).flags = Flags.end;
    const { out } = await runNodes([chunk({ samples: 160 })], frames);
    expect(audio(out).map(({ numberOfFrames, flags }) => [numberOfFrames, flags])).toEqual([
      [160, 0],
      [160, 0],
      [160, 0],
      [20, 0],
      [160, 1],
      [40, 8],
      [160, 0],
      [40, 0],
    ]);
  });
});

describe("delay", () => {
  it("gives the same samples later by exactly the delay, whatever the framing", async () => {
    const data = samplesOf(3200, (i, channel) => i / 4096 - channel, 2);
    for (const length of [160, 333, 3200]) {
      const given = framesOf(data, 16_000, length, { channels: 2, fromUs: -1000, metadata: [{ first: true }] });
      const { out = [] } = await runNodes([delay({ delayMs: 62.5 })], given);
      expect(joined(out, 1)).toEqual(data.slice(3200));
      expect(out.map(({ timestamp }) => timestamp)).toEqual(given.map(({ timestamp }) => timestamp + 62_500));
      expect(out.map(({ metadata }) => metadata)).toEqual(given.map(({ metadata }) => metadata));
    }
  });

  it("holds live audio for the delay and no longer", async () => {
    const heard: number[] = [];
    const take = callbackSink(({ timestamp }) => void heard.push(timestamp));
    const session = await pipelineOf([delay({ delayMs: 40 }), take]).open();
    const counts: number[] = [];
    for (const frame of framesOf(new Float32Array(960), 16_000, 160)) {
      await session.push(frame);
      counts.push(heard.length);
    }
    await session.close();
    expect(counts).toEqual([0, 0, 0, 0, 1, 2]);
    expect(heard).toEqual([40_000, 50_000, 60_000, 70_000, 80_000, 90_000]);
  });

  it("holds on where something is missing: let go at once, live audio would come too early to be sent", async () => {
    const heard: number[] = [];
    const take = callbackSink(({ timestamp }) => void heard.push(timestamp));
    const session = await pipelineOf([delay({ delayMs: 40 }), take]).open();
    const frames = [...framesOf(new Float32Array(640), 16_000, 160), ...framesOf(new Float32Array(320), 16_000, 160, { fromUs: 60_000 })];
    (frames[1] as AudioFrame).flags = Flags.gap;
    (frames[2] as AudioFrame).flags = Flags.discontinuity;
    const counts: number[] = [];
    for (const frame of frames) {
      await session.push(frame);
      counts.push(heard.length);
    }
    await session.push(framesOf(new Float32Array(160), 16_000, 160, { fromUs: 50_000 })[0] as AudioFrame);
    counts.push(heard.length);
    await session.close();
    expect(counts).toEqual([0, 0, 0, 0, 3, 4, 6]);
  });

  it("lets go of what it holds before time goes back, and at an end", async () => {
    const frames = [...framesOf(new Float32Array(500), 16_000, 250), ...framesOf(new Float32Array(400), 16_000, 200, { fromUs: 9e6 })];
    (frames[2] as AudioFrame).flags = Flags.end;
    const { out } = await runNodes([delay({ delayMs: 1000 })], frames);
    expect(audio(out).map(({ timestamp, flags }) => [timestamp, flags])).toEqual([
      [1_000_000, 0],
      [1_015_625, 0],
      [10_000_000, Flags.end],
      [10_012_500, 0],
    ]);
  });
});

describe("sources", () => {
  it("makes tones whose phase does not drift", async () => {
    const { out = [] } = await runNodes([tone({ frequency: 441, sampleRate: 44_100, channels: 2, amplitude: 1, durationMs: 1010 })]);
    const right = joined(out, 1);
    expect(right.length).toBe(44_541);
    expect(right.slice(44_100, 44_541)).toEqual(right.slice(0, 441));
    expect(audio(out).at(-1)?.timestamp).toBe(1e6);
  });

  it("makes noise that a seed determines, whatever the framing", async () => {
    const [a, b, c] = await Promise.all(
      [{ frameMs: 20 }, { frameMs: 50 }, { seed: 8 }].map((params) => runNodes([noise({ channels: 2, seed: 7, ...params })])),
    );
    expect(joined(a?.out ?? [], 1)).toEqual(joined(b?.out ?? [], 1));
    expect(joined(a?.out ?? [], 1)).not.toEqual(joined(c?.out ?? [], 1));
    const samples = joined(a?.out ?? []);
    expect(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)).toBeCloseTo(0.5 / Math.sqrt(3), 2);
  });

  it("makes silence", async () => {
    const { out = [] } = await runNodes([silence({ durationMs: 50 })]);
    expect(joined(out)).toEqual(new Float32Array(2400));
  });
});

describe("audio-transform", () => {
  it("changes both rate and channels, and passes on what has both", async () => {
    const transform = audioTransform({ sampleRate: 16_000, channels: 2 });
    const [frame, ...more] = audio((await runNodes([transform], framesOf(toneOf(4800, 48_000), 48_000, 4800))).out);
    expect([frame?.sampleRate, frame?.numberOfChannels]).toEqual([16_000, 2]);
    expect(joined([frame as AudioFrame, ...more], 1).length).toBe(1600);
    const mixed = await runNodes([transform], framesOf(toneOf(1600, 16_000), 16_000, 160));
    expect(joined(mixed.out ?? [], 1)).toEqual(toneOf(1600, 16_000));
    const same = await runNodes(
      [transform],
      framesOf(
        samplesOf(1600, (i) => i / 1600, 2),
        16_000,
        160,
        { channels: 2 },
      ),
    );
    expect(joined(same.out ?? [], 0)).toEqual(samplesOf(1600, (i) => i / 1600));
  });
});
