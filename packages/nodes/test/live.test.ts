import { spawn } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type AudioFrame, Flags, type Frame, jsonFrame, VirtualClock } from "@remotemedia/core";
import { loadKernels } from "@remotemedia/kernels";
import { callbackSink, callbackSource, chunk, formatConvert, gain, level, remix, resample, tone, vad } from "@remotemedia/nodes";
import { fileSink, fileSource, pcmSink, pcmSource } from "@remotemedia/nodes/nodejs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { ByteStream } from "../src/nodejs/byte-stream.ts";
import { framesOf, joined, samplesOf, tone as toneOf } from "./audio.ts";
import { programOf } from "./program.ts";
import { pipelineOf, runNodes } from "./run-node.ts";

// A shared machine may be several times slower.
vi.setConfig({ testTimeout: 60_000 });

const recording = new URL("../../../examples/media/sense_and_sensibility_01_austen_64kb-0870.wav", import.meta.url).pathname;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "remotemedia-live-"));
});

/** Advances a virtual clock in steps of 5 ms. The file is real, so each step waits until the source has armed its timer again. */
async function advance(clock: VirtualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5) {
    await vi.waitFor(() => expect(clock.pending).toBeGreaterThan(0), { timeout: 30_000, interval: 1 });
    await clock.advance(Math.min(5, ms - passed));
  }
}

describe("sources in real time", () => {
  it("give each frame when its time has come", async () => {
    const clock = new VirtualClock();
    const heard: [number, number][] = [];
    const take = callbackSink((frame) => void heard.push([frame.timestamp, clock.nowUs()]));
    for (const source of [tone({ pace: true, durationMs: 100 }), fileSource({ path: recording, pace: true })]) {
      heard.length = 0;
      const session = await pipelineOf([source, take], { clock }).open({ clock });
      // Disks do not know the virtual clock.
      while (heard.length === 0) await clock.advance(0);
      const startUs = clock.nowUs();
      await advance(clock, 80);
      await clock.advance(19);
      expect(heard).toEqual([0, 20_000, 40_000, 60_000, 80_000].map((us) => [us, startUs + us]));
      await session.close();
      expect(clock.pending).toBe(0);
    }
  });

  it("play a file again and again, and time goes on", async () => {
    const path = join(folder, "short.wav");
    await runNodes([fileSink({ path })], framesOf(toneOf(480, 16_000), 16_000, 480));
    const clock = new VirtualClock();
    const heard: Frame[] = [];
    const session = await pipelineOf(
      [fileSource({ path, pace: true, loop: true }), callbackSink((frame) => void heard.push(frame.detached()))],
      { clock },
    ).open({ clock });
    while (heard.length === 0) await clock.advance(0);
    await advance(clock, 60);
    await session.close();
    expect(heard.map(({ timestamp, duration, flags }) => [timestamp, duration, flags])).toEqual([
      [0, 20_000, 0],
      [20_000, 10_000, 0],
      [30_000, 20_000, Flags.discontinuity],
      [50_000, 10_000, 0],
      [60_000, 20_000, Flags.discontinuity],
    ]);
  });
});

describe("callbacks", () => {
  it("feed a pipeline and take from it, and cannot travel", async () => {
    const taken: unknown[] = [];
    async function* frames() {
      yield jsonFrame(1);
      yield jsonFrame(2);
    }
    const take = callbackSink(async (frame) => taken.push((frame as { value?: unknown }).value));
    await pipelineOf([callbackSource(frames()), take]).run();
    await pipelineOf([callbackSource((out) => out.emit("out", jsonFrame(3))), take]).run();
    expect(taken).toEqual([1, 2, 3]);
    expect(() => pipelineOf([callbackSource([])]).toManifest()).toThrow(expect.objectContaining({ code: "not-serializable" }));
  });
});

