// A voice agent without models: what it hears, says and how long it thinks is known beforehand, and its voice is a tone.
import { fileURLToPath } from "node:url";
import { audio, defineNode, event, eventFrame, Flags, text, textFrame } from "@remotemedia/core";
import { serve } from "@remotemedia/server";
import { nodejsHost } from "remotemedia";

const page = fileURLToPath(new URL("../../../packages/remotemedia/page", import.meta.url));
const rate = 16_000;

/** Recognizes the utterances it is told, in order: a word more with every 150 ms of speech, all of them at its end. */
const asrOf = (utterances) =>
  defineNode({
    type: "stub-asr",
    inputs: { in: audio({ format: "f32-planar", sampleRate: rate, numberOfChannels: 1 }) },
    outputs: { out: text() },
    create: () => {
      let [count, heardUs, shown] = [0, 0, 0];
      return {
        *process(frame) {
          heardUs += frame.duration;
          const words = utterances[count % utterances.length].split(" ");
          const isEnd = (frame.flags & Flags.end) !== 0;
          const known = isEnd ? words.length : Math.min(words.length - 1, Math.floor(heardUs / 150_000));
          if (isEnd || known > shown) yield textFrame(words.slice(0, known).join(" "), { final: isEnd });
          shown = known;
          if (isEnd) [count, heardUs, shown] = [count + 1, 0, 0];
        },
      };
    },
  });

/** Ends a turn 200 ms after its text; "mm-hm" into an answer is a backchannel, everything else an interruption. */
const turns = defineNode({
  type: "stub-turns",
  inputs: { in: text(), events: event() },
  outputs: { out: text(), events: event() },
  create: () => {
    let context;
    let later;
    const tell = (name, value) => later.emit("events", eventFrame(name, value));
    /** What is emitted here belongs to the turn that an interruption has begun. */
    const after = (ms, work) => context.clock.setTimer(ms, work);
    return {
      start: (given) => void (context = given),
      produce: (out) => void (later = out),
      process(frame, port) {
        const { isPlaying, isHeld, heard } = context.answer();
        if (port === "events") {
          if (frame.name !== "speech-started") return undefined;
          return isPlaying ? context.hold() : tell("turn-started", { turn: later.turn });
        }
        if (!frame.final) return undefined;
        const said = frame.text;
        if (said === "mm-hm" && (isPlaying || isHeld)) {
          context.release();
          return tell("backchannel", { text: said });
        }
        if (isPlaying || isHeld) {
          context.interrupt("the user speaks");
          after(1, () => tell("interrupted", { heard_us: heard.durationUs, text: heard.text ?? "" }));
        }
        after(200, () => {
          tell("turn-ended", { turn: later.turn, text: said, silence_ms: 500, reason: "silence" });
          later.emit("out", textFrame(said, { flags: Flags.end }));
        });
        return undefined;
      },
    };
  },
});

/** Says three sentences to everything, the first after it has thought. */
const chatOf = (thinkMs) =>
  defineNode({
    type: "stub-chat",
    inputs: { in: text() },
    outputs: { out: text() },
    answers: true,
    create: () => {
      let context;
      return {
        start: (given) => void (context = given),
        async *process({ text: said }) {
          await new Promise((done) => context.clock.setTimer(thinkMs, done));
          yield textFrame(`You said: ${said}`);
          yield textFrame("I am a stub, and my voice is a tone.");
          yield textFrame("You can talk over me whenever you like.", { flags: Flags.end });
        },
      };
    },
  });

/** 80 ms of tone for each character, the first of a sentence after 80 ms. */
const tts = defineNode({
  type: "stub-tts",
  inputs: { in: text() },
  outputs: { out: audio({ format: "f32-planar", sampleRate: rate, numberOfChannels: 1 }) },
  answers: true,
  create: () => {
    let context;
    return {
      start: (given) => void (context = given),
      async *process(frame, _port, out) {
        await new Promise((done) => context.clock.setTimer(80, done));
        const count = Math.ceil((frame.text.length * 80) / 20);
        context.said(out.turn, { text: frame.text, durationUs: count * 20_000 });
        for (let i = 0; i < count && !out.signal.aborted; i++) {
          const isEnd = i === count - 1 && (frame.flags & Flags.end) !== 0;
          const sound = out.audio({ numberOfFrames: 320, sampleRate: rate, numberOfChannels: 1, flags: isEnd ? Flags.end : 0 });
          for (let k = 0; k < 320; k++) sound.data[k] = 0.1 * Math.sin((2 * Math.PI * 330 * (i * 320 + k)) / rate);
          yield sound;
        }
      },
    };
  },
});

const manifest = {
  version: "v1",
  metadata: { name: "Stub agent" },
  nodes: [
    { id: "resample", node_type: "resample", params: { sample_rate: rate } },
    // Whatever a busy machine does to the sound: no utterance falls into two.
    { id: "vad", node_type: "vad", params: { segments: true, hangover_ms: 1000 } },
    { id: "asr", node_type: "stub-asr" },
    { id: "typed", node_type: "template", params: { template: "{{text}}" } },
    { id: "turns", node_type: "stub-turns" },
    { id: "chat", node_type: "stub-chat" },
    { id: "tts", node_type: "stub-tts" },
  ],
  connections: [
    { from: "resample", to: "vad" },
    { from: "vad", to: "asr" },
    { from: "vad.events", to: "turns.events" },
    { from: "asr", to: "turns" },
    { from: "typed", to: "turns" },
    { from: "turns", to: "chat" },
    { from: "chat", to: "tts" },
  ],
  outputs: ["asr", "chat", "vad.events", "turns.events", "tts"],
};

/** Serves the agent and the demo page on a free port of loopback; close it. */
export function serveStubAgent(utterances, thinkMs = 150) {
  const registry = nodejsHost.registry.copy();
  for (const node of [asrOf(utterances), turns, chatOf(thinkMs), tts]) registry.register(node);
  return serve({ manifest, host: { ...nodejsHost, registry }, page, port: 0 });
}
