/** A call with a scripted user and stubs of every stage but the turn policy, in virtual time. */
import { collect, testHost } from "@remotemedia/conformance";
import {
  audio,
  defineNode,
  type EventFrame,
  event,
  eventFrame,
  Flags,
  type Frame,
  type NodeContext,
  type Output,
  Pipeline,
  type Session,
  sleep,
  type TextFrame,
  text,
  textFrame,
  type VirtualClock,
} from "@remotemedia/core";
import { turnPolicy } from "@remotemedia/speech";

/** Delays of the stubs, ms. */
export interface CallOptions {
  readonly params?: Record<string, unknown>;
  /** From the end of a segment to its final text. */
  readonly asrMs?: () => number;
  readonly chatMs?: () => number;
  readonly ttsMs?: () => number;
  /** How long each answer sounds. */
  readonly answerMs?: () => number;
  /** How long each frame of an answer is. Default 20. */
  readonly frameMs?: number;
}

/** How late the stub of the detector tells that speech has started and stopped, ms. */
export const onsetMs = 100;
export const hangoverMs = 250;
/** How much the player has taken ahead of its time, ms. */
const aheadMs = 100;

/** What a player did with one frame of an answer. */
export interface Played {
  readonly turn: number;
  readonly atUs: number;
}

/** What the stub of the chat was asked. */
export interface Asked {
  readonly text: string;
  readonly turn: number;
  readonly replaces: number | undefined;
  readonly atUs: number;
}

/** A running call. */
export class Call {
  readonly session: Session;
  readonly clock: VirtualClock;
  readonly events: Frame[];
  readonly asked: Asked[];
  readonly played: Played[];
  /** From now on. */
  asrMs: () => number;
  #isClosed = false;

  readonly #context: () => NodeContext;

  private constructor(
    session: Session,
    clock: VirtualClock,
    asked: Asked[],
    played: Played[],
    asrMs: () => number,
    context: () => NodeContext,
  ) {
    this.session = session;
    this.clock = clock;
    this.asked = asked;
    this.played = played;
    this.asrMs = asrMs;
    this.#context = context;
    this.events = collect(session.tap("turns.events"));
  }

  static async open(options: CallOptions = {}): Promise<Call> {
    const { params = {}, asrMs = () => 50, chatMs = () => 100, ttsMs = () => 50, answerMs = () => 2_000, frameMs = 20 } = options;
    const asked: Asked[] = [];
    const played: Played[] = [];
    let context: NodeContext | undefined;
    const keep = (given: NodeContext): void => void (context = given);
    const host = testHost({
      nodes: [turnPolicy, chatStub(asked, chatMs), ttsStub(ttsMs, answerMs, frameMs), playerStub(played, frameMs, keep)],
    });
    const nodes = [{ id: "turns", node_type: "turn-policy", params }, ...["chat", "tts", "player"].map((id) => ({ id, node_type: id }))];
    const connections = ["turns > chat", "chat > tts", "tts > player"].map((wire) => {
      const [from, to] = wire.split(" > ") as [string, string];
      return { from, to };
    });
    const pipeline = Pipeline.fromManifest({ version: "v1", metadata: { name: "call" }, nodes, connections }, host);
    return new Call(await pipeline.open(), host.clock, asked, played, asrMs, () => context as NodeContext);
  }

  /** Closes the session, whatever it is doing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = this.session.close();
    await this.clock.advance(10_000);
    await closed;
  }

  /** Whether answers are on hold. */
  get isHeld(): boolean {
    return this.#context().answer().isHeld;
  }

  /** Names of the events that the policy told, in order. */
  get told(): string[] {
    return this.events.map((frame) => (frame as EventFrame).name);
  }

  /** What the latest event of a name said. */
  last(name: string): Record<string, unknown> | undefined {
    const event = this.events.findLast((frame) => (frame as EventFrame).name === name);
    return (event as EventFrame | undefined)?.value as Record<string, unknown> | undefined;
  }

  get nowMs(): number {
    return this.clock.nowUs() / 1000;
  }

