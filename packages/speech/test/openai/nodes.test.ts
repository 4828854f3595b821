import { nodeSuite, testHost } from "@remotemedia/conformance";
import { audioFrame, Flags, type Frame, textFrame } from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openaiAsr } from "../../src/asr/openai-asr.ts";
import { chat } from "../../src/chat/chat.ts";
import { sentences } from "../../src/chat/sentences.ts";
import { openaiTts } from "../../src/tts/openai-tts.ts";
import { says, stubServer } from "./stub-server.ts";

// The network is real: a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

const api = { describe, expect, it };
const host = () => testHost({ nodes: builtInNodes, kernels: referenceKernels, capabilities: ["net"] });

const model = await stubServer(says("Yes. ", "Well, no."));
const ears = await stubServer((response) => response.end('{"text":"one"}'));
const mouth = await stubServer((response) => response.end(Buffer.alloc(2_000)));
afterAll(async () => {
  for (const server of [model, ears, mouth]) await server[Symbol.asyncDispose]();
});

const texts = (): Frame[] => ["Hello.", "What time", "is it?"].map((words, i) => textFrame(words, { timestamp: i * 1_000 }));
const pieces = (): Frame[] =>
  ["One. Tw", "o, three. Fo", "ur."].map((words, i) =>
    textFrame(words, { timestamp: i * 1_000, final: false, ...(i === 2 && { flags: Flags.end }) }),
  );
const speech = (): Frame[] =>
  Array.from({ length: 6 }, (_, i) =>
    audioFrame({ sampleRate: 16_000, data: new Float32Array(320).fill(0.1), timestamp: 20_000 * i, flags: i % 3 === 2 ? Flags.end : 0 }),
  );

nodeSuite("chat by its own rules", { host, node: chat(), input: texts }, api);
nodeSuite("chat with a server", { host, node: chat({ baseUrl: model.baseUrl, model: "m" }), input: texts }, api);
nodeSuite("sentences", { host, node: sentences(), input: pieces }, api);
const deviations = { answers: "its texts come between its calls: they are the user's, and never an answer" };
nodeSuite("openai-asr", { host, node: openaiAsr({ baseUrl: ears.baseUrl }), input: speech, deviations }, api);
nodeSuite("openai-tts", { host, node: openaiTts({ baseUrl: mouth.baseUrl }), input: texts }, api);
