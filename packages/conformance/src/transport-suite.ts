import { binaryFrame, eventFrame, Flags, type Frame, isRemoteMediaError, jsonFrame, Link, tensorFrame, textFrame } from "@remotemedia/core";
import { CarrierEar } from "./carrier-ear.ts";
import type { TestApi } from "./test-api.ts";
import type { JoinedCarriers, TransportCase, TransportRule } from "./transport-case.ts";

type Same = (received: unknown, expected: unknown, message?: string) => void;

/**
 * Proves the transport contract (`Carrier` of core) for one transport: one test per rule.
 *
 * @example
 * import { describe, expect, it } from "vitest";
 * transportSuite("memory", { join, media }, { describe, it, expect });
 */
export function transportSuite(title: string, given: TransportCase, { describe, it, expect }: TestApi): void {
  const same: Same = (received, expected, message) => expect(received, message).toEqual(expected);
  const rule = (name: TransportRule, says: string, prove: (joined: JoinedCarriers) => Promise<void>): void => {
    if (given.deviations?.[name] !== undefined) return;
    it(says, async () => {
      const joined = await given.join();
      try {
        await prove(joined);
      } finally {
        await Promise.all([joined.a.close(0), joined.b.close(0)]);
        await joined.close?.();
      }
    });
  };
  const settle = (joined: JoinedCarriers, ms = 0): Promise<void> => joined.advance(ms + (given.delayMs ?? 0));

  describe(`${title} keeps the transport contract`, () => {
    rule("messages", "carries every kind of message once, in order and whole", (joined) => provesMessages(joined, same));
    rule("early", "keeps what arrives before somebody listens", (joined) => provesEarly(joined, same));
    rule("large", "carries a megabyte in one message", (joined) => provesLarge(joined, same));
    rule("too-large", "refuses more than 16 MiB at once", async ({ a, b }) => {
      new CarrierEar(a);
      const ear = new CarrierEar(b);
      same(
        codeOf(() => a.send(message(1, binaryFrame(new Uint8Array(16 * 1024 ** 2 + 1))))),
        "limit-exceeded",
      );
      await a.send(message(1, textFrame("still here")));
      await ear.heard(1);
    });
    rule("back-pressure", "holds a sender back whose reader is slow, and loses nothing", (joined) => provesBackPressure(joined, same));
    rule("media", "carries media in order, in time", (joined) => provesMedia(given, joined, settle, same));
    rule("pacing", "sends in real time what was made ahead, and says when to wait", (joined) => provesPacing(given, joined, settle, same));
    rule("interruptions", "lets stale answers go, and wakes who waits for them", (joined) =>
      provesInterruption(given, joined, settle, same),
    );
    rule("played", "tells how much of an answer has left", async (joined) => {
      new CarrierEar(joined.b);
      const ear = new CarrierEar(joined.a);
      const sent = Array.from({ length: 5 }, (_, i) => joined.a.sendMedia(given.media(i, { turn: 3, flags: Flags.answer }), "audio"));
      await settle(joined, 200);
      await Promise.all(sent);
      same(ear.playedUs.get(3), 100_000);
    });
    rule("statistics", "counts what it carries", (joined) => provesStatistics(given, joined, settle, same));
    rule("closing", "is closed once and for both, and takes nothing afterwards", (joined) => provesClosing(joined, settle, same));
    rule("cut", "tells both ends of a broken connection, with the error", (joined) => provesCut(joined, settle, same));
    rule("resume", "lets a link live on over another connection", (joined) => provesResume(given, joined, settle, same));
  });
}

const message = (sequence: number, frame: Frame) => ({ type: "frame", sequence, frame }) as const;

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return isRemoteMediaError(thrown) ? thrown.code : String(thrown);
  }
}