  /** Says something, from now on, for so long; partial texts are those given. Time does not move. */
  says(words: string, ms: number, partials: readonly { readonly afterMs: number; readonly text: string }[] = []): void {
    const [startUs, stopUs] = [this.clock.nowUs(), this.clock.nowUs() + ms * 1000];
    const push = (frame: Frame, to: string): void => void (this.#isClosed || this.session.push(frame, to));
    const isHeard = ms >= onsetMs;
    const started = eventFrame("speech-started", { timestamp_us: startUs }, { timestamp: startUs });
    const value = {
      timestamp_us: stopUs,
      started_us: startUs,
      duration_us: stopUs - startUs,
      silence_us: hangoverMs * 1000,
      reason: "silence",
    };
    const stopped = eventFrame("speech-stopped", value, { timestamp: stopUs });
    if (!isHeard) return;
    this.clock.setTimer(onsetMs, () => push(started, "turns.events"));
    for (const { afterMs, text: partial } of partials)
      this.clock.setTimer(afterMs, () => push(transcript(partial, startUs, afterMs * 1000, false), "turns.in"));
    this.clock.setTimer(ms + hangoverMs, () => push(stopped, "turns.events"));
    this.clock.setTimer(ms + hangoverMs + this.asrMs(), () => push(transcript(words, startUs, stopUs - startUs, true), "turns.in"));
  }

  /** Says it to its end, and time moves on with it. */
  async hears(words: string, ms: number): Promise<void> {
    this.says(words, ms);
    await this.clock.advance(ms);
  }
}

const transcript = (words: string, timestamp: number, duration: number, final: boolean): TextFrame =>
  textFrame(words, { timestamp, duration, final });

const chatStub = (asked: Asked[], delayMs: () => number) => {
  let clock: VirtualClock;
  return defineNode({
    type: "chat",
    answers: true,
    inputs: { in: text() },
    outputs: { out: text() },
    create: () => ({
      start: (context) => void (clock = context.clock as VirtualClock),
      async *process(frame: TextFrame, _port, out) {
        const replaces = frame.metadata.replaces_turn as number | undefined;
        asked.push({ text: frame.text, turn: frame.turn, replaces, atUs: clock.nowUs() });
        await sleep(clock, delayMs(), out.signal);
        if (!out.signal.aborted) yield textFrame(`You said: ${frame.text}`, { flags: Flags.end });
      },
    }),
  })();
};

const ttsStub = (delayMs: () => number, lengthMs: () => number, frameMs: number) => {
  let clock: VirtualClock;
  return defineNode({
    type: "tts",
    answers: true,
    inputs: { in: text() },
    outputs: { out: audio("f32-planar") },
    create: () => ({
      start: (context) => void (clock = context.clock as VirtualClock),
      async *process(_frame: TextFrame, _port, out) {
        await sleep(clock, delayMs(), out.signal);
        const count = Math.max(1, Math.round(lengthMs() / frameMs));
        for (let i = 0; i < count && !out.signal.aborted; i++)
          yield out.audio({ sampleRate: 8_000, numberOfFrames: frameMs * 8, flags: i === count - 1 ? Flags.end : 0 });
      },
    }),
  })();
};

/** Plays in real time, frame by frame, and tells what it played, as the sink of a link does. */
const playerStub = (played: Played[], frameMs: number, keep: (context: NodeContext) => void) =>
  defineNode({
    type: "player",
    inputs: { in: audio("f32-planar") },
    outputs: { events: event() },
    live: true,
    create: () => {
      let queue: { turn: number; isEnd: boolean }[] = [];
      let context: NodeContext;
      let out: Output<"events">;
      let isRunning = false;
      let lastStarted = 0;
      let givePlace = (): void => {};
      const tick = (): void => {
        const next = queue.shift();
        isRunning = next !== undefined;
        if (next === undefined) return;
        played.push({ turn: next.turn, atUs: context.clock.nowUs() });
        context.played(next.turn, { durationUs: frameMs * 1000 });
        if (lastStarted < next.turn) out.emit("events", eventFrame("playback-started", { turn: next.turn }));
        lastStarted = Math.max(lastStarted, next.turn);
        if (queue.length * frameMs <= aheadMs) givePlace();
        context.clock.setTimer(frameMs, () => {
          if (next.isEnd && next.turn === context.answer().turn) out.emit("events", eventFrame("playback-ended", { turn: next.turn }));
          tick();
        });
      };
      return {
        start: (given) => keep((context = given)),
        produce: (given) => void (out = given),
        process(frame: Frame) {
          queue.push({ turn: frame.turn, isEnd: (frame.flags & Flags.end) !== 0 });
          if (!isRunning) tick();
          if (queue.length * frameMs > aheadMs) return new Promise<void>((resolve) => void (givePlace = resolve));
          return undefined;
        },
        interrupt(turn: number) {
          queue = queue.filter((frame) => frame.turn >= turn);
          givePlace();
        },
      };
    },
  })();
