import { testHost } from "@remotemedia/conformance";
import { type AudioFrame, audioFrame, Flags, type Frame, Pipeline } from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { describe, expect, it, vi } from "vitest";
import { openaiAsr } from "../../src/asr/openai-asr.ts";
import { talk } from "../chat/talk.ts";
import { type Answer, stubServer, until } from "../openai/stub-server.ts";

// The network is real: a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

/** A tenth of a second of sound each; the last one ends the segment. */
const segment = (fromMs: number, frames: number): AudioFrame[] =>
  Array.from({ length: frames }, (_, i) =>
    audioFrame({
      sampleRate: 16_000,
      data: new Float32Array(1_600).fill(0.5),
      timestamp: (fromMs + 100 * i) * 1_000,
      flags: i === frames - 1 ? Flags.end : 0,
      metadata: { mark: fromMs },
    }),
  );

const told = (frames: readonly Frame[]) =>
  frames.flatMap((frame) =>
    frame.kind === "text" ? [[frame.text, frame.final, frame.timestamp, frame.duration, frame.metadata["mark"]]] : [],
  );
const transcript =
  (words: string): Answer =>
  (response) =>
    response.end(JSON.stringify({ text: words }));
const form = (body: Buffer): Promise<FormData> =>
  new Response(new Uint8Array(body), {
    headers: { "content-type": `multipart/form-data; boundary=${body.subarray(2, body.indexOf("\r\n")).toString()}` },
  }).formData();

describe("openai-asr", () => {
  it("sends each segment as a WAV file, and gives its text with its time", async () => {
    await using server = await stubServer(transcript(" Hello there. "), transcript(""));
    await using agent = await talk(openaiAsr({ baseUrl: server.baseUrl, model: "tiny", language: "en" }));
    for (const frame of [...segment(0, 3), ...segment(1_000, 2)]) await agent.session.push(frame);
    await until(
      () => agent.out.length === 2,
      () => agent.clock.advance(0),
    );
    expect(told(agent.out)).toEqual([
      ["Hello there.", true, 0, 300_000, 0],
      ["", true, 1_000_000, 200_000, 1_000],
    ]);
    expect(server.asked[0]?.path).toBe("/v1/audio/transcriptions");
    const sent = await form(server.asked[0]?.body as Buffer);
    const file = sent.get("file") as File;
    const wav = new DataView(await file.arrayBuffer());
    expect([sent.get("model"), sent.get("language"), sent.get("prompt"), file.type, file.name]).toEqual([
      "tiny",
      "en",
      null,
      "audio/wav",
      "speech.wav",
    ]);
    expect([wav.byteLength, wav.getUint32(24, true), wav.getInt16(44, true)]).toEqual([44 + 2 * 4_800, 16_000, 16_384]);
  });

  it("live, listens on while the server works, and keeps the order of the speech", async () => {
    let answer = (): void => undefined;
    await using server = await stubServer((response) => {
      answer = () => void response.end('{"text":"one"}');
    }, transcript("two"));
    await using agent = await talk(openaiAsr({ baseUrl: server.baseUrl }));
    for (const frame of [...segment(0, 2), ...segment(1_000, 20)]) await agent.session.push(frame);
    await until(() => server.asked.length === 2);
    await agent.clock.advance(1_000);
    expect([agent.out.length, server.asked[1]?.body.length]).toEqual([0, expect.toSatisfy((bytes: number) => bytes > 64_000)]);
    answer();
    await until(
      () => agent.out.length === 2,
      () => agent.clock.advance(0),
    );
    expect(told(agent.out).map((text) => text[0])).toEqual(["one", "two"]);
  });

  const failing: readonly (readonly [what: string, answer: Answer, code: string])[] = [
    ["401", (response) => response.writeHead(401).end(), "auth-failed"],
    ["500", (response) => response.writeHead(500).end(), "transport-failed"],
    ["garbage", (response) => response.end("<html>"), "transport-failed"],
    ["no text", (response) => response.end('{"text":7}'), "transport-failed"],
    ["half an answer", (response) => response.write('{"te', () => setTimeout(() => response.destroy(), 20)), "transport-failed"],
    ["ten megabytes", (response) => response.end(JSON.stringify({ text: "x".repeat(1e7) })), "limit-exceeded"],
    ["silence", () => undefined, "timeout"],
  ];
  for (const [what, answer, code] of failing)
    it(`gives an empty text and the error when the server gives ${what}, and goes on`, async () => {
      await using server = await stubServer(
        ...Array.from({ length: code === "transport-failed" && what === "500" ? 3 : 1 }, () => answer),
        transcript("Fine."),
      );
      await using agent = await talk(openaiAsr({ baseUrl: server.baseUrl, timeoutMs: 2_000 }));
      for (const frame of segment(0, 1)) await agent.session.push(frame);
      await until(
        () => agent.out.length === 1,
        () => agent.clock.advance(20),
      );
      for (const frame of segment(1_000, 2)) await agent.session.push(frame);
      await until(
        () => agent.out.length === 2 && agent.errors.length > 0,
        () => agent.clock.advance(20),
      );
      expect(told(agent.out).map((text) => text[0])).toEqual(["", "Fine."]);
      expect(agent.errors.map(({ error }) => error.code)).toEqual([code]);
      expect(told(agent.out).map((text) => text[3])).toEqual([100_000, 200_000]);
    });

  it("in a batch waits for the text, also of what no end was flagged; a failure ends the run", async () => {
    await using server = await stubServer(transcript("one"), transcript("two"), (response) => response.writeHead(400).end());
    const run = () =>
      new Pipeline("batch", testHost({ nodes: builtInNodes, capabilities: ["net"], kernels: referenceKernels }))
        .add(openaiAsr({ baseUrl: server.baseUrl }))
        .run([...segment(0, 2), ...segment(1_000, 3).slice(0, 2)]);
    const { outputs } = await run();
    expect(told(Object.values(outputs)[0] ?? []).map((text) => [text[0], text[3]])).toEqual([
      ["one", 200_000],
      ["two", 200_000],
    ]);
    await expect(run()).rejects.toMatchObject({ code: "params-invalid" });
  });

  it("gives a request up when the session closes", async () => {
    await using server = await stubServer(() => undefined);
    {
      await using agent = await talk(openaiAsr({ baseUrl: server.baseUrl, timeoutMs: 600_000 }));
      for (const frame of segment(0, 1)) await agent.session.push(frame);
      await until(() => server.asked.length === 1);
    }
    await until(() => server.asked[0]?.wasDropped === true);
  });
});