describe("raw PCM", () => {
  it("goes through files in every encoding", async () => {
    const data = samplesOf(1000, (i, channel) => 0.5 * Math.sin(i / 9 + channel), 2);
    for (const format of ["u8", "s16", "s24", "s32", "f32"] as const) {
      const path = join(folder, `${format}.pcm`);
      await runNodes([pcmSink({ path, format })], framesOf(data, 8_000, 77, { channels: 2 }));
      const { out = [] } = await runNodes([
        pcmSource({ path, format, sampleRate: 8_000, channels: 2 }),
        formatConvert({ format: "f32-planar" }),
      ]);
      expect(out.map((frame) => (frame as AudioFrame).numberOfFrames)).toEqual([160, 160, 160, 160, 160, 160, 40]);
      expect(Math.max(...joined(out, 1).map((sample, i) => Math.abs(sample - (data[1000 + i] as number))))).toBeLessThanOrEqual(1 / 256);
    }
  });

  it("drops half a sample at the end, and says so", async () => {
    const [path, lines] = [join(folder, "odd.pcm"), [] as string[]];
    await writeFile(path, new Uint8Array(325));
    const { out = [] } = await runNodes([pcmSource({ path, sampleRate: 8_000 })], undefined, { lines });
    expect(joined(out).length).toBe(162);
    expect(lines).toEqual([expect.stringContaining("1 bytes dropped")]);
    await expect(runNodes([pcmSource({ path: "/no/such" })])).rejects.toMatchObject({
      code: "io-failed",
      message: expect.stringContaining("/no/such"),
    });
    await expect(runNodes([pcmSink({ path: "/no/such/file" })], framesOf(new Float32Array(8), 8_000, 8))).rejects.toMatchObject({
      code: "io-failed",
    });
  });

  it("goes from standard input to standard output, no faster than it is read, and tells when nobody reads", async () => {
    const program = await programOf("await pipeline.add(pcmSource()).add(pcmSink()).run().catch(fail);", folder, "copy");
    const start = () => spawn(process.execPath, [program]);
    const bytes = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 31) % 253));
    const child = start();
    child.stdin.end(bytes);
    const got: Buffer[] = [];
    for await (const part of child.stdout) got.push(part as Buffer);
    expect(Buffer.concat(got).equals(bytes)).toBe(true);

    const deaf = start();
    deaf.stdout.destroy();
    deaf.stdin.on("error", () => undefined).end(Buffer.alloc(5_000_000));
    let told = "";
    for await (const part of deaf.stderr) told += String(part);
    expect(told).toMatch(/io-failed cannot write standard output: whoever read the pipe has closed it/);
  });

  it("waits while a pipe is full", async () => {
    const slow = new PassThrough({ highWaterMark: 1000 });
    const stream = ByteStream.over(slow, "pipe");
    expect(stream.append(new Uint8Array(500))).toBeUndefined();
    const wait = stream.append(new Uint8Array(2000));
    expect(wait).toBeInstanceOf(Promise);
    slow.resume();
    await wait;
  });
});

describe("a recording that is cut short", () => {
  const framesOfFile = async (path: string) =>
    ((await runNodes([fileSource({ path })])).out as AudioFrame[]).reduce((sum, { numberOfFrames }) => sum + numberOfFrames, 0);

  it("can be read when the disk is full, and the error says what is written", async () => {
    const path = join(folder, "full.wav");
    const program = await programOf(
      `await pipeline.add(tone({ durationMs: 10_000 })).add(fileSink({ path: ${JSON.stringify(path)} })).run().catch(fail);`,
      folder,
      "full",
    );
    // A limit on the size of files is a full disk that needs no disk.
    const child = spawn("bash", ["-c", `ulimit -f 300; exec ${process.execPath} ${program}`]);
    let told = "";
    for await (const part of child.stderr) told += String(part);
    expect(told).toContain(`io-failed cannot write ${path}: the file system does not take larger files (307200 bytes are written)`);
    expect((await readFile(path)).readUInt32LE(40)).toBe(307_200 - 44);
    expect(await framesOfFile(path)).toBe((307_200 - 44) / 2);
  });

  it("can be read up to the last second when the process is killed", async () => {
    const path = join(folder, "killed.wav");
    const program = await programOf(
      `
      await pipeline.add(tone({ durationMs: 60_000, pace: true, sampleRate: 8_000 })).add(fileSink({ path: ${JSON.stringify(path)} })).open();
      setTimeout(() => process.kill(process.pid, "SIGKILL"), 2_500);`,
      folder,
      "killed",
    );
    await new Promise((resolve) => spawn(process.execPath, [program]).on("exit", resolve));
    expect((await readFile(path)).readUInt32LE(40)).toBeGreaterThan(1.2 * 16_000);
    expect(await framesOfFile(path)).toBeGreaterThan(1.2 * 8_000);
  });
});

describe("the story of the demo", () => {
  const chain = (path: string) => [
    fileSource({ path: recording }),
    resample({ sampleRate: 48_000 }),
    remix({ channels: 2 }),
    vad({ segments: true }),
    gain({ gainDb: -6 }),
    level(),
    fileSink({ path }),
  ];

  it("cuts the speech out of a recording, the same in every run", async () => {
    const [a, b] = [join(folder, "a.wav"), join(folder, "b.wav")];
    await pipelineOf(chain(a)).run();
    await pipelineOf(chain(b)).run();
    const written = await readFile(a);
    expect(written.equals(await readFile(b))).toBe(true);
    const [read] = (await runNodes([fileSource({ path: a })])).out as AudioFrame[];
    expect(read).toMatchObject({ sampleRate: 48_000, numberOfChannels: 2, format: "s16" });
    // 7.1 s of recording, of which the pauses at both ends are left out.
    expect((written.length - 44) / 4 / 48_000).toBeGreaterThan(6);
  });

  it("sounds the same with SIMD kernels and with plain ones, and with every framing", async () => {
    const { wasm } = await loadKernels();
    const nodes = [resample({ sampleRate: 48_000 }), remix({ channels: 2 }), vad({ segments: true }), gain({ gainDb: -6 }), level()];
    const source = fileSource({ path: recording });
    const plain = joined((await runNodes([source, ...nodes])).out ?? []);
    const runs = [
      (await runNodes([source, ...nodes], undefined, wasm && { kernels: wasm })).out,
      (await runNodes([source, chunk({ samples: 320 }), ...nodes])).out,
    ];
    for (const out of runs) {
      const samples = joined(out ?? []);
      expect(samples.length).toBe(plain.length);
      expect(samples.every((sample, i) => Math.abs(sample - (plain[i] as number)) < 1e-6)).toBe(true);
    }
  });
});
