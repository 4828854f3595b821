import { type AudioFrame, Flags, type Frame, textFrame } from "@remotemedia/core";
import { describe, expect, it, vi } from "vitest";
import { openaiTts } from "../../src/tts/openai-tts.ts";
import { PcmReader } from "../../src/tts/pcm-reader.ts";
import { SpokenWords } from "../../src/tts/spoken-words.ts";
import { talk } from "../chat/talk.ts";
import { type Answer, stubServer, until } from "../openai/stub-server.ts";

// The network is real: a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

/** So many samples that count up. */
const pcm = (count: number): Buffer => Buffer.from(Int16Array.from({ length: count }, (_, i) => i).buffer);
const sound =
  (count: number): Answer =>
  (response) =>
    response.writeHead(200, { "content-type": "audio/pcm" }).end(pcm(count));
const ended = (frames: readonly Frame[]): boolean => frames.some(({ flags }) => (flags & Flags.end) !== 0);
const last = (words: string) => textFrame(words, { flags: Flags.end });

describe("openai-tts", () => {
  it("asks for raw samples and gives frames of 20 ms whose time goes on", async () => {
    await using server = await stubServer(sound(1_200), sound(480));
    await using agent = await talk(openaiTts({ baseUrl: server.baseUrl, model: "m", voice: "v", speed: 1.5 }));
    for (const frame of [textFrame("Hello there."), last("Bye.")]) await agent.session.push(frame);
    await until(
      () => ended(agent.out),
      () => agent.clock.advance(0),
    );
    expect(server.bodies).toEqual(
      ["Hello there.", "Bye."].map((input) => ({ model: "m", voice: "v", speed: 1.5, input, response_format: "pcm" })),
    );
    const frames = agent.out as unknown as AudioFrame[];
    expect(frames.map(({ timestamp, numberOfFrames, flags }) => [timestamp, numberOfFrames, (flags & Flags.end) !== 0])).toEqual([
      [0, 480, false],
      [20_000, 480, false],
      [40_000, 240, false],
      [50_000, 480, false],
      [70_000, 0, true],
    ]);
    expect(frames[0]).toMatchObject({ format: "f32-planar", sampleRate: 24_000, numberOfChannels: 1 });
    expect([frames[1]?.data[0], frames[2]?.data[239]]).toEqual([480 / 32_768, 1_199 / 32_768]);
  });

  it("gives the first sound while the server still speaks", async () => {
    let end = (): void => undefined;
    await using server = await stubServer((response) => {
      response.write(pcm(500));
      end = () => void response.end(pcm(500));
    });
    await using agent = await talk(openaiTts({ baseUrl: server.baseUrl, sampleRate: 22_050 }));
    await agent.session.push(last("Hello."));
    await until(
      () => agent.out.length === 1,
      () => agent.clock.advance(0),
    );
    expect((agent.out[0] as AudioFrame).numberOfFrames).toBe(441);
    end();
    await until(
      () => ended(agent.out),
      () => agent.clock.advance(0),
    );
  });

  it("an answer that ends in nothing, or has no words, is ended without a request", async () => {
    await using server = await stubServer(sound(480));
    await using agent = await talk(openaiTts({ baseUrl: server.baseUrl }));
    await agent.session.push(last(""));
    await until(
      () => ended(agent.out),
      () => agent.clock.advance(0),
    );
    expect(server.asked).toHaveLength(0);
  });

  const failing: readonly (readonly [what: string, answer: Answer, code: string])[] = [
    ["401", (response) => response.writeHead(401).end(), "auth-failed"],
    ["JSON", (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}"), "transport-failed"],
    ["another format", (response) => response.writeHead(200, { "content-type": "audio/mpeg" }).end(pcm(480)), "transport-failed"],
    ["nothing", (response) => response.end(), "transport-failed"],
    ["half a sample", (response) => response.end("x"), "transport-failed"],
    ["a lost connection", (response) => response.write(pcm(480), () => setTimeout(() => response.destroy(), 20)), "transport-failed"],
    ["silence", () => undefined, "timeout"],
    ["silence in the middle", (response) => response.write(pcm(480)), "timeout"],
    ["an hour", (response) => response.end(pcm(8_000 * 301)), "limit-exceeded"],
  ];
  for (const [what, answer, code] of failing)
    it(`ends the answer and tells the error when the server gives ${what}; the next one is spoken`, async () => {
      await using server = await stubServer(answer, sound(160));
      await using agent = await talk(openaiTts({ baseUrl: server.baseUrl, timeoutMs: 2_000, sampleRate: 8_000 }));
      await agent.session.push(last("Hello."));
      await until(
        () => ended(agent.out) && agent.errors.length > 0,
        () => agent.clock.advance(20),
      );
      expect(agent.errors.map(({ error }) => error.code)).toEqual([code]);
      const before = agent.out.length;
      await agent.session.push(last("Hello."));
      await until(
        () => ended(agent.out.slice(before)),
        () => agent.clock.advance(20),
      );
      expect((agent.out[before] as AudioFrame).numberOfFrames).toBe(160);
    });

  it("an interruption ends the request at once", async () => {
    await using server = await stubServer((response) => response.write(pcm(4_800)));
    await using agent = await talk(openaiTts({ baseUrl: server.baseUrl }));
    await agent.session.push(last("Hello."));
    await until(
      () => agent.out.length > 0,
      () => agent.clock.advance(0),
    );
    agent.session.interrupt();
    await until(() => server.asked[0]?.wasDropped === true);
    expect(agent.errors).toHaveLength(0);
  });
});

describe("Raw samples", () => {
  it("are the same however the bytes are cut", () => {
    for (const size of [1, 2, 3, 7, 100]) {
      const reader = new PcmReader(10);
      const samples: number[] = [];
      for (let at = 0; at < 131; at += size)
        samples.push(
          ...reader.push(
            pcm(66)
              .subarray(0, 131)
              .subarray(at, at + size),
          ),
        );
      expect(samples.length).toBe(60);
      expect([...samples, ...reader.end()]).toEqual(Array.from({ length: 65 }, (_, i) => i / 32_768));
    }
  });
});

describe("While the length of a sentence is not known", () => {
  const said = (reached: readonly number[], end: number) => {
    const parts: [string | undefined, number][] = [];
    const words = new SpokenWords("It is late. ", ({ text, durationUs }) => void parts.push([text, durationUs]));
    for (const us of reached) words.reach(us);
    words.end(end);
    return parts;
  };

  it("its words are told at the pace of speech, and the last with the rest", () => {
    expect(said([100_000, 400_000, 5_000_000], 6_000_000)).toEqual([
      ["It", 195_000],
      ["is", 195_000],
      ["late.", 5_610_000],
    ]);
    expect(said([], 300_000)).toEqual([["It is late.", 300_000]]);
    expect(said([200_000], 100_000)).toEqual([
      ["It", 195_000],
      ["is late.", 0],
    ]);
  });
});