async function provesMessages({ a, b }: JoinedCarriers, same: Same): Promise<void> {
  const common = { timestamp: -5, flags: Flags.answer | Flags.end, turn: 7, metadata: { speaker: "ä", nested: [1, null] } };
  const frames = [
    textFrame("Grüße 👋", common),
    jsonFrame({ a: [1, 2, { b: null }] }, common),
    eventFrame("speech-started", { at: 0.5 }, common),
    binaryFrame(Uint8Array.of(0, 255, 7), common),
    tensorFrame({ dtype: "float32", shape: [1, 2], data: Float32Array.of(0.5, -3), ...common }),
  ];
  const [hear, back] = [new CarrierEar(b), new CarrierEar(a)];
  for (const [i, frame] of frames.entries()) await a.send(message(i + 1, frame));
  await b.send({ type: "interrupt", turn: 8, reason: "wait" });
  await hear.heard(frames.length);
  await back.heard(1);
  same(
    hear.messages.map(plain),
    frames.map((frame, i) => plain(message(i + 1, frame))),
  );
  same(back.messages, [{ type: "interrupt", turn: 8, reason: "wait" }]);
}

function plain(heard: unknown): unknown {
  const { sequence, frame } = heard as { sequence: number; frame: Frame };
  const { kind, timestamp, flags, turn, metadata } = frame;
  const { text, value, name, data, shape, dtype } = frame as unknown as Partial<Record<string, unknown>>;
  return { sequence, kind, timestamp, flags, turn, metadata, text, value, name, data: data && [...(data as Uint8Array)], shape, dtype };
}

async function provesEarly({ a, b }: JoinedCarriers, same: Same): Promise<void> {
  new CarrierEar(a);
  for (let i = 1; i <= 3; i++) await a.send(message(i, textFrame(`early ${i}`)));
  const ear = new CarrierEar(b);
  await ear.heard(3);
  same(ear.texts, ["early 1", "early 2", "early 3"]);
}

async function provesLarge({ a, b }: JoinedCarriers, same: Same): Promise<void> {
  new CarrierEar(a);
  const ear = new CarrierEar(b);
  const bytes = Uint8Array.from({ length: 1024 ** 2 }, (_, i) => (i * 31) & 255);
  await a.send(message(1, binaryFrame(bytes)));
  await ear.heard(1);
  const { frame } = ear.messages[0] as { frame: { data: Uint8Array } };
  same([frame.data.length, frame.data.every((byte, i) => byte === bytes[i])], [bytes.length, true]);
}

async function provesBackPressure({ a, b }: JoinedCarriers, same: Same): Promise<void> {
  new CarrierEar(a);
  const ear = new CarrierEar(b, { isSlow: true });
  const count = 48;
  let waits = 0;
  const sending = (async () => {
    for (let i = 1; i <= count; i++) {
      const wait = a.send(message(i, binaryFrame(new Uint8Array(32 * 1024).fill(i))));
      if (wait !== undefined) waits++;
      await wait;
    }
  })();
  await ear.heard(count);
  await sending;
  same(waits > 0, true, "the sender was asked to wait");
  same(
    ear.messages.map((heard) => (heard as { sequence: number }).sequence),
    Array.from({ length: count }, (_, i) => i + 1),
  );
}

type Settle = (joined: JoinedCarriers, ms?: number) => Promise<void>;

async function provesMedia(given: TransportCase, joined: JoinedCarriers, settle: Settle, same: Same): Promise<void> {
  new CarrierEar(joined.a);
  const ear = new CarrierEar(joined.b);
  for (let i = 0; i < 25; i++) {
    await joined.a.sendMedia(given.media(i, { turn: 1, flags: 0 }), "audio");
    await joined.advance(20);
  }
  await settle(joined);
  const times = ear.media.map(({ timestamp }) => timestamp);
  same([times.length >= 20, [...times].sort((x, y) => x - y)], [true, times]);
  // A jitter buffer fades what it makes up at the end.
  same(ear.media.filter(isAudible).length >= 20, true, "something is heard");
}

const isAudible = (frame: Frame): boolean =>
  frame.kind !== "audio" || (frame.data as Float32Array).some((sample) => Math.abs(sample) > 0.001);

async function provesPacing(given: TransportCase, joined: JoinedCarriers, settle: Settle, same: Same): Promise<void> {
  new CarrierEar(joined.a);
  const ear = new CarrierEar(joined.b);
  const waits = Array.from({ length: 25 }, (_, i) => joined.a.sendMedia(given.media(i, { turn: 1, flags: Flags.answer }), "audio"));
  same([waits[0], waits.at(-1) !== undefined], [undefined, true], "the sender is asked to wait, not at once");
  await joined.advance(100);
  same(ear.media.length < 15, true, `${ear.media.length} of 25 frames after 100 ms`);
  await settle(joined, 600);
  await Promise.all(waits);
  same(ear.media.length >= 24, true, `${ear.media.length} of 25 frames at last`);
}

