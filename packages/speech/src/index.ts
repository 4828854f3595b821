/** Speech nodes: what a voice agent listens, thinks and speaks with. */
import type { NodeDefinition } from "@remotemedia/core";
import { moonshineAsr } from "./asr/moonshine-asr.ts";
import { openaiAsr } from "./asr/openai-asr.ts";
import { chat } from "./chat/chat.ts";
import { sentences } from "./chat/sentences.ts";
import { denoise } from "./denoise/denoise.ts";
import { fliteTts } from "./tts/flite-tts.ts";
import { openaiTts } from "./tts/openai-tts.ts";
import { echoGate } from "./turns/echo-gate.ts";
import { turnPolicy } from "./turns/turn-policy.ts";
import { sileroVad } from "./vad/silero-vad.ts";

export { moonshineAsr } from "./asr/moonshine-asr.ts";
export { openaiAsr } from "./asr/openai-asr.ts";
export { chat, chatWithTools } from "./chat/chat.ts";
export { sentences } from "./chat/sentences.ts";
export type { Tool, Tools } from "./chat/tools.ts";
export { denoise } from "./denoise/denoise.ts";
export { releaseModels } from "./inference/shared-model.ts";
export { installModel, listModels, modelNames, removeModel, requireModel } from "./models/index.ts";
export type { InstallOptions, InstallProgress, ModelInfo } from "./models/model-store.ts";
export { modelsOf } from "./needed-models.ts";
export { fliteTts } from "./tts/flite-tts.ts";
export { openaiTts } from "./tts/openai-tts.ts";
export { type SynthesizeOptions, synthesize } from "./tts/synthesize.ts";
export { echoGate } from "./turns/echo-gate.ts";
export { turnPolicy } from "./turns/turn-policy.ts";
export { sileroVad } from "./vad/silero-vad.ts";

/** Every node of this package. @example new Registry([...builtInNodes, ...speechNodes]) */
export const speechNodes: readonly { readonly definition: NodeDefinition }[] = [
  sileroVad,
  moonshineAsr,
  openaiAsr,
  chat,
  sentences,
  openaiTts,
  fliteTts,
  turnPolicy,
  echoGate,
  denoise,
];
