import { mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AudioFrame, audioFrame, isRemoteMediaError } from "@remotemedia/core";
import { passThrough } from "@remotemedia/nodes";
import { fileSink, fileSource } from "@remotemedia/nodes/nodejs";
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { framesOf, joined, samplesOf } from "./audio.ts";
import { pipelineOf, runNodes } from "./run-node.ts";

// A shared machine may be several times slower.
vi.setConfig({ testTimeout: 60_000 });

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "remotemedia-wav-"));
});

const bytes = (...parts: (string | readonly number[] | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Uint8Array.from(part))));
const u16 = (value: number) => [value & 255, (value >> 8) & 255];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const riffChunk = (id: string, data: Uint8Array, size = data.length) => bytes(id, u32(size), data, data.length % 2 ? [0] : []);

interface Format {
  readonly tag?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  readonly align?: number;
  readonly guidTag?: number;
}
const fmt = ({ tag = 1, channels = 1, rate = 16_000, bits = 16, align = (channels * bits) / 8, guidTag }: Format = {}) =>
  riffChunk(
    "fmt ",
    bytes(
      u16(tag),
      u16(channels),
      u32(rate),
      u32(rate * align),
      u16(align),
      u16(bits),
      ...(guidTag === undefined ? [] : [u16(22), u16(bits), u32(0), u16(guidTag), new Uint8Array(14)]),
    ),
  );
const riff = (...chunks: Uint8Array[]) => bytes("RIFF", u32(chunks.reduce((sum, { length }) => sum + length, 4)), "WAVE", ...chunks);
const ramp = Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 251);

let files = 0;
async function read(content: Uint8Array, lines: string[] = []): Promise<AudioFrame[]> {
  const path = join(folder, `${files++}.wav`);
  await writeFile(path, content);
  const { out } = await runNodes([fileSource({ path })], undefined, { lines });
  return out as AudioFrame[];
}
const failure = (content: Uint8Array) =>
  read(content).then(
    () => undefined,
    (error: unknown) => error,
  );

