// The voice agent of voice-agent.json in TypeScript: node examples/voice-agent.mjs, then open the address that it prints.
import { serve } from "@remotemedia/server";
import { chat, fliteTts, moonshineAsr, sentences, sileroVad, turnPolicy } from "@remotemedia/speech";
import { demoPage, loadNodes, nodejsHost, Pipeline } from "remotemedia";

await loadNodes(["chat"]);
const agent = new Pipeline("Voice agent")
  .add(sileroVad({ hangoverMs: 250 }), "vad")
  .add(moonshineAsr(), "asr")
  .add(turnPolicy(), "turns")
  .connect("vad.events", "turns.events")
  .add(chat({ instructions: "You are a friendly voice agent. Answer in one or two short sentences." }))
  .add(sentences())
  .add(fliteTts(), "tts")
  .outputs("asr", "sentences", "vad.events", "turns.events", "tts");
const { url } = await serve({ manifest: agent.toManifest(), host: nodejsHost, page: demoPage(), port: 8080 });
console.log(`Talk to the agent on ${url}`);