async function provesInterruption(given: TransportCase, joined: JoinedCarriers, settle: Settle, same: Same): Promise<void> {
  new CarrierEar(joined.a);
  const ear = new CarrierEar(joined.b);
  const waits = Array.from({ length: 50 }, (_, i) => joined.a.sendMedia(given.media(i, { turn: 1, flags: Flags.answer }), "audio"));
  await joined.advance(60);
  joined.b.drop(joined.a.interrupt(2));
  await Promise.all(waits);
  // Silence may go on.
  const heard = (): number => ear.media.filter(isAudible).length;
  const before = heard();
  await settle(joined, 300);
  same(heard() - before <= 2, true, `${heard() - before} frames after the interruption`);
  await joined.a.sendMedia(given.media(50, { turn: 2, flags: Flags.answer }), "audio");
  await settle(joined, 200);
  same(heard() > before, true, "the next answer is heard");
}

async function provesStatistics(given: TransportCase, joined: JoinedCarriers, settle: Settle, same: Same): Promise<void> {
  new CarrierEar(joined.a);
  new CarrierEar(joined.b);
  for (let i = 0; i < 10; i++) {
    await joined.a.sendMedia(given.media(i, { turn: 1, flags: 0 }), "audio");
    await joined.advance(20);
  }
  await settle(joined);
  const [sent, received] = [joined.a.stats(), joined.b.stats()];
  same([sent.packetsSent >= 10, sent.bytesSent > 0, received.packetsReceived >= 8, received.bytesReceived > 0], [true, true, true, true]);
  same(Object.values(received).every(Number.isFinite), true, "every figure is a number");
}

async function provesClosing(joined: JoinedCarriers, settle: Settle, same: Same): Promise<void> {
  const [left, right] = [new CarrierEar(joined.a), new CarrierEar(joined.b)];
  await joined.a.send(message(1, textFrame("last words")));
  await Promise.all([joined.a.close(), joined.a.close()]);
  await right.ended;
  await settle(joined);
  same([left.closings, right.closings, right.texts], [[undefined], [undefined], ["last words"]]);
  same(
    codeOf(() => joined.a.send(message(2, textFrame("too late")))),
    "transport-failed",
  );
}

async function provesCut(joined: JoinedCarriers, settle: Settle, same: Same): Promise<void> {
  const ears = [new CarrierEar(joined.a), new CarrierEar(joined.b)];
  joined.cut();
  await Promise.all(ears.map(({ ended }) => ended));
  await settle(joined);
  same(
    ears.map(({ closings }) => closings),
    [["transport-failed"], ["transport-failed"]],
  );
}

async function provesResume(given: TransportCase, joined: JoinedCarriers, settle: Settle, same: Same): Promise<void> {
  const other = await given.join();
  const texts: string[] = [];
  const turns: number[] = [];
  const [owner, peer] = [new Link({ role: "owner", id: "s" }), new Link({ role: "peer" })];
  owner.receive({ message: () => undefined, media: (frame) => frame.release() });
  peer.receive({
    message: (frame) => void texts.push((frame as { text?: string }).text ?? ""),
    media: (frame) => frame.release(),
    interrupt: (turn) => turns.push(turn),
  });
  const isOpen = (link: Link): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (link.state === "open" ? resolve() : joined.advance(10).then(look));
      look();
    });
  owner.attach(joined.a);
  peer.attach(joined.b);
  await Promise.all([isOpen(owner), isOpen(peer)]);
  await owner.send(textFrame("one"));
  joined.cut();
  await settle(joined, 50);
  void owner.send(textFrame("two"));
  owner.interrupt(4);
  owner.attach(other.a);
  peer.attach(other.b);
  await Promise.all([isOpen(owner), isOpen(peer)]);
  await owner.send(textFrame("three"));
  await settle(other, 100);
  same([texts.filter((text) => text !== "one"), turns, peer.turn, peer.id], [["two", "three"], [4], 4, "s"]);
  await Promise.all([owner.close(), peer.close()]);
  await other.close?.();
}