describe("file-source", () => {
  it("reads every encoding in the cheapest exact format", async () => {
    const cases = [
      [{ bits: 8 }, "s16", (view: DataView, i: number) => (view.getUint8(i) - 128) * 256],
      [{ bits: 16 }, "s16", (view: DataView, i: number) => view.getInt16(2 * i, true)],
      [{ bits: 24 }, "s32", (view: DataView, i: number) => (view.getUint16(3 * i, true) << 8) | (view.getUint8(3 * i + 2) << 24) | 0],
      [{ bits: 32 }, "s32", (view: DataView, i: number) => view.getInt32(4 * i, true)],
      [{ bits: 32, tag: 3 }, "f32-planar", (view: DataView, i: number) => view.getFloat32(4 * i, true)],
      [{ bits: 64, tag: 3 }, "f32-planar", (view: DataView, i: number) => Math.fround(view.getFloat64(8 * i, true))],
      [{ bits: 16, tag: 0xfffe, guidTag: 1 }, "s16", (view: DataView, i: number) => view.getInt16(2 * i, true)],
    ] as const;
    for (const [format, expected, sample] of cases) {
      const data = format.bits === 64 ? new Uint8Array(new Float64Array([0.1, -0.2, 1, 0, 0.5, 0.25]).buffer) : ramp;
      const [frame] = await read(riff(fmt(format), riffChunk("data", data)));
      const view = new DataView(data.buffer);
      expect(frame?.format).toBe(expected);
      expect([...(frame?.data ?? [])]).toEqual(Array.from({ length: (data.length * 8) / format.bits }, (_, i) => sample(view, i)));
    }
  });

  it("finds the data behind other chunks, odd ones too, and in files for more than 4 GiB", async () => {
    const [frame] = await read(
      riff(
        riffChunk("LIST", bytes("INFOx")),
        fmt({ channels: 2 }),
        riffChunk("fact", bytes(u32(12))),
        riffChunk("data", ramp),
        riffChunk("id3 ", ramp),
      ),
    );
    expect(frame).toMatchObject({ numberOfChannels: 2, numberOfFrames: 12, sampleRate: 16_000 });
    const long = bytes(
      "RF64",
      u32(0xffffffff),
      "WAVE",
      riffChunk("ds64", bytes(u32(0), u32(0), u32(40), u32(0), u32(20), u32(0), u32(0))),
      fmt(),
      riffChunk("data", ramp, 0xffffffff),
    );
    expect((await read(long))[0]?.numberOfFrames).toBe(20);
  });

  it("reads to the end where the header lies, and says so", async () => {
    for (const size of [0, 0xffffffff, 1000]) {
      const lines: string[] = [];
      expect((await read(riff(fmt(), riffChunk("data", ramp, size)), lines))[0]?.numberOfFrames).toBe(24);
      expect(lines).toEqual([expect.stringContaining(`the header says ${size} bytes of samples, the file holds 48`)]);
    }
    const lines: string[] = [];
    expect((await read(riff(fmt({ channels: 2 }), riffChunk("data", ramp.slice(0, 46))), lines))[0]?.numberOfFrames).toBe(11);
    expect(lines).toEqual([expect.stringContaining("2 bytes dropped")]);
    expect(await read(riff(fmt(), riffChunk("data", new Uint8Array(0))))).toEqual([]);
  });

  it("says what is wrong with files that it cannot read", async () => {
    const data = riffChunk("data", ramp);
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(0), "is empty"],
      [bytes("OggS", ramp), 'starts with "OggS"'],
      [bytes("RIFF"), 'starts with "RIFF"'],
      [bytes("RIFF", u32(40), "AVI ", ramp), "is no WAV file"],
      [riff(fmt()), "has no data chunk"],
      [riff(data), "has no `fmt ` chunk"],
      [riff(riffChunk("fmt ", ramp.slice(0, 10)), data), "damaged header"],
      [riff(fmt({ tag: 0x55 }), data), "MP3"],
      [riff(fmt({ bits: 12, align: 7 }), data), "7 bytes"],
      [riff(fmt({ tag: 3, bits: 16 }), data), "16-bit floats"],
      [riff(fmt({ channels: 0, align: 2 }), data), "0 channels"],
      [riff(fmt({ rate: 0 }), data), "0 Hz"],
      [riff(fmt({ rate: 0xffffffff }), data), "4294967295 Hz"],
      [riff(fmt({ channels: 2, align: 2 }), data), "2 bytes"],
    ];
    for (const [content, what] of cases) {
      const error = await failure(content);
      expect(error).toMatchObject({ code: "media-invalid" });
      expect(String(error)).toContain(what);
    }
    const compressed = await failure(riff(fmt({ tag: 6, bits: 8 }), data));
    expect(String(compressed)).toMatch(/A-law[\s\S]*ffmpeg -i .*wav/);
  });

  it("names the path that it cannot open", async () => {
    await expect(runNodes([fileSource({ path: "/no/such.wav" })])).rejects.toMatchObject({
      code: "io-failed",
      message: "cannot read /no/such.wav: there is no such file or folder",
    });
    await expect(runNodes([fileSource({ path: folder })])).rejects.toMatchObject({
      code: "io-failed",
      message: expect.stringContaining("it is a folder"),
    });
  });

  it("reads any bytes, or fails with an error of ours", async () => {
    const header = fc.record({
      tag: fc.constantFrom(0, 1, 2, 3, 0xfffe, 65_535),
      channels: fc.constantFrom(0, 1, 2, 6, 64, 65, 65_535),
      rate: fc.constantFrom(0, 1, 8000, 44_100, 768_000, 0xffffffff),
      bits: fc.constantFrom(0, 1, 8, 12, 16, 20, 24, 32, 64, 65_535),
      align: fc.oneof(fc.constantFrom(0, 1, 2, 4, 8), fc.nat(65_535)),
    });
    const size = fc.constantFrom(0, 1, 7, 48, 0x7fffffff, 0xfffffffe, 0xffffffff);
    const chunk = fc.oneof(
      fc
        .tuple(
          header,
          size.map((value) => value),
        )
        .map(([format]) => fmt(format)),
      fc
        .tuple(fc.constantFrom("data", "LIST", "ds64", "fmt ", "JUNK"), fc.uint8Array({ maxLength: 64 }), fc.option(size))
        .map(([id, data, lie]) => riffChunk(id, data, lie ?? data.length)),
    );
    const file = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.constantFrom("RIFF", "RF64", "RIFX"), fc.array(chunk, { maxLength: 6 }), fc.nat(400))
        .map(([magic, chunks, cut]) => bytes(magic, u32(0), "WAVE", ...chunks).subarray(0, cut)),
    );
    await fc.assert(
      fc.asyncProperty(file, async (content) => {
        const error = await failure(content);
        expect(error === undefined || (isRemoteMediaError(error) && error.code === "media-invalid")).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("file-sink", () => {
  const path = () => join(folder, `out-${files++}.wav`);

  it("writes what file-source reads back, in every encoding", async () => {
    const data = samplesOf(1000, (i, channel) => Math.fround(0.9 * Math.sin(i / 10 + channel)), 2);
    const worst = { u8: 1 / 256, s16: 1 / 65_536, s24: 1 / 2 ** 24, s32: 1e-9, f32: 0 } as const;
    for (const [format, error] of Object.entries(worst) as [keyof typeof worst, number][]) {
      const file = path();
      await runNodes([fileSink({ path: file, format })], framesOf(data, 48_000, 333, { channels: 2 }));
      const { out = [] } = await runNodes([
        fileSource({ path: file }),
        (await import("@remotemedia/nodes")).formatConvert({ format: "f32-planar" }),
      ]);
      const written = joined(out, 1);
      expect(written.length).toBe(1000);
      expect(Math.max(...written.map((sample, i) => Math.abs(sample - (data[1000 + i] as number))))).toBeLessThanOrEqual(error);
      expect((out[0] as AudioFrame).sampleRate).toBe(48_000);
    }
  });

  it("writes no WAV file by the name of another format", async () => {
    const [file, target] = [path(), join(folder, "out.MP3")];
    await writeFile(file, riff(fmt(), riffChunk("data", ramp)));
    await expect(runNodes([fileSource({ path: file }), fileSink({ path: target })])).rejects.toMatchObject({
      code: "media-incompatible",
      message: `${target}: audio is written as WAV`,
      received: ".MP3",
      fix: `Write ${join(folder, "out.wav")}, then: ffmpeg -i ${join(folder, "out.wav")} ${target}`,
    });
    await expect(readFile(target)).rejects.toThrow("ENOENT");
  });

  it("does not destroy the file that is being read, whatever name it has", async () => {
    const [file, link] = [path(), path()];
    const content = riff(fmt(), riffChunk("data", ramp));
    await writeFile(file, content);
    await symlink(file, link);
    for (const target of [file, link]) {
      await expect(runNodes([fileSource({ path: file }), fileSink({ path: target })])).rejects.toMatchObject({
        code: "usage",
        message: `${target} is being read, and cannot be written at the same time`,
        fix: "Write another file.",
      });
      expect(await readFile(file)).toEqual(content);
    }
    await runNodes([fileSource({ path: file }), fileSink({ path: path() })]);
    await runNodes([fileSink({ path: file })], []);
    expect(await readFile(file)).not.toEqual(content);
  });

  it("does not share its file with another sink", async () => {
    const file = path();
    const frames = framesOf(new Float32Array(160), 16_000, 160);
    const both = pipelineOf([passThrough()])
      .branch((branch) => branch.add(fileSink({ path: file })))
      .add(fileSink({ path: file }));
    await expect(both.run(frames)).rejects.toMatchObject({
      code: "usage",
      message: `${file} is being written by another node, and cannot be written at the same time`,
    });
    for (let run = 0; run < 2; run++) await runNodes([fileSink({ path: file })], framesOf(new Float32Array(160), 16_000, 160));
  });

  it("writes files that can be read, also when they are cut off anywhere", async () => {
    const layout = fc.record({
      format: fc.constantFrom("u8", "s16", "s24", "s32", "f32"),
      channels: fc.integer({ min: 1, max: 8 }),
      rate: fc.constantFrom(8_000, 11_025, 44_100, 192_000),
      lengths: fc.array(fc.nat(300), { minLength: 1, maxLength: 5 }),
      cut: fc.nat(200),
    });
    await fc.assert(
      fc.asyncProperty(layout, async ({ format, channels, rate, lengths, cut }) => {
        const file = path();
        let timestamp = 0;
        const frames = lengths.map((length) => {
          const frame = audioFrame({
            data: new Float32Array(length * channels).fill(0.5),
            sampleRate: rate,
            numberOfChannels: channels,
            numberOfFrames: length,
            timestamp,
          });
          timestamp += frame.duration;
          return frame;
        });
        await runNodes([fileSink({ path: file, format })], frames);
        const written = await readFile(file);
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const sampleBytes = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4 }[format] * channels;
        expect(written.length).toBe(44 + 2 * Math.ceil((total * sampleBytes) / 2));
        const kept = Math.max(44, written.length - cut);
        const readBack = await read(written.subarray(0, kept));
        expect(readBack.reduce((sum, { numberOfFrames }) => sum + numberOfFrames, 0)).toBe(
          Math.min(total, Math.floor((kept - 44) / sampleBytes)),
        );
        for (const frame of readBack) expect([frame.sampleRate, frame.numberOfChannels]).toEqual([rate, channels]);
      }),
      { numRuns: 100 },
    );
  });

  it("copies integer files bit for bit", async () => {
    for (const [bits, format] of [
      [16, "s16"],
      [24, "s24"],
      [32, "s32"],
      [8, "u8"],
    ] as const) {
      const original = riff(fmt({ bits }), riffChunk("data", ramp));
      const [from, to] = [path(), path()];
      await writeFile(from, original);
      await runNodes([fileSource({ path: from }), fileSink({ path: to, format })]);
      expect(await readFile(to)).toEqual(original);
    }
  });

  it("clamps, writes 0 for NaN, and says once how often", async () => {
    for (const [format, expected] of [
      ["s16", [32767, -32768, 0, 32767, -32768]],
      ["s24", [0x7fffff00, -0x80000000, 0, 0x7fffff00, -0x80000000]],
      ["f32", [2, -2, 0, 1, -1]],
    ] as const) {
      const [file, lines] = [path(), [] as string[]];
      await runNodes([fileSink({ path: file, format })], framesOf(Float32Array.of(2, -2, Number.NaN, Infinity, -Infinity), 16_000, 1), {
        lines,
      });
      const { out = [] } = await runNodes([fileSource({ path: file })]);
      expect([...(out[0] as AudioFrame).data]).toEqual(expected);
      expect(lines).toEqual([expect.stringContaining("3 samples were NaN or infinite")]);
    }
  });

  it("pads odd data and writes a readable file where no audio came", async () => {
    const odd = path();
    await runNodes([fileSink({ path: odd, format: "u8" })], framesOf(new Float32Array(3), 16_000, 3));
    expect((await readFile(odd)).length).toBe(48);
    expect((await runNodes([fileSource({ path: odd })])).out?.[0]).toMatchObject({ numberOfFrames: 3 });
    const [empty, copy] = [path(), path()];
    await writeFile(empty, riff(fmt({ rate: 8000 }), riffChunk("data", new Uint8Array(0))));
    await runNodes([fileSource({ path: empty }), fileSink({ path: copy })]);
    expect((await readFile(copy)).readUInt32LE(24)).toBe(8000);
  });

  it("fails where the folder is not there or the disk is full, and names the path", async () => {
    const frames = framesOf(new Float32Array(400_000), 16_000, 8000);
    await expect(runNodes([fileSink({ path: "/no/such/out.wav" })], frames)).rejects.toMatchObject({
      code: "io-failed",
      message: expect.stringContaining("/no/such/out.wav"),
    });
    await expect(runNodes([fileSink({ path: folder })], frames)).rejects.toMatchObject({ code: "io-failed" });
    await expect(runNodes([fileSink({ path: "/dev/full" })], frames)).rejects.toMatchObject({
      code: "io-failed",
      message: expect.stringContaining("no space is left on the device"),
    });
  });

  it("refuses a second format, or something else than it holds", async () => {
    const mixed = [...framesOf(new Float32Array(100), 16_000, 100), "text"] as never;
    await expect(runNodes([fileSink({ path: path() })], mixed)).rejects.toMatchObject({ code: "media-incompatible" });
    const rates = [...framesOf(new Float32Array(100), 16_000, 100), ...framesOf(new Float32Array(100), 8_000, 100)];
    await expect(runNodes([fileSink({ path: path() })], rates)).rejects.toMatchObject({ code: "media-incompatible" });
  });

  it("writes text, JSON, events and bytes", async () => {
    const { textFrame, jsonFrame, eventFrame } = await import("@remotemedia/core");
    const frames = [
      textFrame("hel", { final: false }),
      textFrame("hello"),
      jsonFrame({ a: [1] }),
      eventFrame("marker", 3, { timestamp: 5 }),
    ];
    const [plain, lines, raw] = ["t.txt", "t.jsonl", "t.bin"].map((name) => join(folder, name)) as [string, string, string];
    await runNodes([fileSink({ path: plain })], frames);
    expect(await readFile(plain, "utf8")).toBe('hello\n{"a":[1]}\n{"event":"marker","value":3,"timestamp_us":5}\n');
    await runNodes([fileSink({ path: lines })], frames);
    expect((await readFile(lines, "utf8")).split("\n")[0]).toMatch(/^{"text":"hel","final":false,"timestamp_us":\d+}$/);
    await runNodes([fileSink({ path: raw })], [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect([...(await readFile(raw))]).toEqual([1, 2, 3]);
  });
});
