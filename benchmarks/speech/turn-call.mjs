/** A call through the real turn policy with stubs of fixed delay for everything else. */
import { testHost } from "../../packages/conformance/dist/index.js";
import {
  audio,
  defineNode,
  event,
  eventFrame,
  Flags,
  PacedTrack,
  Pipeline,
  Playback,
  sleep,
  text,
  textFrame,
} from "../../packages/core/dist/index.js";
import { turnPolicy } from "../../packages/speech/dist/turns/turn-policy.js";

/** How late the stub of the detector tells, ms. */
export const ONSET_MS = 100;
export const HANGOVER_MS = 250;
export const DELAYS = { asrMs: 50, chatMs: 100, ttsMs: 50 };
const FRAME_MS = 20;

/**
 * Opens a call. `sent` fills with {turn, atUs} of every frame of an answer as it leaves, `events` with what the policy tells.
 *
 * @param clock a virtual one, or that of the system
 */
export async function openCall({ clock, params = {}, answerMs = 2_000 }) {
  const [sent, events] = [[], []];
  const host = testHost({ clock, nodes: [turnPolicy, stubChat(clock), stubTts(clock, answerMs), stubSink(clock, sent)] });
  const nodes = [{ id: "turns", node_type: "turn-policy", params }, ...["chat", "tts", "sink"].map((id) => ({ id, node_type: id }))];
  const connections = [
    ["turns", "chat"],
    ["chat", "tts"],
    ["tts", "sink"],
  ].map(([from, to]) => ({ from, to }));
  const session = await Pipeline.fromManifest({ version: "v1", metadata: { name: "call" }, nodes, connections }, host).open({ clock });
  void (async () => {
    for await (const { name, value } of session.tap("turns.events")) events.push({ name, value, atUs: clock.nowUs() });
  })();
  const startUs = clock.nowUs();
  const push = (frame, to) => void session.push(frame, to);
  /** Says one piece from now on; its text comes when the detector and the recognizer have had their time. */
  const say = (words, ms) => {
    const from = Math.round(clock.nowUs() - startUs);
    const to = from + ms * 1000;
    clock.setTimer(ONSET_MS, () => push(eventFrame("speech-started", null, { timestamp: from }), "turns.events"));
    clock.setTimer(ms + HANGOVER_MS, () => {
      const value = { silence_us: HANGOVER_MS * 1000, duration_us: to - from, reason: "silence" };
      push(eventFrame("speech-stopped", value, { timestamp: to }), "turns.events");
    });
    const final = textFrame(words, { timestamp: from, duration: to - from });
    clock.setTimer(ms + HANGOVER_MS + DELAYS.asrMs, () => push(final, "turns.in"));
  };
  return { session, sent, events, say };
}

const stubChat = (clock) =>
  defineNode({
    type: "chat",
    answers: true,
    inputs: { in: text() },
    outputs: { out: text() },
    create: () => ({
      async *process(_frame, _port, out) {
        await sleep(clock, DELAYS.chatMs, out.signal);
        if (!out.signal.aborted) yield textFrame("an answer", { flags: Flags.end });
      },
    }),
  })();

const stubTts = (clock, answerMs) =>
  defineNode({
    type: "tts",
    answers: true,
    inputs: { in: text() },
    outputs: { out: audio("f32-planar") },
    create: () => ({
      async *process(_frame, _port, out) {
        await sleep(clock, DELAYS.ttsMs, out.signal);
        const count = answerMs / FRAME_MS;
        for (let i = 0; i < count && !out.signal.aborted; i++)
          yield out.audio({ sampleRate: 16_000, numberOfFrames: 320, flags: i === count - 1 ? Flags.end : 0 });
      },
    }),
  })();

/** Paces as the sender of a link does, and tells what has left. */
const stubSink = (clock, sent) =>
  defineNode({
    type: "sink",
    inputs: { in: audio("f32-planar") },
    outputs: { events: event() },
    live: true,
    create: () => {
      let context;
      let playback;
      const track = new PacedTrack(clock, (frame) => {
        sent.push({ turn: frame.turn, atUs: clock.nowUs() });
        context.played(frame.turn, { durationUs: frame.duration });
        playback.played(frame.turn, frame.duration);
        frame.release();
      });
      return {
        start: (given) => void (context = given),
        produce: (out) => void (playback = new Playback((name, value) => out.emit("events", eventFrame(name, value)))),
        process(frame) {
          playback.given(frame);
          return track.push(frame.retain());
        },
        interrupt(turn) {
          track.interrupt(turn);
          playback.interrupt();
        },
        stop: () => track.close(),
      };
    },
  })();
